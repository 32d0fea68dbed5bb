/**
 * What all requests by `fetch` share: the address, and how an answer that is none of the wanted ends.
 * @import {Ended, Input, Open, Problem} from "./types.ts"
 */

/**
 * What a transport tells; the rest of the input is its connection's number.
 * @typedef {(input: { type: "opened" } | { type: "item", item: any } | { type: "retry", ms: number } | ({ type: "closed" } & Ended)) => void} Tell
 * @typedef {{ base: URL, query: Record<string, string>, ticket?: string, headers?: HeadersInit, credentials?: RequestCredentials, fetch: typeof fetch, WebSocket?: typeof WebSocket }} Way
 */

/**
 * @param {Way} way
 * @param {string} endpoint
 * @param {Partial<Open>} [open]
 */
export function address({ base, query, ticket }, endpoint, { channels = [], since, snapshot, wait } = {}) {
  const url = new URL(endpoint, base);
  const fields = { ...query, since, snapshot: snapshot && "1", wait: endpoint === "poll" ? wait : undefined, ticket };
  for (const channel of channels) url.searchParams.append("channel", channel);
  for (const [name, value] of Object.entries(fields)) if (value || value === 0) url.searchParams.set(name, String(value));
  return url;
}

/** @param {Response} response @returns {Promise<Ended>} */
export async function refusal(response) {
  const { status, headers } = response;
  const after = headers.get("retry-after") ?? "";
  // Seconds, or a date.
  const retry = after && (isFinite(+after) ? +after * 1_000 : Math.max(0, Date.parse(after) - Date.now()) || 0);
  const isProblem = headers.get("content-type")?.startsWith("application/problem+json");
  /** @type {Problem | undefined} */
  const problem = isProblem ? await response.json().catch(() => undefined) : await response.body?.cancel();
  return { status, problem: problem ?? undefined, retry: +retry };
}

/**
 * Runs it until it ends or is cut; whatever it throws is an end, too.
 * @param {Tell} tell
 * @param {(signal: AbortSignal) => Promise<Ended>} run
 * @returns {{ close(): void }}
 */
export function request(tell, run) {
  const cut = new AbortController();
  run(cut.signal).then(
    (how) => tell({ type: "closed", ...how }),
    () => tell({ type: "closed" }),
  );
  return { close: () => cut.abort() };
}
