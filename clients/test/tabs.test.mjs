// Eight tabs, one connection; the tab that has it is closed again and again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bundle } from "../build.mjs";
import { person, useChromium } from "./chromium.mjs";
import { example, until } from "./example.mjs";
import { Proxy } from "./proxy.mjs";
import { holds } from "./sequence.mjs";

useChromium();

const TABS = 8;

// In the page.
function read(connect) {
  const seen = (globalThis.seen = []);
  const client = (globalThis.client = connect("/chat", { tabs: true, query: { as: "ada" }, onGap() {} }));
  (async () => {
    for await (const { channel, event, gap, id } of client.subscribe("room:tea")) seen.push({ channel, id, n: event && Number(event.text), missed: gap?.missed });
  })();
}

async function tab(own, proxy) {
  const page = await own.newPage();
  // Who opens the connection leads.
  page.on("websocket", () => (page.leads = true));
  page.on("pageerror", (error) => (page.thrown = error));
  await page.goto(`${proxy.address}/page`);
  await page.evaluate(`import("/client.js").then(({ connect }) => (${read})(connect))`);
  await until("a tab is open", () => page.evaluate(() => globalThis.client.status), (status) => status === "open");
  return page;
}

test("the leader of eight tabs is closed ten times: one connection, and no tab misses or repeats anything", { timeout: 120_000 }, async (context) => {
  await bundle();
  const chat = await example(context, "chat");
  const proxy = await Proxy.start(context, chat.address);
  const own = await person(context);
  const pages = [];
  for (let count = 0; count < TABS; count += 1) pages.push(await tab(own, proxy));
  assert.deepEqual(proxy.open, { ws: 1, sse: 0, poll: 0, commands: 0 });

  let [said, isOver] = [0, false];
  const speaking = (async () => {
    while (!isOver) {
      await chat.say("tea", String(++said));
      await new Promise((wake) => setTimeout(wake, 10));
    }
  })();
  const ended = [];
  for (let round = 0; round < 10; round += 1) {
    // Its command is on its way when the tab that has the connection goes.
    const [follower] = pages.filter((page) => !page.leads);
    const answer = follower.evaluate((text) => globalThis.client.send({ say: { room: "said", text } }), `round ${round}`);
    const leader = pages.findIndex((page) => page.leads);
    const [gone] = pages.splice(leader, 1);
    ended.push(await gone.evaluate(() => globalThis.seen));
    await gone.close();
    await until("another leads", () => pages.some((page) => page.leads));
    assert.equal(await answer, null);
    pages.push(await tab(own, proxy));
    assert.equal(pages.filter((page) => page.leads).length, 1);
  }
  isOver = true;
  await speaking;
  for (const [at, page] of pages.entries()) {
    const seen = await until("it has the last", () => page.evaluate(() => globalThis.seen), (seen) => seen.at(-1)?.n === said);
    assert.deepEqual(seen.filter(({ missed }) => missed !== undefined), []);
    holds(seen, `tab ${at}`);
    assert.equal(page.thrown, undefined);
  }
  ended.forEach((seen, at) => holds(seen, `ended tab ${at}`));
  await until("one connection", () => JSON.stringify(proxy.open), (open) => open === '{"ws":1,"sse":0,"poll":0,"commands":0}');
  assert.equal(proxy.counts.ws, 11);
  context.diagnostic(`${said} events, ${proxy.counts.ws} connections one after the other`);
});

test("a tab that comes late gets the items from then on, and one that closes ends nothing for the others", { timeout: 60_000 }, async (context) => {
  await bundle();
  const chat = await example(context, "chat");
  const proxy = await Proxy.start(context, chat.address);
  const own = await person(context);
  const first = await tab(own, proxy);
  await chat.say("tea", "1");
  await until("the first has it", () => first.evaluate(() => globalThis.seen.length), (count) => count === 1);
  const second = await tab(own, proxy);
  // What it was told of the status came with its place.
  await chat.say("tea", "2");
  for (const [page, numbers] of [[first, [1, 2]], [second, [2]]]) {
    assert.deepEqual(await until("2", () => page.evaluate(() => globalThis.seen.map(({ n }) => n)), (seen) => seen.includes(2)), numbers);
  }
  await second.evaluate(() => globalThis.client.close());
  await chat.say("tea", "3");
  await until("3", () => first.evaluate(() => globalThis.seen.length), (count) => count === 3);
  assert.deepEqual(await second.evaluate(() => [globalThis.client.status, globalThis.seen.length]), ["closed", 1]);
});
