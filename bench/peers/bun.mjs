// Bun: WebSockets by its own `publish`, SSE by a direct stream, polls by answers that wait.

import { Rooms, rooms, since, start } from "./publish.mjs";

const RECENT = 256;
const streams = new Rooms();
const polls = new Rooms();
const logs = new Map();

function log(room) {
  if (!logs.has(room)) logs.set(room, { newest: 0, recent: [] });
  return logs.get(room);
}

function sse(asked) {
  let gone;
  const stream = new ReadableStream({
    type: "direct",
    async pull(controller) {
      streams.join(asked, controller);
      controller.write(": open\n\n");
      controller.flush();
      // Until the client goes.
      await new Promise((resolve) => (gone = resolve));
      streams.leave(asked, controller);
    },
    cancel: () => gone(),
  });
  return new Response(stream, { headers: { "Content-Type": "text/event-stream" } });
}

function answer(room, from) {
  const { newest, recent } = log(room);
  const items = recent.filter(([number]) => number > from).map(([, text]) => text);
  const headers = { "Content-Type": "application/json" };
  return new Response(`{"position":"${newest}","items":[${items.join(",")}]}`, { headers });
}

function poll([room], from) {
  if (from === undefined || from < log(room).newest) return answer(room, from ?? log(room).newest);
  return new Promise((resolve) => polls.join([room], () => resolve(answer(room, from))));
}

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  idleTimeout: 0,
  fetch(request, server) {
    const asked = rooms(request.url);
    if (request.url.includes("/sse")) return sse(asked);
    if (request.url.includes("/poll")) return poll(asked, since(request.url));
    return server.upgrade(request, { data: asked }) ? undefined : new Response("", { status: 400 });
  },
  websocket: {
    open(socket) {
      for (const room of socket.data) socket.subscribe(String(room));
    },
    message() {},
  },
});

start(server.port, (room, event) => {
  const text = JSON.stringify(event);
  const { recent } = log(room);
  recent.push([(log(room).newest += 1), text]);
  if (recent.length > RECENT) recent.shift();
  server.publish(String(room), text);
  for (const controller of streams.of(room)) {
    controller.write(`data: ${text}\n\n`);
    controller.flush();
  }
  const waiting = [...polls.of(room)];
  polls.clear(room);
  for (const answered of waiting) answered();
});
