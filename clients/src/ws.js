/**
 * A WebSocket.
 * @import {Open} from "./types.ts"
 * @import {Tell, Way} from "./fetching.js"
 */

import { address } from "./fetching.js";

/** @param {Way} way @param {Open} open @param {Tell} tell @returns {{ close(): void, send(message: object): void }} */
export function ws(way, open, tell) {
  const url = address(way, "ws", { ...open, channels: [], snapshot: false });
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new /** @type {typeof WebSocket} */ (way.WebSocket)(url, "triwire.v1");
  socket.onopen = () => tell({ type: "opened" });
  socket.onmessage = ({ data }) => {
    let item;
    try {
      item = JSON.parse(data);
    } catch {
      // Not of our server.
      return socket.close();
    }
    tell({ type: "item", item });
  };
  socket.onclose = ({ code }) => tell({ type: "closed", code });
  // A library's sockets throw what nobody listens to; the close follows.
  socket.onerror = () => {};
  return {
    close() {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    },
    send: (message) => socket.send(JSON.stringify(message)),
  };
}
