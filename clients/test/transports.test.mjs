// The client against a server that is written down: what stands on the wire, byte by byte, and what is asked with.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { connect } from "../src/client.js";
import { until } from "./example.mjs";

// Answers in their order; the last one for ever.
async function scripted(context, ...answers) {
  const asked = [];
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://a");
    let body = "";
    for await (const part of request) body += part;
    asked.push({ path: pathname, query: Object.fromEntries(searchParams), headers: request.headers, body });
    await (answers.length > 1 ? answers.shift() : answers[0])(response, asked.at(-1));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => (server.closeAllConnections(), server.close()));
  return { asked, server, address: `http://127.0.0.1:${server.address().port}/hub` };
}

function read(context, { address }, options) {
  const client = connect(address, { onGap() {}, storage: null, ...options });
  context.after(() => client.close());
  const items = [];
  const reader = client.subscribe("a");
  const over = (async () => {
    for await (const item of reader) items.push(item);
  })();
  over.catch(() => {});
  return { client, items, over };
}

const stream = (response) => response.writeHead(200, { "content-type": "text/event-stream" });
const event = (n) => ({ channel: "a", id: `e-${n}`, event: n });
const answer = (response, status, body, headers = {}) => response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
const problem = (status, code, headers) => (response) => answer(response, status, { status, code }, { "content-type": "application/problem+json", ...headers });
const quiet = (response) => stream(response).write(`data: {"position":"e-9"}\n\n`);
const pause = (ms) => new Promise((wake) => setTimeout(wake, ms));

test("SSE: wherever the bytes are cut, and however the lines end, the items are the same", async (context) => {
  const text = `: hello\r\nretry: 100\r\nid: e-1\r\ndata: ${JSON.stringify(event(1))}\r\n\r\nid: e-2\ndata:${JSON.stringify({ ...event(2), event: "ü€😀" })}\n\nunknown\n\ndata: {"channel":"a","id":"e-3",\ndata: "event":3}\n\n`;
  const bytes = Buffer.from(text);
  for (const step of [1, 2, 3, 7, bytes.length]) {
    const server = await scripted(context, async (response) => {
      stream(response);
      for (let at = 0; at < bytes.length; at += step) {
        response.write(bytes.subarray(at, at + step));
        if (step < 3) await pause(1);
      }
    });
    const { items } = read(context, server, { transports: ["sse"] });
    await until(`in steps of ${step}`, () => items.length, (count) => count === 3);
    assert.deepEqual(items.map(({ event }) => event), [1, "ü€😀", 3]);
  }
});

test("SSE: an item that was cut off is none, and is asked for again", async (context) => {
  const cut = (response) => {
    stream(response).write(`retry: 50\ndata: ${JSON.stringify(event(1))}\n\ndata: ${JSON.stringify(event(2))}\n`);
    setTimeout(() => response.destroy(), 30);
  };
  const server = await scripted(context, cut, (response) => stream(response).write(`data: ${JSON.stringify(event(2))}\n\n`));
  const { items } = read(context, server, { transports: ["sse"] });
  await until("both", () => items.length, (count) => count === 2);
  assert.equal(server.asked[1].query.since, "e-1");
  assert.equal(server.asked[0].headers.accept, "text/event-stream");
});

