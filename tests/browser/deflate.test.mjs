// permessage-deflate with clients that others wrote: npm's `ws` as it comes and with what it can be told, and Chromium, which offers it by
// itself. The chat is built with the feature for this.

import assert from "node:assert/strict";
import { test } from "node:test";
import WebSocket from "ws";
import { open, useChromium } from "./chromium.mjs";
import { example, until } from "./example.mjs";

useChromium();

const room = (chat) => `${chat.address.replace("http", "ws")}/chat/ws?channel=room:lobby`;
// Short ones, long ones that shrink, and ones that are longer than any window of ours.
const TEXTS = Array.from({ length: 40 }, (_, at) => `line ${at}, `.repeat([1, 60, 900][at % 3]) + "ünïcode 🦀");
const SPOKEN = TEXTS.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
const AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

async function reader(context, chat, perMessageDeflate) {
  const socket = new WebSocket(room(chat), "triwire.v1", { perMessageDeflate });
  context.after(() => socket.terminate());
  const reader = { socket, items: [] };
  socket.on("upgrade", ({ headers }) => (reader.agreed = headers["sec-websocket-extensions"]));
  socket.on("message", (data) => reader.items.push(JSON.parse(data)));
  await new Promise((opened, failed) => socket.on("open", opened).on("error", failed));
  return reader;
}

const events = ({ items }) => items.filter(({ event }) => event);
const all = (reader) => until("all that was said", () => events(reader), (events) => events.length === TEXTS.length);

for (const [what, offer, agreed, [least, most]] of [
  ["nothing", false, undefined, [SPOKEN, 2 * SPOKEN]],
  ["what it offers by itself", true, AGREED, [0, SPOKEN / 4]],
  // No long item lies in so small a window whole.
  ["a small window of the server", { serverMaxWindowBits: 9 }, `${AGREED}; server_max_window_bits=9`, [SPOKEN, 2 * SPOKEN]],
  ["a small window of its own", { clientMaxWindowBits: 9, threshold: 0 }, AGREED, [0, SPOKEN / 4]],
]) {
  test(`npm's ws, when it offers ${what}, reads and is understood`, async (context) => {
    const chat = await example(context, "chat");
    const own = await reader(context, chat, offer);
    assert.equal(own.agreed, agreed);
    const other = await reader(context, chat, offer === false);
    await chat.say("lobby", ...TEXTS);
    await Promise.all([all(own), all(other)]);
    assert.deepEqual(events(own).map(({ event }) => event.text), TEXTS);
    assert.deepEqual(events(own), events(other));
    const { bytesRead } = own.socket._socket;
    assert.ok(least < bytesRead && bytesRead < most, `${bytesRead} bytes for ${SPOKEN}`);
    // Long enough to be compressed by a client that does.
    own.socket.send(JSON.stringify({ subscribe: "nobody:knows", ref: 1, more: "x".repeat(5_000) }));
    const answer = await until("an answer", () => own.items.find(({ ref }) => ref === 1));
    assert.equal(answer.error.code, "unknown_channel");
  });
}

test("Chromium offers it by itself, reads, and is understood", async (context) => {
  const chat = await example(context, "chat");
  const plain = await reader(context, chat, false);
  const page = await open(context, chat.address);
  const agreed = await page.evaluate(async (address) => {
    window.items = [];
    window.socket = new WebSocket(address);
    window.socket.onmessage = ({ data }) => window.items.push(JSON.parse(data));
    await new Promise((opened, failed) => ([window.socket.onopen, window.socket.onerror] = [opened, failed]));
    return window.socket.extensions;
  }, room(chat));
  assert.match(agreed, /^permessage-deflate/);
  await chat.say("lobby", ...TEXTS);
  await all(plain);
  const seen = await until("all that was said", () => page.evaluate(() => window.items), (items) => events({ items }).length === TEXTS.length);
  assert.deepEqual(events({ items: seen }), events(plain));
  await page.evaluate(() => window.socket.send(JSON.stringify({ subscribe: "nobody:knows", ref: 1, more: "x".repeat(5_000) })));
  const answer = await until("an answer", () => page.evaluate(() => window.items.find(({ ref }) => ref === 1)));
  assert.equal(answer.error.code, "unknown_channel");
});
