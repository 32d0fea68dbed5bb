/**
 * Long polls, and commands by POST.
 * @import {Ended, Open} from "./types.ts"
 * @import {Tell, Way} from "./fetching.js"
 */

import { address, refusal, request } from "./fetching.js";

/** @param {Way} way @param {Open} open @param {Tell} tell */
export const poll = (way, open, tell) =>
  request(tell, async (signal) => {
    const { headers, credentials } = way;
    const response = await way.fetch(address(way, "poll", open), { headers, credentials, signal, cache: "no-store" });
    if (response.status !== 200) return refusal(response);
    const { position, items } = await response.json();
    tell({ type: "opened" });
    for (const item of items) tell({ type: "item", item });
    tell({ type: "item", item: { position } });
    return { done: true };
  });

/**
 * @param {Way} way
 * @param {string} key
 * @param {unknown} command
 * @returns {Promise<Ended & { ok?: unknown }>} without a status where nothing was heard
 */
export async function post(way, key, command) {
  const { credentials } = way;
  const headers = new Headers(way.headers);
  headers.set("content-type", "application/json");
  headers.set("idempotency-key", key);
  try {
    const response = await way.fetch(address(way, "commands"), { method: "POST", headers, credentials, body: JSON.stringify(command) });
    return response.status === 200 ? { status: 200, ok: await response.json() } : await refusal(response);
  } catch {
    return {};
  }
}
