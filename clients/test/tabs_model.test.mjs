// Tabs in any order of their messages: tabs come and go, the leader dies in the middle of a word.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Browser } from "./model/browser.mjs";
import { Hub } from "./model/server.mjs";
import { seeded } from "./model/world.mjs";

const RUNS = Number(process.env.TRIWIRE_TABS ?? 150);

class Seen {
  items = [];
  answers = new Map();

  tell(told) {
    if (told.type === "item") this.items.push(told.item);
    else if (told.type === "answer") {
      assert.ok(!this.answers.has(told.key), "answered once");
      this.answers.set(told.key, told.ok);
    }
  }

  // From its first item on: each of the channel's, once, in order, or told to be lost.
  holds(name, all) {
    const mine = this.items.filter(({ channel }) => channel === name);
    let [last, told] = [undefined, 0];
    for (const { event, gap } of mine) {
      if (gap) {
        const until = Number(gap.until.split("-")[1]);
        const from = Math.max(last ?? 0, told);
        const lost = all.filter((offset) => offset > from && offset <= until).length;
        assert.ok(last === undefined || lost > 0, `nothing was lost up to ${until}, after ${from}`);
        if (gap.missed !== null && last !== undefined) assert.equal(gap.missed, lost);
        told = until;
        continue;
      }
      const { offset } = event;
      if (last !== undefined) {
        assert.ok(offset > last && offset > told, `${offset} after ${last}, told ${told}`);
        assert.deepEqual(all.filter((each) => each > Math.max(last, told) && each < offset), [], `before ${offset}, after ${last}, told ${told}`);
      }
      last = offset;
    }
    return Math.max(last ?? 0, told);
  }
}

async function live(seed, history) {
  const random = seeded(seed);
  const hub = new Hub(history);
  const browser = new Browser(hub, random);
  const seen = new Map();
  const sent = new Map();
  let count = 0;
  const open = async () => {
    const name = `tab${++count}`;
    seen.set(name, new Seen());
    await browser.open(name, (told) => seen.get(name).tell(told));
    await browser.feed(name, { type: "subscribe", channel: "a" });
    if (random() < 0.5) await browser.feed(name, { type: "subscribe", channel: "b" });
  };
  for (let tabs = 0; tabs < 3; tabs += 1) await open();
  for (let step = 0; step < 250; step += 1) {
    const what = random();
    const names = [...browser.tabs.keys()];
    if (what < 0.15) hub.publish(random() < 0.7 ? "a" : "b");
    else if (what < 0.17 && names.length > 1) browser.kill(browser.leader ?? names[0]);
    else if (what < 0.18 && names.length > 1) browser.kill(names[Math.floor(random() * names.length)]);
    else if (what < 0.2) await open();
    else if (what < 0.22) {
      const key = `key${step}`;
      sent.set(key, names[0]);
      await browser.feed(names[0], { type: "command", key, command: { name: "a" } });
    } else await browser.step();
  }
  while (await browser.step());
  for (const name of ["a", "b"]) hub.publish(name);
  while (await browser.step());
  for (const [name, each] of seen) {
    const reached = each.holds("a", hub.channel("a").all);
    each.holds("b", hub.channel("b").all);
    if (browser.tabs.has(name)) assert.equal(reached, hub.channel("a").all.at(-1), `${name} has the last`);
  }
  const wanted = new Set([...browser.tabs.values()].flatMap(({ tab }) => tab.places().map(([name]) => name)));
  assert.deepEqual(new Set(browser.tabs.get(browser.leader).engine.places().map(([name]) => name)), wanted, "what living tabs want, and no more");
  for (const [key, tab] of sent) {
    assert.ok((hub.effects.get(key) ?? 0) <= 1);
    if (browser.tabs.has(tab)) assert.deepEqual(seen.get(tab).answers.get(key), { said: key });
  }
}

for (const history of [1_000, 6]) {
  test(`whatever the order, each tab has each event once (${history} are kept)`, { timeout: 120_000 }, async () => {
    for (let seed = 0; seed < RUNS; seed += 1) {
      await live(seed, history).catch((error) => {
        error.message = `seed ${seed}: ${error.message}`;
        throw error;
      });
    }
  });
}
