// Node: WebSockets by the package `ws`, SSE by hand. JSON is made once an event.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { Rooms, rooms, start } from "./publish.mjs";

const sockets = new Rooms();
const streams = new Rooms();

const server = createServer((request, response) => {
  const asked = rooms(request.url);
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
  response.flushHeaders();
  streams.join(asked, response);
  request.on("close", () => streams.leave(asked, response));
});

new WebSocketServer({ server }).on("connection", (socket, request) => {
  const asked = rooms(request.url);
  sockets.join(asked, socket);
  socket.on("close", () => sockets.leave(asked, socket));
});

server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
  start(server.address().port, (room, event) => {
    const text = JSON.stringify(event);
    for (const socket of sockets.of(room)) socket.send(text);
    for (const stream of streams.of(room)) stream.write(`data: ${text}\n\n`);
  });
});
