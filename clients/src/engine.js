/**
 * The machine with a clock, a network and a page around it.
 * @import {Effect, Engine, Input, MachineOptions, Open, Options, Problem, Told} from "./types.ts"
 */

import { Machine } from "./machine.js";
import { poll, post } from "./poll.js";
import { sse } from "./sse.js";
import { ws } from "./ws.js";

const TRANSPORTS = { ws, sse, poll };

/** @implements {Engine} */
export class Running {
  /** @type {Map<number, { close(): void, send?(message: object): void }>} */
  #connections = new Map();
  /** @type {Input[]} */
  #inputs = [];
  #isBusy = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #base;
  #options;
  #tell;
  #socket;
  #memory;
  #machine;
  #leave;

  /** @param {URL} base @param {Options} options @param {(told: Told) => void} tell */
  constructor(base, options, tell) {
    this.#base = base;
    this.#options = options;
    this.#tell = tell;
    const socket = (this.#socket = options.WebSocket ?? globalThis.WebSocket);
    this.#memory = memory(base, options);
    this.#machine = new Machine({
      ...options,
      transports: (options.transports ?? ["ws", "sse", "poll"]).filter((each) => each !== "ws" || socket),
      remembered: this.#memory.kept,
      renewable: !!(options.renew || options.ticket || typeof options.headers === "function"),
    });
    this.#leave = surroundings((what) => this.feed({ type: what }));
  }

  get position() {
    return this.#machine.position;
  }

  places() {
    return this.#machine.places();
  }

  /** What an effect leads to at once comes after the other effects. @param {Input} input */
  feed(input) {
    this.#inputs.push(input);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let next; (next = this.#inputs.shift()); ) this.#machine.step(next, Date.now(), Math.random).forEach((effect) => this.#run(effect));
    } finally {
      this.#isBusy = false;
    }
  }

  /** @param {Effect} effect */
  #run(effect) {
    switch (effect.type) {
      case "open":
        return void this.#open(effect);
      case "close":
        this.#connections.get(effect.id)?.close();
        return void this.#connections.delete(effect.id);
      case "send":
        return this.#connections.get(effect.id)?.send?.(effect.message);
      case "post":
        return void this.#post(effect.key, effect.command, effect.renew);
      case "remember":
        return this.#memory.keep?.(effect.transport);
      case "wake":
        clearTimeout(this.#timer);
        if (effect.at < Infinity) this.#timer = setTimeout(() => this.feed({ type: "timer" }), Math.max(0, effect.at - Date.now()));
        return;
      default:
        if (effect.type === "status" && effect.status === "closed") {
          clearTimeout(this.#timer);
          this.#leave();
        }
        this.#tell(effect);
    }
  }

  /** With whatever says who it is. @param {boolean} renew @param {boolean} isSocket */
  async #way(renew, isSocket) {
    const options = this.#options;
    if (renew) await options.renew?.();
    const headers = await (typeof options.headers === "function" ? options.headers() : options.headers);
    const ticket = headers && !isSocket ? undefined : await options.ticket?.();
    const { query = {}, credentials, fetch = globalThis.fetch.bind(globalThis) } = options;
    return { base: this.#base, query, credentials, headers, ticket, fetch, WebSocket: this.#socket };
  }

  /** @param {Open} open */
  async #open(open) {
    const { id, transport, renew } = open;
    const pending = { close() {} };
    this.#connections.set(id, pending);
    try {
      const way = await this.#way(renew, transport === "ws");
      // Closed meanwhile?
      if (this.#connections.get(id) !== pending) return;
      this.#connections.set(id, TRANSPORTS[transport](way, open, (input) => this.feed({ ...input, id })));
    } catch (error) {
      this.feed({ type: "closed", id, renew, fatal: fatal(error) });
    }
  }

  /** @param {string} key @param {unknown} command @param {boolean} renew */
  async #post(key, command, renew) {
    // Without an identity it is as without a network.
    const way = await this.#way(renew, false).catch(() => undefined);
    this.feed({ type: "posted", key, ...(way && (await post(way, key, command))) });
  }
}

/** Only who may not come in stops trying. @param {any} error @returns {Problem | undefined} */
const fatal = (error) => ([401, 403].includes(error?.status) ? { code: "identity", status: error.status, detail: String(error) } : undefined);

/**
 * Where cookies are refused, or nothing more can be kept, storage throws.
 * @param {URL} base @param {Options} options
 * @returns {{ kept?: string | null, keep?: (transport: string) => void }}
 */
function memory({ origin, pathname }, options) {
  const name = `triwire:${origin}${pathname}`;
  try {
    const storage = options.storage === undefined ? globalThis.localStorage : options.storage;
    const keep = (/** @type {string} */ transport) => {
      try {
        storage?.setItem(name, transport);
      } catch {
        // The next page begins as this one did.
      }
    };
    return { kept: storage?.getItem(name), keep };
  } catch {
    return {};
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
