/**
 * Hooks for React 18 and newer.
 * @import {Item, Status, SubscribeOptions} from "./types.ts"
 * @import {Client} from "./client.js"
 */

import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { follow, watch } from "./follow.js";

/** @param {Client} client @returns {Status} */
export function useStatus(client) {
  const subscribe = useCallback((/** @type {() => void} */ changed) => watch(client, changed), [client]);
  const read = () => client.status;
  return useSyncExternalStore(subscribe, read, read);
}

/**
 * The items of the channels, each folded into the value by `reduce`. What refuses a channel is thrown to the nearest error boundary.
 * @template T
 * @param {Client} client
 * @param {string | string[]} channels
 * @param {(value: T, item: Item) => T} reduce
 * @param {T} initial
 * @param {Omit<SubscribeOptions, "signal">} [options]
 * @returns {T}
 */
export function useChannels(client, channels, reduce, initial, options = {}) {
  const [value, setValue] = useState(initial);
  // Written anew at each render: it is what is called, not what is depended on.
  const latest = useRef({ reduce, initial, options });
  useEffect(() => {
    latest.current = { reduce, initial, options };
  });
  const names = [channels].flat().join("\n");
  useEffect(() => {
    setValue(() => latest.current.initial);
    const take = (/** @type {Item} */ item) => setValue((value) => latest.current.reduce(value, item));
    const fail = (/** @type {unknown} */ error) => setValue(() => { throw error; });
    return follow(client, names.split("\n"), latest.current.options, take, fail);
  }, [client, names]);
  return value;
}
