/**
 * Composables for Vue 3; they end with the scope (the component) that calls them.
 * @import {Ref, ShallowRef} from "vue"
 * @import {Item, Status, SubscribeOptions} from "./types.ts"
 * @import {Client} from "./client.js"
 */

import { onScopeDispose, ref, shallowRef, toValue, watch as observe } from "vue";
import { follow, watch } from "./follow.js";

/** @param {Client} client @returns {Readonly<Ref<Status>>} */
export function useStatus(client) {
  const status = ref(client.status);
  onScopeDispose(watch(client, () => (status.value = client.status)));
  return status;
}

/**
 * The items of the channels, each folded into the value by `reduce`. `channels` may be a ref or a getter. What refuses a channel is in `error`.
 * @template T
 * @param {Client} client
 * @param {import("vue").MaybeRefOrGetter<string | string[]>} channels
 * @param {(value: T, item: Item) => T} reduce
 * @param {T} initial
 * @param {Omit<SubscribeOptions, "signal">} [options]
 * @returns {{ value: Readonly<ShallowRef<T>>, error: Readonly<ShallowRef<unknown>> }}
 */
export function useChannels(client, channels, reduce, initial, options = {}) {
  /** @type {ShallowRef<T>} */
  const value = shallowRef(initial);
  /** @type {ShallowRef<unknown>} */
  const error = shallowRef();
  const begin = (/** @type {string} */ names, /** @type {unknown} */ _, /** @type {(stop: () => void) => void} */ onStop) => {
    value.value = initial;
    error.value = undefined;
    onStop(follow(client, names.split("\n"), options, (item) => (value.value = reduce(value.value, item)), (failed) => (error.value = failed)));
  };
  observe(() => [toValue(channels)].flat().join("\n"), begin, { immediate: true });
  return { value, error };
}
