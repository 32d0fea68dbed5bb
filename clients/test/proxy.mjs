// Between a client and a server, in any mood; its own port serves the page and the bundle, too, so that all is one origin.

import { createServer } from "node:http";
import { once } from "node:events";
import { connect as dial } from "node:net";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const FILES = { "/client.js": "../dist/client.js", "/tabs.js": "../dist/tabs.js" };

export class Proxy {
  // `works`, `kill` (in the middle), `stall` (passes nothing on), `buffer` (holds answers back), `502`, `no upgrade`, `refuse`.
  mood = "works";
  counts = { ws: 0, sse: 0, poll: 0, commands: 0 };
  open = { ws: 0, sse: 0, poll: 0, commands: 0 };
  #sockets = new Set();

  static async start(context, target) {
    const proxy = new Proxy();
    proxy.target = new URL(target);
    proxy.server = createServer((request, response) => proxy.#request(request, response));
    proxy.server.on("upgrade", (request, socket) => proxy.#upgrade(request, socket));
    proxy.server.on("connection", (socket) => proxy.#keep(socket));
    proxy.server.listen(0, "127.0.0.1");
    await once(proxy.server, "listening");
    proxy.address = `http://127.0.0.1:${proxy.server.address().port}`;
    context.after(() => proxy.end());
    return proxy;
  }

  end() {
    this.kill();
    this.server.close();
  }

  kill() {
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket) {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
  }

  #count(url, until) {
    const name = url.split("?")[0].split("/").at(-1);
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    this.open[name] = (this.open[name] ?? 0) + 1;
    until.on("close", () => (this.open[name] -= 1));
  }

  async #request(request, response) {
    const { url } = request;
    if (url === "/page") return response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><link rel=icon href=data:,><title>page</title>");
    if (FILES[url]) return response.writeHead(200, { "content-type": "text/javascript" }).end(await readFile(fileURLToPath(new URL(FILES[url], import.meta.url))));
    this.#count(url, response);
    if (this.mood === "refuse") return request.socket.destroy();
    if (this.mood === "502") return response.writeHead(502).end("bad gateway");
    const upstream = dial(this.target.port, "127.0.0.1");
    this.#keep(upstream);
    upstream.on("connect", () => {
      const headers = request.rawHeaders.map((each, at) => (at % 2 ? `${each}\r\n` : `${each}: `)).join("").replace(/^connection:.*\r\n/im, "");
      upstream.write(`${request.method} ${url} HTTP/1.1\r\n${headers}connection: close\r\n\r\n`);
      request.pipe(upstream, { end: false });
    });
    this.#pass(upstream, response.socket);
    response.socket.on("close", () => upstream.destroy());
  }

  #upgrade(request, socket) {
    this.#count(request.url, socket);
    if (this.mood === "refuse") return socket.destroy();
    if (this.mood === "502" || this.mood === "no upgrade") return socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    const upstream = dial(this.target.port, "127.0.0.1");
    this.#keep(upstream);
    upstream.on("connect", () => {
      const headers = request.rawHeaders.map((each, at) => (at % 2 ? `${each}\r\n` : `${each}: `)).join("");
      upstream.write(`GET ${request.url} HTTP/1.1\r\n${headers}\r\n`);
      socket.on("data", (bytes) => this.mood !== "stall" && upstream.write(bytes));
    });
    this.#pass(upstream, socket);
    socket.on("close", () => upstream.destroy());
  }

  // What the server says, as the mood of the moment has it.
  #pass(upstream, socket) {
    let held = [];
    upstream.on("data", (bytes) => {
      if (this.mood === "stall") return held.push(bytes);
      if (this.mood === "buffer") return held.push(bytes);
      if (this.mood === "kill" && Math.random() < 0.5) {
        // In the middle of what it was.
        socket.write(bytes.subarray(0, Math.floor(bytes.length * Math.random())));
        return socket.destroy();
      }
      // What was held is lost to a connection that stalled, since it is dead; a buffer gives all at its end.
      if (held.length) return held.push(bytes);
      socket.write(bytes);
    });
    upstream.on("end", () => {
      held.forEach((bytes) => socket.write(bytes));
      held = [];
      socket.end();
    });
    upstream.on("close", () => socket.end());
  }
}
