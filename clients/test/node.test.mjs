// The client in Node against the real server: each transport alone, and what passes from one to the next.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "ws";
import { channel, connect, Refused } from "../src/client.js";
import { example, until } from "./example.mjs";

const TEA = "room:tea";

function open(context, chat, options = {}) {
  const gaps = [];
  const client = connect(`${chat.address}/chat`, { WebSocket, onGap: (item) => gaps.push(item), storage: null, ...options });
  context.after(() => client.close());
  return Object.assign(client, { gaps });
}

// What an iterator gives, as it comes.
function collect(items) {
  const all = [];
  const done = (async () => {
    for await (const item of items) all.push(item);
  })();
  return Object.assign(all, { done, texts: () => all.filter(({ event }) => event && !event.echo).map(({ event }) => event.text) });
}

const isOpen = (client) => until("open", () => client.status, (status) => status === "open");

for (const transport of ["ws", "sse", "poll"]) {
  test(`${transport}: events, a command with its reply and its echo, a channel that joins, a refusal of one`, async (context) => {
    const chat = await example(context, "chat");
    const client = open(context, chat, { transports: [transport], query: { as: "ada" } });
    const tea = collect(client.subscribe(TEA));
    await isOpen(client);
    await chat.say("tea", "one");
    await until("one", () => tea.texts().join(), (texts) => texts === "one");
    const key = "key 1";
    assert.equal(await client.send({ say: { room: "tea", text: "two" } }, { key }), null);
    await until("two", () => tea.texts().join(), (texts) => texts === "one,two");
    assert.equal(tea.at(-1).cause, key);
    // Late, and from the beginning.
    await chat.say("milk", "white");
    const milk = collect(client.subscribe("room:milk", { since: "earliest" }));
    await until("white", () => milk.texts().join(), (texts) => texts === "white");
    await assert.rejects(client.subscribe("no such channel").next(), (error) => error instanceof Refused && error.code === "unknown_channel");
    await chat.say("tea", "three");
    await until("three", () => tea.texts().join(), (texts) => texts === "one,two,three");
    await assert.rejects(client.send({ say: { room: "tea" } }), { code: "command_not_understood" });
    assert.deepEqual(client.gaps, []);
    assert.match(client.position, /^\w+-\d+$/);
    client.close();
    await tea.done;
    assert.equal(client.status, "closed");
  });

  test(`${transport}: a server that is killed and started again is a reset, and everything after it comes`, async (context) => {
    const chat = await example(context, "chat");
    const client = open(context, chat, { transports: [transport] });
    const tea = collect(client.subscribe(TEA));
    await isOpen(client);
    await chat.say("tea", "old");
    await until("old", () => tea.texts().join(), (texts) => texts === "old");
    await chat.kill();
    await until("it knows", () => client.status, (status) => status !== "open");
    const again = await example(context, "chat", chat.port);
    await again.say("tea", "new");
    await until("new", () => tea.texts().join(), (texts) => texts === "old,new");
    assert.deepEqual(client.gaps.map(({ gap }) => gap.reason), ["reset"]);
  });
}

test("a command that is sent while there is no server takes effect once there is one", async (context) => {
  const chat = await example(context, "chat");
  const client = open(context, chat, { query: { as: "ada" } });
  const tea = collect(client.subscribe(TEA));
  await isOpen(client);
  await chat.end();
  const sent = client.send({ say: { room: "tea", text: "at last" } }, { echo: { channel: TEA, event: { text: "at last" } } });
  await until("its echo", () => tea.filter(({ echo }) => echo === "pending").length, (count) => count === 1);
  await example(context, "chat", chat.port);
  assert.equal(await sent, null);
  await until("the event", () => tea.filter(({ cause, echo }) => cause && !echo).length, (count) => count === 1);
  assert.equal(tea.filter(({ cause }) => cause).length, 2);
});

test("who does not take what comes is told of a gap in its place, of the right number", async (context) => {
  const chat = await example(context, "chat");
  const client = open(context, chat);
  const slow = client.subscribe(TEA, { buffer: 10 });
  const all = collect(client.subscribe(TEA));
  await isOpen(client);
  await chat.say("tea", ...Array.from({ length: 25 }, (_, at) => String(at)));
  await until("all", () => all.length, (count) => count === 25);
  const { value } = await slow.next();
  assert.equal(value.gap.reason, "lagged");
  assert.equal(value.gap.missed, 21);
  assert.equal(value.gap.until, all[20].id);
  assert.equal((await slow.next()).value.id, all[21].id);
  // Each time the buffer is full.
  assert.equal(client.gaps.length, 2);
});

test("a signal ends the iteration, and a command that nobody waits for", async (context) => {
  const chat = await example(context, "chat");
  const client = open(context, chat);
  const stop = new AbortController();
  const tea = collect(client.subscribe([TEA, "lobby"], { signal: stop.signal }));
  await isOpen(client);
  stop.abort();
  await tea.done;
  await assert.rejects(client.send({ say: { room: "tea", text: "x" } }, { signal: stop.signal }), { name: "AbortError" });
});

test("a gap must be provided for, and a handler that fails closes the client", async (context) => {
  const chat = await example(context, "chat");
  assert.throws(() => connect(chat.address, {}), /onGap/);
  const client = open(context, chat, { onGap: () => { throw new Error("no"); } });
  const tea = client.subscribe(TEA, { since: "zz-5" });
  await assert.rejects(async () => { for await (const item of tea) assert.ok(item.gap); }, { code: "gap_unhandled" });
  assert.equal(client.status, "closed");
  assert.equal(client.error.code, "gap_unhandled");
});

test("a parameter is encoded as the server wants it", async (context) => {
  const room = "a b/ü!'()*~%";
  const name = channel("room:{room}", { room });
  assert.equal(name, "room:a%20b%2F%C3%BC%21%27%28%29%2A~%25");
  assert.throws(() => channel("room:{room}", {}), /`room`/);
  const chat = await example(context, "chat");
  const client = open(context, chat);
  const items = collect(client.subscribe(name));
  await isOpen(client);
  await chat.say(room, "here");
  await until("here", () => items.texts().join(), (texts) => texts === "here");
});