test("a page of a proxy, or bytes that are no JSON, are no items: another transport is tried", async (context) => {
  const page = (response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>Log in</p>");
  const noise = (response) => response.writeHead(200, { "content-type": "application/json" }).end("{");
  const server = await scripted(context, page, noise, quiet);
  const { client } = read(context, server, { transports: ["sse", "poll"] });
  await until("open", () => client.status, (status) => status === "open");
  assert.deepEqual(server.asked.map(({ path }) => path).slice(0, 2), ["/hub/sse", "/hub/poll"]);
});

test("`Retry-After` is kept to, in seconds and as a date", async (context) => {
  for (const when of [() => "1", () => new Date(Date.now() + 2_500).toUTCString()]) {
    const after = when();
    const server = await scripted(context, problem(503, "draining", { "retry-after": after }), quiet);
    const begun = Date.now();
    const { client } = read(context, server, { transports: ["sse"] });
    await until("open", () => client.status, (status) => status === "open");
    assert.ok(Date.now() - begun > 900, after);
    assert.equal(server.asked.length, 2);
  }
});

test("a refusal says which: its code, its status, the server's words", async (context) => {
  const server = await scripted(context, problem(404, "not_found"));
  const { client, over } = read(context, server, { transports: ["sse"] });
  await assert.rejects(over, { name: "Refused", code: "not_found", status: 404 });
  assert.deepEqual([client.status, client.error.code], ["closed", "not_found"]);
  await assert.rejects(client.send({}), { code: "not_found" });
  assert.deepEqual(await client.subscribe("a").next().catch(({ code }) => code), "not_found");
});

test("headers say who it is, and are asked for again when they are no longer good", async (context) => {
  const guarded = (response, { headers }) => (headers.authorization === "Bearer 2" ? quiet(response) : answer(response, 401, {}));
  const server = await scripted(context, guarded);
  let token = 1;
  const { client } = read(context, server, { transports: ["sse"], headers: () => ({ authorization: `Bearer ${token}` }), renew: async () => (token += 1) });
  await until("open", () => client.status, (status) => status === "open");
  assert.deepEqual(server.asked.map(({ headers }) => headers.authorization), ["Bearer 1", "Bearer 2"]);
});

test("each request has a ticket of its own, commands too", async (context) => {
  const server = await scripted(context, (response, { path }) => (path === "/hub/commands" ? answer(response, 200, { done: true }) : quiet(response)));
  let tickets = 0;
  const { client } = read(context, server, { transports: ["sse"], ticket: async () => `t${++tickets}`, query: { contract: "c1" } });
  await until("open", () => client.status, (status) => status === "open");
  assert.deepEqual(await client.send({ say: 1 }, { key: "k1" }), { done: true });
  const [opened, posted] = server.asked;
  assert.deepEqual([opened.query, posted.query], [{ channel: "a", ticket: "t1", contract: "c1" }, { ticket: "t2", contract: "c1" }]);
  assert.deepEqual([posted.headers["idempotency-key"], posted.headers["content-type"], posted.body], ["k1", "application/json", '{"say":1}']);
});

test("without a network for tickets it waits; who may not have one stops", async (context) => {
  const server = await scripted(context, quiet);
  let tries = 0;
  const { client } = read(context, server, {
    transports: ["sse"],
    ticket: async () => {
      if (++tries < 3) throw new TypeError("fetch failed");
      return "t";
    },
  });
  await until("open", () => client.status, (status) => status === "open");
  const { over } = read(context, server, { transports: ["sse"], ticket: async () => { throw Object.assign(new Error("who?"), { status: 401 }); } });
  await assert.rejects(over, { code: "identity", status: 401 });
});

test("a WebSocket renews in place; bytes that are no JSON close it, and it comes again from where it was", async (context) => {
  const server = await scripted(context, problem(404, "not_found"));
  const sockets = new WebSocketServer({ server: server.server, path: "/hub/ws" });
  const [heard, opened] = [[], []];
  sockets.on("connection", (socket, { url }) => {
    opened.push({ socket, url });
    socket.on("message", (bytes) => {
      const message = JSON.parse(bytes);
      heard.push(message);
      socket.send(JSON.stringify({ ref: message.ref, ok: { position: "e-5" } }));
    });
  });
  let tickets = 0;
  const { client } = read(context, server, { WebSocket, transports: ["ws"], ticket: () => `t${++tickets}` });
  await until("open", () => client.position, (position) => position === "e-5");
  await client.renew();
  await until("renewed", () => heard.length, (count) => count === 2);
  assert.deepEqual([opened.length, heard[1].ticket], [1, "t2"]);
  opened[0].socket.send("{");
  await until("again", () => heard.length, (count) => count === 3);
  assert.deepEqual([heard[2].subscribe, heard[2].since], ["a", "e-5"]);
  assert.equal(new URL(opened[1].url, "http://a").searchParams.get("ticket"), "t3");
});

test("what no subscription takes is told as an event, for a later protocol's sake", async (context) => {
  const server = await scripted(context, (response) => stream(response).write('data: {"position":"e-9"}\n\ndata: {"contract":{"is":"another"}}\n\n'));
  const { client, items } = read(context, server, { transports: ["sse"] });
  const [{ item }] = await once(client, "item");
  assert.deepEqual([item, items], [{ contract: { is: "another" } }, []]);
});

test("when its channel has ended, so has the iteration", async (context) => {
  const server = await scripted(context, (response) => stream(response).end(`data: ${JSON.stringify(event(1))}\n\ndata: {"channel":"a","end":{"reason":"ended"}}\n\n`));
  const { client, items, over } = read(context, server, { transports: ["sse"] });
  await over;
  assert.deepEqual([items.at(-1).end.reason, items.length, server.asked.length], ["ended", 2, 1]);
  await until("nothing is read", () => client.status, (status) => status === "waiting");
});

test("what is no JSON is refused to who sends it, and a storage that throws keeps nothing from working", async (context) => {
  const server = await scripted(context, (response, { path }) => (path === "/hub/commands" ? answer(response, 200, 1) : quiet(response)));
  const full = { getItem: () => null, setItem: () => { throw new Error("full"); } };
  const { client } = read(context, server, { transports: ["sse"], storage: full });
  await until("open", () => client.status, (status) => status === "open");
  const circle = {};
  circle.circle = circle;
  await assert.rejects(client.send(circle), TypeError);
  assert.equal(await client.send({}), 1);
});
