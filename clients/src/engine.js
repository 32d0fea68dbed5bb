/**
 * The machine with a clock, a network and a page around it.
 * @import {Effect, Engine, Input, MachineOptions, Open, Options, Problem, Told} from "./types.ts"
 */

import { Machine } from "./machine.js";
import { poll, post } from "./poll.js";
import { sse } from "./sse.js";
import { ws } from "./ws.js";

const TRANSPORTS = { ws, sse, poll };

/** @param {URL} base @param {Options} options @param {(told: Told) => void} tell @returns {Engine} */
export function engine(base, options, tell) {
  const socket = options.WebSocket ?? globalThis.WebSocket;
  const { name, storage } = memory(base, options);
  const machine = new Machine({
    ...options,
    transports: (options.transports ?? ["ws", "sse", "poll"]).filter((each) => each !== "ws" || socket),
    remembered: storage?.getItem(name),
    renewable: !!(options.renew || options.ticket || typeof options.headers === "function"),
  });
  /** @type {Map<number, { close(): void, send?(message: object): void }>} */
  const connections = new Map();
  /** @type {Input[]} */
  const inputs = [];
  let isBusy = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  // What an effect leads to at once comes after the other effects.
  const feed = (/** @type {Input} */ input) => {
    inputs.push(input);
    if (isBusy) return;
    isBusy = true;
    for (let next; (next = inputs.shift()); ) machine.step(next, Date.now(), Math.random).forEach(run);
    isBusy = false;
  };

  const way = async (/** @type {boolean} */ renew, /** @type {boolean} */ isSocket) => {
    if (renew) await options.renew?.();
    const headers = await (typeof options.headers === "function" ? options.headers() : options.headers);
    const ticket = headers && !isSocket ? undefined : await options.ticket?.();
    const { query = {}, credentials, fetch = globalThis.fetch.bind(globalThis) } = options;
    return { base, query, credentials, headers, ticket, fetch, WebSocket: socket };
  };

  const open = async (/** @type {Open} */ { id, transport, renew, ...rest }) => {
    const pending = { close() {} };
    connections.set(id, pending);
    try {
      const found = await way(renew, transport === "ws");
      // Closed meanwhile?
      if (connections.get(id) !== pending) return;
      connections.set(id, TRANSPORTS[transport](found, { id, transport, renew, ...rest }, (input) => feed({ ...input, id })));
    } catch (error) {
      feed({ type: "closed", id, renew, fatal: fatal(error) });
    }
  };

  const run = (/** @type {Effect} */ effect) => {
    switch (effect.type) {
      case "open":
        return void open(effect);
      case "close":
        connections.get(effect.id)?.close();
        return void connections.delete(effect.id);
      case "send":
        return connections.get(effect.id)?.send?.(effect.message);
      case "post": {
        const { key, command, renew } = effect;
        const posted = way(renew, false).then((found) => post(found, key, command), () => ({}));
        return void posted.then((answer) => feed({ type: "posted", key, ...answer }));
      }
      case "remember":
        return storage?.setItem(name, effect.transport);
      case "wake":
        clearTimeout(timer);
        if (effect.at < Infinity) timer = setTimeout(() => feed({ type: "timer" }), Math.max(0, effect.at - Date.now()));
        return;
      default:
        if (effect.type === "status" && effect.status === "closed") {
          clearTimeout(timer);
          leave();
        }
        tell(effect);
    }
  };
  const leave = surroundings((what) => feed({ type: what }));
  return { feed, places: () => machine.places(), get position() { return machine.position; } };
}

/** Only who may not come in stops trying. @param {any} error @returns {Problem | undefined} */
const fatal = (error) => ([401, 403].includes(error?.status) ? { code: "identity", status: error.status, detail: String(error) } : undefined);

/** @param {URL} base @param {Options} options */
function memory({ origin, pathname }, { storage }) {
  const name = `triwire:${origin}${pathname}`;
  try {
    // Where cookies are refused, to look at it throws.
    return { name, storage: storage === undefined ? globalThis.localStorage : storage };
  } catch {
    return { name };
  }
}

/**
 * What the page is told of its network and of who looks at it.
 * @param {(what: "online" | "offline" | "visible" | "hidden") => void} tell
 */
function surroundings(tell) {
  const page = globalThis.document;
  const stop = new AbortController();
  const { signal } = stop;
  const looks = () => tell(page.hidden ? "hidden" : "visible");
  page?.addEventListener("visibilitychange", looks, { signal });
  for (const what of /** @type {const} */ (["online", "offline"])) globalThis.addEventListener?.(what, () => tell(what), { signal });
  queueMicrotask(() => {
    if (page?.hidden) looks();
    if (globalThis.navigator?.onLine === false) tell("offline");
  });
  return () => stop.abort();
}
