/**
 * Svelte stores. They keep to the store contract, and so need nothing of Svelte; others that know stores may use them, too.
 * @import {Item, Status, SubscribeOptions} from "./types.ts"
 * @import {Client} from "./client.js"
 */

import { follow, watch } from "./follow.js";

/**
 * @template T
 * @typedef {{ subscribe(run: (value: T) => void): () => void }} Store
 */

/** @param {Client} client @returns {Store<Status>} */
export const status = (client) => ({
  subscribe(run) {
    run(client.status);
    return watch(client, () => run(client.status));
  },
});

/**
 * The items of the channels, each folded into the value by `reduce`; read while somebody subscribes to the store. What refuses a channel goes to `onError`.
 * @template T
 * @param {Client} client
 * @param {string | string[]} channels
 * @param {(value: T, item: Item) => T} reduce
 * @param {T} initial
 * @param {Omit<SubscribeOptions, "signal"> & { onError?: (error: unknown) => void }} [options]
 * @returns {Store<T>}
 */
export function channels(client, channels, reduce, initial, { onError = reportError, ...options } = {}) {
  /** @type {Set<(value: T) => void>} */
  const readers = new Set();
  let value = initial;
  let stop = () => {};
  const take = (/** @type {Item} */ item) => {
    value = reduce(value, item);
    readers.forEach((run) => run(value));
  };
  return {
    subscribe(run) {
      // The same function may subscribe twice.
      const reader = (/** @type {T} */ value) => run(value);
      if (!readers.size) {
        value = initial;
        stop = follow(client, channels, options, take, onError);
      }
      readers.add(reader);
      run(value);
      return () => {
        if (readers.delete(reader) && !readers.size) stop();
      };
    },
  };
}
