/**
 * Server-Sent Events by `fetch`, in browsers, workers and Node. Not by `EventSource`, which tells no status, no `Retry-After` and no
 * `retry`, takes no header, and comes back by itself with a ticket that was used.
 * @import {Open} from "./types.ts"
 * @import {Tell, Way} from "./fetching.js"
 */

import { address, refusal, request } from "./fetching.js";

/** @param {Way} way @param {Open} open @param {Tell} tell */
export const sse = (way, open, tell) =>
  request(tell, async (signal) => {
    const { headers, credentials } = way;
    const all = new Headers(headers);
    all.set("accept", "text/event-stream");
    const response = await way.fetch(address(way, "sse", open), { headers: all, credentials, signal, cache: "no-store" });
    if (response.status !== 200) return refusal(response);
    // Some page of a proxy.
    if (!response.headers.get("content-type")?.startsWith("text/event-stream") || !response.body) return { status: 502 };
    tell({ type: "opened" });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const line = lines(tell);
    for (let rest = ""; ; ) {
      const { done, value } = await reader.read();
      if (done) return {};
      const parts = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = /** @type {string} */ (parts.pop());
      parts.forEach(line);
    }
  });

/**
 * [WHATWG HTML, section 9.2.6](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation), of which the
 * server uses `data`, `id` and `retry`; an item's id is in its data, too.
 * @param {Tell} tell
 */
export function lines(tell) {
  let data = "";
  return (/** @type {string} */ line) => {
    if (!line) {
      // What is cut off before its empty line was no item.
      if (data) tell({ type: "item", item: JSON.parse(data) });
      data = "";
      return;
    }
    const [, field, value] = /** @type {RegExpExecArray} */ (/^([^:]*):? ?(.*)$/.exec(line));
    if (field === "data") data += value;
    else if (field === "retry") tell({ type: "retry", ms: +value || 0 });
  };
}
