// The chat's page in Chromium: its own EventSource, WebSocket and fetch, side by side.

import assert from "node:assert/strict";
import { test } from "node:test";
import { panes } from "./chat_page.mjs";
import { open, useChromium } from "./chromium.mjs";
import { Example, example, until } from "./example.mjs";

useChromium();

const lines = (what, count) => Array.from({ length: count }, (_, at) => `${what} ${at}`);

test("what is said on the page is seen on all three wires with the same id", async (context) => {
  const chat = await example(context, "chat");
  const page = await open(context, chat.address);
  const wires = await panes(page);
  await page.fill('#say input[name="from"]', "Ada");
  await page.fill('#say input[name="text"]', "<b>hello</b> & ünïcode");
  await page.press('#say input[name="text"]', "Enter");
  const seen = [];
  for (const pane of wires) seen.push((await pane.shows(["<b>hello</b> & ünïcode"])).events);
  assert.match(seen[0][0].id, /^[0-9a-z]+-[0-9]+$/);
  assert.deepEqual(seen, [seen[0], seen[0], seen[0]]);
});

test("each wire that is cut and reconnected has everything, once", async (context) => {
  const chat = await example(context, "chat");
  const wires = await panes(await open(context, chat.address));
  const said = lines("before", 3);
  await chat.say("lobby", ...said);
  for (const pane of wires) {
    await pane.shows(said);
    await pane.cut();
    const held = (await pane.look()).events.length;
    const missed = lines(`${pane.wire} is cut`, 5);
    await chat.say("lobby", ...missed);
    said.push(...missed);
    // The others show them, so it is the cut that keeps them from this one.
    for (const other of wires.filter((other) => other !== pane)) await other.shows(said);
    assert.equal((await pane.look()).events.length, held, `${pane.wire} is cut`);
    await pane.cut();
    await pane.shows(said);
  }
  await chat.say("lobby", "after");
  for (const pane of wires) {
    const { gaps } = await pane.shows([...said, "after"]);
    assert.deepEqual(gaps, []);
    // The counters follow the list by a moment.
    await new Promise((wake) => setTimeout(wake, 100));
    await pane.isWhole("after all cuts");
  }
});

for (const wire of ["sse", "ws", "poll"]) {
  test(`a flood while ${wire} is cut is a gap of the right number there, and no loss`, async (context) => {
    const chat = await example(context, "chat");
    const page = await open(context, chat.address);
    const wires = await panes(page);
    const pane = wires.find((pane) => pane.wire === wire);
    await chat.say("lobby", "before");
    for (const each of wires) await each.shows(["before"]);
    await pane.cut();
    await page.click("button#flood");
    // 400 are said, 256 kept.
    for (const other of wires.filter((other) => other !== pane)) {
      const { gaps } = await other.until("has the flood", ({ events }) => events.length === 401);
      assert.deepEqual(gaps, [], `${other.wire} stayed, and keeps up`);
    }
    await pane.cut();
    const { kinds, gaps } = await pane.until("has the rest", ({ events }) => events.length === 1 + 256);
    assert.deepEqual(gaps, [{ reason: "expired", missed: "144" }]);
    assert.ok(kinds.startsWith("event gap event"), "the gap stands where the events are missing");
    await pane.until("counts the gap", ({ gapped }) => gapped === 144);
    for (const each of wires) await each.isWhole("after the flood");
  });
}

test("SIGTERM is told to every pane, and the process ends in time", async (context) => {
  const chat = await Example.start("chat");
  const page = await open(context, chat.address);
  const wires = await panes(page);
  const begun = Date.now();
  await chat.end();
  for (const pane of wires) await pane.until("says that its server is gone", ({ status }) => status !== "live");
  assert.ok(Date.now() - begun < 8_000);
});

test("a page goes on by itself on all three wires after its server was made anew", async (context) => {
  const chat = await Example.start("chat");
  const page = await open(context, chat.address);
  const wires = await panes(page);
  await chat.say("lobby", "old");
  for (const pane of wires) await pane.shows(["old"]);
  await chat.end();
  const anew = await example(context, "chat", { port: chat.port });
  for (const pane of wires) await pane.live();
  await anew.say("lobby", "new");
  for (const pane of wires) {
    const { gaps } = await pane.shows(["old", "new"]);
    assert.ok(gaps.length > 0 && gaps.every(({ reason }) => reason === "reset"), `${pane.wire} is told reset: ${JSON.stringify(gaps)}`);
    await pane.isWhole("after the restart");
  }
});

// Nothing of ours in the page: only what Chromium brings.
function listen(url) {
  globalThis.heard = [];
  globalThis.source = new EventSource(url);
  globalThis.source.onmessage = ({ data, lastEventId }) => globalThis.heard.push({ ...JSON.parse(data), lastEventId });
}

for (const [how, stop] of [["drained", "end"], ["killed", "kill"]]) {
  test(`a bare EventSource survives that its server is ${how} and started again, and is told reset`, async (context) => {
    const chat = await Example.start("chat");
    const page = await open(context, `${chat.address}/style.css`);
    await page.evaluate(listen, "/chat/sse?channel=room:lobby");
    const heard = () => page.evaluate(() => globalThis.heard);
    await until("it opens", heard, (items) => items.length === 1);
    await chat.say("lobby", "old");
    await until("it hears", heard, (items) => items.at(-1).event?.text === "old");
    await chat[stop]();
    const anew = await example(context, "chat", { port: chat.port });
    await until("it is told", heard, (items) => items.some(({ gap }) => gap?.reason === "reset"));
    await anew.say("lobby", "new");
    const items = await until("it goes on", heard, (items) => items.at(-1).event?.text === "new");
    assert.equal(items.at(-1).lastEventId, items.at(-1).id);
    assert.deepEqual(items.filter(({ event }) => event).map(({ event }) => event.text), ["old", "new"]);
    assert.deepEqual(items.filter(({ gap }) => gap).map(({ gap }) => gap.missed), [null]);
    assert.equal(await page.evaluate(() => globalThis.source.readyState), 1);
  });
}
