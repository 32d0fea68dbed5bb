/**
 * The client: `connect(url, options)`, where `url` is the path at which the hub's endpoints are mounted.
 * @import {Engine, GapItem, Item, Options, Position, Problem, SendOptions, Status, SubscribeOptions, Told} from "./types.ts"
 */


import { Running } from "./engine.js";
import { Subscription } from "./subscription.js";

/** The server, or the client itself, says no; `code` is stable. */
export class Refused extends Error {
  name = "Refused";

  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail ?? problem.title ?? problem.code);
    this.problem = problem;
    this.code = problem.code;
    this.status = problem.status;
  }
}

export class StatusEvent extends Event {
  /** @param {Status} status @param {Refused} [error] */
  constructor(status, error) {
    super("status");
    this.status = status;
    this.error = error;
  }
}

/** Of anything that comes, before its subscribers have it; also of what no subscription takes, since a later protocol has it. */
export class ItemEvent extends Event {
  /** @param {any} item */
  constructor(item) {
    super("item");
    this.item = item;
  }
}

/** The name of a channel by its template: `channel("room:{room}", { room: "tea" })`. @param {string} template @param {Record<string, unknown>} [parameters] */
export const channel = (template, parameters = {}) =>
  template.replace(/\{(\w+)\}/g, (_, name) => {
    if (!(name in parameters)) throw new TypeError(`\`${template}\` needs \`${name}\``);
    return encodeURIComponent(String(parameters[name])).replace(/[!'()*]/g, (mark) => "%" + mark.charCodeAt(0).toString(16).toUpperCase());
  });

/** Unguessed; `randomUUID` is there in secure contexts only. */
const unique = () => crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join("");

/** Fires `status` ({@link StatusEvent}) and `item` ({@link ItemEvent}). */
export class Client extends EventTarget {
  /** @type {Status} */
  status = "waiting";
  /** Why it is closed. @type {Refused | undefined} */
  error;
  /** @type {Map<string, Set<Subscription>>} */
  #readers = new Map();
  /** @type {Map<string, { take: (reply: any) => void, fail: (error: unknown) => void }>} */
  #asked = new Map();
  #options;
  /** @type {Engine} */
  #engine;

  /** @param {string | URL} url @param {Options} options */
  constructor(url, options) {
    super();
    if (!options?.onGap && !options?.snapshot) {
      throw new TypeError("`onGap` is missing: say what happens when events were lost (reload, or load the state), or ask for `snapshot: true`");
    }
    const base = new URL(url, globalThis.location?.href);
    if (!base.pathname.endsWith("/")) base.pathname += "/";
    this.#options = options;
    /** @param {Told} told */
    const tell = (told) => this.#told(told);
    const begin = (/** @type {(told: Told) => void} */ tell) => new Running(base, options, tell);
    const isShared = options.tabs && globalThis.navigator?.locks && globalThis.BroadcastChannel;
    this.#engine = isShared ? shared(`triwire:${base}`, !!options.snapshot, begin, tell) : begin(tell);
  }

  /** From where all channels go on, by any transport; none before it is known. @returns {Position | undefined} */
  get position() {
    return this.#engine.position;
  }

  /**
   * The items of these channels. Ends when all of them have ended, or by `signal`, or with the client; throws what refuses one of them.
   * @param {string | Iterable<string>} channels
   * @param {SubscribeOptions} [options]
   * @returns {AsyncIterableIterator<Item>}
   */
  subscribe(channels, { since, signal, buffer = 1_024 } = {}) {
    const names = typeof channels === "string" ? [channels] : [...channels];
    const read = names.find((name) => since && this.#readers.has(name));
    if (read) throw new TypeError(`\`${read}\` is read already: \`since\` can be of the first reader only`);
    const reader = new Subscription(names, buffer, { left: (left) => this.#leave(reader, left), slow: (gap) => this.#slow(gap) });
    if (signal?.aborted || this.status === "closed") reader.end(this.error);
    else for (const name of names) this.#read(name, reader, since);
    signal?.addEventListener("abort", () => void reader.return(), { once: true });
    return reader;
  }

  /** @param {string} channel @param {Subscription} reader @param {string} [since] */
  #read(channel, reader, since) {
    const readers = this.#readers.get(channel);
    this.#readers.set(channel, (readers ?? new Set()).add(reader));
    // Who comes later wants the state, too; all get it.
    if (!readers || this.#options.snapshot) this.#engine.feed({ type: "subscribe", channel, since });
  }

  /** @param {Subscription} reader @param {Set<string>} channels */
  #leave(reader, channels) {
    for (const channel of channels) {
      const readers = this.#readers.get(channel);
      if (!readers?.delete(reader) || readers.size) continue;
      this.#readers.delete(channel);
      this.#engine.feed({ type: "unsubscribe", channel });
    }
  }

  /**
   * What the server replies to a command. It takes effect once, however often it has to be asked; throws {@link Refused}.
   * @param {unknown} command
   * @param {SendOptions} [options]
   * @returns {Promise<any>}
   */
  send(command, { key = unique(), signal, echo } = {}) {
    return new Promise((take, fail) => {
      if (signal?.aborted) return fail(signal.reason);
      if (this.status === "closed") return fail(this.error ?? new Refused({ code: "closed" }));
      // What is no JSON throws here, and not in the middle of it all.
      JSON.stringify(command);
      const mine = echo && { ...echo, cause: key };
      const done = new AbortController();
      this.#asked.set(key, {
        take: (reply) => {
          done.abort();
          take(reply);
        },
        fail: (error) => {
          done.abort();
          if (mine) this.#give({ ...mine, echo: "failed" });
          fail(error);
        },
      });
      signal?.addEventListener("abort", () => this.#answer(key, { abort: signal.reason }), { signal: done.signal });
      if (mine) this.#give({ ...mine, echo: "pending" });
      this.#engine.feed({ type: "command", key, command, at: Date.now() });
    });
  }

  /** @param {string} key @param {{ ok?: unknown, error?: Problem, abort?: unknown }} answer */
  #answer(key, { ok, error, abort }) {
    const asked = this.#asked.get(key);
    if (!asked) return;
    this.#asked.delete(key);
    if (abort) this.#engine.feed({ type: "abort", key });
    if (error || abort) asked.fail(abort ?? new Refused(/** @type {Problem} */ (error)));
    else asked.take(ok);
  }

  /** Goes on as somebody else, or as the same for longer: in place over a WebSocket with tickets, else by coming again. */
  async renew() {
    await this.#options.renew?.();
    this.#engine.feed({ type: "renew", ticket: await this.#options.ticket?.() });
  }

  close() {
    this.#engine.feed({ type: "close" });
  }

  /** @param {Told} told */
  #told(told) {
    if (told.type === "status") this.#status(told.status, told.error);
    else if (told.type === "answer") this.#answer(told.key, told);
    else if (told.type === "refused") {
      const error = new Refused(told.error);
      const readers = this.#readers.get(told.channel);
      this.#readers.delete(told.channel);
      readers?.forEach((reader) => reader.end(error));
    } else {
      const item = /** @type {Item} */ (told.item);
      if ("gap" in item) this.#gap(item);
      this.#give(item);
      if ("end" in item) this.#readers.delete(item.channel);
    }
  }

  /** @param {Item} item */
  #give(item) {
    this.dispatchEvent(new ItemEvent(item));
    [...(this.#readers.get(item.channel) ?? [])].forEach((reader) => reader.push(item));
  }

  /** A reader did not keep up. @param {GapItem} gap */
  #slow(gap) {
    this.#gap(gap);
    if (this.#options.snapshot) this.#engine.feed({ type: "subscribe", channel: gap.channel });
  }

  /** @param {GapItem} gap */
  async #gap(gap) {
    try {
      await this.#options.onGap?.(gap);
    } catch (error) {
      // Nobody handled it, and so what the page shows is wrong.
      this.#engine.feed({ type: "close", error: { code: "gap_unhandled", detail: String(error) } });
    }
  }

  /** @param {Status} status @param {Problem} [problem] */
  #status(status, problem) {
    this.status = status;
    this.error = problem && new Refused(problem);
    if (status === "closed") {
      for (const readers of [...this.#readers.values()]) readers.forEach((reader) => reader.end(this.error));
      this.#readers.clear();
      for (const key of this.#asked.keys()) this.#answer(key, { error: problem ?? { code: "closed" } });
    }
    this.dispatchEvent(new StatusEvent(status, this.error));
  }
}

/**
 * The engine of all tabs, in a module of its own, for most pages have no use for it.
 * @param {string} name @param {boolean} snapshots @param {(tell: (told: Told) => void) => Engine} begin @param {(told: Told) => void} tell
 * @returns {Engine}
 */
function shared(name, snapshots, begin, tell) {
  /** @type {Engine | undefined} */
  let engine;
  const loaded = import("./tabs.js").then(({ Tab }) => (engine = new Tab(name, unique(), snapshots, begin, tell)));
  return {
    feed: (input) => (engine ? engine.feed(input) : void loaded.then((engine) => engine.feed(input))),
    places: () => engine?.places() ?? [],
    get position() {
      return engine?.position;
    },
  };
}

/** @param {string | URL} url @param {Options} options */
export const connect = (url, options) => new Client(url, options);
