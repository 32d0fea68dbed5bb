// npm's `ws` and `eventsource`, as anybody would use them: each goes on where the other was torn off.

import assert from "node:assert/strict";
import { test } from "node:test";
import { EventSource } from "eventsource";
import WebSocket from "ws";
import { example, until } from "./example.mjs";

const query = (since) => `channel=room:lobby${since ? `&since=${since}` : ""}`;

class Reader {
  items = [];
  position = undefined;
  // After so many events it is torn off, from within: looking from outside would come too late.
  tornAt = undefined;

  take(text, id) {
    const item = JSON.parse(text);
    this.items.push(item);
    this.position = id ?? item.id ?? item.position ?? this.position;
    if (this.events.length === this.tornAt) this.tear();
  }

  get events() {
    return this.items.filter(({ event }) => event);
  }

  get texts() {
    return this.events.map(({ event }) => event.text);
  }

  async has(count) {
    await until(`${count} events`, () => this.texts, (texts) => texts.length >= count);
    return this;
  }
}

class Sse extends Reader {
  constructor(chat, since) {
    super();
    this.source = new EventSource(`${chat.address}/chat/sse?${query(since)}`);
    this.source.onmessage = ({ data, lastEventId }) => this.take(data, lastEventId || undefined);
  }

  tear() {
    this.source.close();
    return this;
  }
}

class Ws extends Reader {
  constructor(chat, since) {
    super();
    this.socket = new WebSocket(`${chat.address.replace("http", "ws")}/chat/ws?${query(since)}`, "triwire.v1");
    this.socket.onmessage = ({ data }) => this.take(data);
  }

  tear() {
    this.socket.terminate();
    return this;
  }
}

async function opened(reader) {
  await until("the opening", () => reader.position);
  return reader;
}

test("ws and eventsource get the same items with the same ids", async (context) => {
  const chat = await example(context, "chat");
  const readers = [await opened(new Sse(chat)), await opened(new Ws(chat))];
  await chat.say("lobby", "one", "two", "three");
  for (const reader of readers) (await reader.has(3)).tear();
  assert.deepEqual(readers[0].texts, ["one", "two", "three"]);
  assert.deepEqual(readers[0].events, readers[1].events);
});

for (const [First, Second] of [[Sse, Ws], [Ws, Sse], [Sse, Sse], [Ws, Ws]]) {
  test(`${Second.name} goes on where ${First.name} was torn off: nothing lost, nothing twice`, async (context) => {
    const chat = await example(context, "chat");
    const first = await opened(new First(chat));
    const said = Array.from({ length: 30 }, (_, at) => `line ${at}`);
    first.tornAt = 4;
    await chat.say("lobby", ...said.slice(0, 20));
    await first.has(4);
    const second = new Second(chat, first.position);
    await chat.say("lobby", ...said.slice(20));
    (await second.has(said.length - first.events.length)).tear();
    assert.ok(first.events.length < 20, "it was torn off in the middle");
    assert.deepEqual([...first.texts, ...second.texts], said);
    assert.deepEqual([...first.items, ...second.items].filter(({ gap }) => gap), []);
  });
}

test("a WebSocket that subscribes by messages is answered by its refs, in order", async (context) => {
  const chat = await example(context, "chat");
  const since = (await (await fetch(`${chat.address}/chat/poll?${query()}`)).json()).position;
  await chat.say("lobby", "missed");
  const socket = new WebSocket(`${chat.address.replace("http", "ws")}/chat/ws`);
  context.after(() => socket.terminate());
  const items = [];
  socket.onmessage = ({ data }) => items.push(JSON.parse(data));
  await new Promise((open) => (socket.onopen = open));
  socket.send(JSON.stringify({ subscribe: "room:lobby", since, ref: 1 }));
  socket.send(JSON.stringify({ subscribe: "nobody:knows", ref: "two" }));
  await until("both answers", () => items, (items) => items.filter(({ ref }) => ref).length === 2);
  const [ok, refused] = items.filter(({ ref }) => ref);
  assert.equal(ok.ref, 1);
  assert.match(ok.ok.position, /^[0-9a-z]+-[0-9]+$/);
  assert.deepEqual([refused.ref, refused.error.code, refused.error.status], ["two", "unknown_channel", 404]);
  // What a subscribe replays comes before its answer.
  assert.ok(items.findIndex(({ event }) => event?.text === "missed") < items.indexOf(ok));
  assert.equal(items.filter(({ event }) => event).length, 1);
});
