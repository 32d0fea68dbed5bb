/**
 * What the hooks and stores for frameworks stand on: items folded into one value.
 * @import {Item, SubscribeOptions} from "./types.ts"
 * @import {Client} from "./client.js"
 */

/**
 * Reads the channels until it is stopped.
 * @param {Client} client
 * @param {string | Iterable<string>} channels
 * @param {SubscribeOptions} options
 * @param {(item: Item) => void} take
 * @param {(error: unknown) => void} fail
 * @returns {() => void}
 */
export function follow(client, channels, options, take, fail) {
  const stop = new AbortController();
  const { signal } = stop;
  (async () => {
    for await (const item of client.subscribe(channels, { ...options, signal })) if (!signal.aborted) take(item);
  })().catch((error) => signal.aborted || fail(error));
  return () => stop.abort();
}

/** @param {Client} client @param {() => void} changed @returns {() => void} */
export function watch(client, changed) {
  client.addEventListener("status", changed);
  return () => client.removeEventListener("status", changed);
}
