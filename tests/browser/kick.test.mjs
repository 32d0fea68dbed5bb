// Two in a chat over two transports, and one is put out: nothing reaches them from then on, whatever they try.

import assert from "node:assert/strict";
import { test } from "node:test";
import { panes } from "./chat_page.mjs";
import { open, useChromium } from "./chromium.mjs";
import { example, until } from "./example.mjs";

useChromium();

// In the page of who is put out, and nothing of ours: a bare client that does not go when it is told to.
function listen(wire) {
  const [heard, query] = [(globalThis.heard = []), "channel=room:lobby&channel=lobby&as=Bob"];
  const sse = () => {
    const source = new EventSource(`/chat/sse?${query}`);
    source.onmessage = ({ data }) => heard.push(JSON.parse(data));
  };
  const ws = () => {
    const socket = (globalThis.socket = new WebSocket(`/chat/ws?${query}`));
    socket.onmessage = ({ data }) => heard.push(JSON.parse(data));
  };
  const poll = async () => {
    for (let position = "earliest"; ; ) {
      const response = await fetch(`/chat/poll?${query}&since=${position}&wait=5`);
      const body = await response.json();
      if (!response.ok) return heard.push({ refused: body.code });
      position = body.position;
      heard.push(...body.items, { position });
    }
  };
  ({ sse, ws, poll })[wire]();
}

// What each way back answers: the status, and all that was sent. One that opens has no end of its own, so it is given one.
async function tries({ since }) {
  const answers = {};
  const told = async (name, response) => (answers[name] = [response.status, await response.text()]);
  // Where Bob stood, all that is kept, the room's state, and that state after what he lost.
  for (const way of [{ since }, { since: "earliest" }, { snapshot: 1 }, { since, snapshot: 1 }]) {
    const asks = new URLSearchParams({ channel: "room:lobby", as: "Bob", ...way });
    await told(`sse ${asks}`, await fetch(`/chat/sse?${asks}`, { signal: AbortSignal.timeout(3_000) }));
    await told(`poll ${asks}`, await fetch(`/chat/poll?${asks}&wait=0`));
    const [opened, sent] = await new Promise((done) => {
      const socket = new WebSocket(`/chat/ws?${asks}`);
      const sent = [];
      socket.onmessage = ({ data }) => sent.push(data);
      socket.onopen = () => setTimeout(() => done(["open", sent.join("\n")]), 1_000);
      socket.onclose = () => done(["closed", sent.join("\n")]);
    });
    answers[`ws ${asks}`] = [opened, sent];
  }
  return answers;
}

// In the open connection of who was put out.
function subscribes(since) {
  for (const way of [{ since }, { since: "earliest" }, { snapshot: true }])
    globalThis.socket.send(JSON.stringify({ subscribe: "room:lobby", ...way, ref: "again" }));
}

async function ada(context, chat) {
  const page = await open(context, chat.address);
  await page.fill('#say input[name="from"]', "Ada");
  await page.press('#say input[name="from"]', "Tab");
  const all = await panes(page);
  const say = async (text) => {
    await page.fill('#say input[name="text"]', text);
    await page.press('#say input[name="text"]', "Enter");
  };
  return { all, say };
}

for (const wire of ["sse", "ws", "poll"]) {
  test(`who listens by ${wire} and is kicked hears nothing more, on the open stream or by any way back`, async (context) => {
    const chat = await example(context, "chat");
    // Ada speaks by her page's WebSocket, and reads by all three.
    const { all, say } = await ada(context, chat);
    const bob = await open(context, `${chat.address}/style.css`);
    await bob.evaluate(listen, wire);
    const heard = () => bob.evaluate(() => globalThis.heard);
    const texts = (items) => items.filter(({ event }) => event?.text).map(({ event }) => event.text);
    await until("Bob is there", heard, (items) => items.length > 0 || wire === "poll");
    await say("before");
    const first = await until("Bob hears it", heard, (items) => texts(items).length > 0);
    const since = first.findLast(({ id }) => id).id;
    const state = await bob.evaluate(async () => (await fetch("/chat/poll?channel=room:lobby&as=Bob&snapshot=1&wait=0")).json());
    assert.deepEqual(state.items.map(({ snapshot }) => snapshot), [0], "he may have it while he is in the room");

    // In one WebSocket what comes behind the kick is handled when the kick is done.
    await say("/kick Bob");
    await say("after");
    for (const pane of all) await pane.shows(["before", "after"]);
    await chat.post("/notice", "to everybody");

    if (wire === "poll") {
      const items = await until("Bob is refused", heard, (items) => items.some(({ refused }) => refused));
      assert.equal(items.at(-1).refused, "denied");
      assert.deepEqual(texts(items), ["before"]);
    } else {
      // The lobby's notice comes later than the room's message would have.
      const items = await until("the lobby goes on", heard, (items) => texts(items).includes("to everybody"));
      assert.deepEqual(texts(items), ["before", "to everybody"]);
      assert.deepEqual(items.filter(({ end }) => end).map(({ channel, end }) => [channel, end.reason]), [["room:lobby", "denied"]]);
    }
    const answers = await bob.evaluate(tries, { since });
    for (const [how, [status, sent]] of Object.entries(answers)) {
      assert.equal(status, how.startsWith("ws") ? "closed" : 403, how);
      assert.doesNotMatch(sent, /before|after|"event"|"snapshot"/, how);
    }
    if (wire === "ws") {
      await bob.evaluate(subscribes, since);
      const answers = (items) => items.filter(({ ref }) => ref === "again");
      const items = await until("it is refused", heard, (items) => answers(items).length === 3);
      assert.deepEqual(answers(items).map(({ error }) => error?.code), ["denied", "denied", "denied"]);
      assert.ok(items.every(({ snapshot }) => !snapshot));
      assert.deepEqual(texts(items), ["before", "to everybody"]);
    }
  });
}

test("who is kicked is told so in each pane, and is not heard any more", async (context) => {
  const chat = await example(context, "chat");
  const { all, say } = await ada(context, chat);
  const page = await open(context, chat.address);
  const panesOfGuest = await panes(page);
  await say("before");
  for (const pane of panesOfGuest) await pane.shows(["before"]);
  await say("/kick guest");
  for (const pane of panesOfGuest) await pane.until("is over", ({ status }) => status === "ended");
  assert.equal(await page.locator('li[data-end="denied"]').count(), 3);
  await say("after");
  for (const pane of all) await pane.shows(["before", "after"]);
  await page.fill('#say input[name="text"]', "still here");
  await page.press('#say input[name="text"]', "Enter");
  const why = await until("it is refused", () => page.locator('#say input[name="text"]').evaluate((field) => field.validity.customError && field.validationMessage));
  assert.match(why, /not in this room/);
  for (const pane of panesOfGuest) assert.deepEqual((await pane.look()).events.map(({ text }) => text), ["Ada: before"]);
  for (const pane of all) await pane.shows(["before", "after"]);
});
