// Socket.IO on Node, over its WebSocket transport alone.

import { createServer } from "node:http";
import { Server } from "socket.io";
import { rooms, start } from "./publish.mjs";

const server = createServer();
const io = new Server(server, { transports: ["websocket"] });
io.on("connection", (socket) => socket.join(rooms(socket.request.url).map(String)));

server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
  start(server.address().port, (room, event) => io.to(String(room)).emit("event", event));
});
