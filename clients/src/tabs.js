/**
 * One connection for all tabs. Whoever holds a lock of the browser leads: it has the engine, and tells all tabs, itself among them, what
 * comes. When its tab ends, however, the lock goes to another, and every tab tells that one how far it has come: the new leader asks from
 * the earliest, and each tab leaves out what it had.
 *
 * Messages of one tab come in their order, those of two tabs in none. So a tab takes a channel's items only from when the leader of now
 * has said that it reads the channel from where this tab is.
 * @import {Engine, Input, Position, Raw, Status, Told} from "./types.ts"
 */

import { covers, later } from "./places.js";

// How often the places of quiet channels are told. A new leader that asked from an old one would be told of losses that were none.
const PLACES = 5_000;

/**
 * @typedef {{ do: "lead" } | { do: "told", told: Told } | { do: "places", places: [string, string | undefined][] }
 *   | { do: "joined", tab: string, channel: string, turn: number, place?: Position, status: Status }} FromLeader
 * @typedef {{ do: "want", tab: string, channel: string, turn: number, place?: string } | { do: "leave", tab: string, channel: string }
 *   | { do: "gone", tab: string } | { do: "input", input: Input }} ToLeader
 * @typedef {{ turn: number, place?: string, joined?: boolean }} Mine
 */

/**
 * @param {string} name of the locks and of the air
 * @param {string} tab of its own
 * @param {boolean} snapshots
 * @param {(tell: (told: Told) => void) => Engine} begin
 * @param {(told: Told) => void} tell
 * @returns {Engine}
 */
export function tabs(name, tab, snapshots, begin, tell) {
  const { locks } = navigator;
  const air = new BroadcastChannel(name);
  const stop = new AbortController();
  /** @type {Map<string, Mine>} */
  const mine = new Map();
  /** @type {Map<string, Input>} */
  const asked = new Map();
  /** @type {Leader | undefined} */
  let leader;
  /** @type {string} */
  let status = "";
  let turns = 0;
  // A leader that heard of a tab whose lock is not held would take it for gone.
  let isKnown = false;
  let isOver = false;

  const say = (/** @type {ToLeader} */ message) => (leader ? leader.take(message) : air.postMessage(message));
  const want = (/** @type {string} */ channel, /** @type {Mine} */ { turn, place }) => isKnown && say({ do: "want", tab, channel, turn, place });

  /** @param {FromLeader} message */
  const hear = (message) => {
    if (message.do === "told") take(message.told);
    else if (message.do === "joined") {
      const channel = mine.get(message.channel);
      if (message.tab !== tab || channel?.turn !== message.turn) return;
      channel.joined = true;
      channel.place ??= message.place;
      take({ type: "status", status: message.status });
    } else if (message.do === "places") {
      for (const [channel, place] of message.places) {
        const known = mine.get(channel);
        if (known?.joined) known.place = later(known.place, place);
      }
    } else if (message.do === "lead") {
      for (const channel of mine.values()) channel.joined = false;
      mine.forEach((channel, name) => want(name, channel));
      // What the last one had not answered, under the same keys.
      asked.forEach((input) => say({ do: "input", input }));
    }
  };

  /** @param {Told} told */
  const take = (told) => {
    if (told.type === "item") return item(told.item) && tell(told);
    if (told.type === "refused" && !mine.delete(told.channel)) return;
    if (told.type === "answer" && !asked.delete(told.key)) return;
    if (told.type === "status" && told.status === status) return;
    if (told.type === "status") status = told.status;
    tell(told);
    if (status === "closed") end();
  };

  /** Whether this tab is to have it. @param {Raw} item */
  const item = ({ channel: name, id, gap, position, end, ...rest }) => {
    if (name === undefined) return true;
    const channel = mine.get(name);
    if (!channel?.joined) return false;
    if (gap?.reason === "reset") channel.place = snapshots ? undefined : gap.until;
    else if (covers(channel.place, id ?? gap?.until)) return false;
    else if ("snapshot" in rest) channel.place = position;
    if (id) channel.place = id;
    if (end) mine.delete(name);
    return true;
  };

  const end = () => {
    isOver = true;
    stop.abort();
    leader?.end();
    air.close();
  };

  /** @param {Input} input */
  const feed = (input) => {
    if (isOver) return;
    if (input.type === "subscribe") {
      const channel = { turn: ++turns, place: input.since };
      mine.set(input.channel, channel);
      want(input.channel, channel);
    } else if (input.type === "unsubscribe") {
      if (mine.delete(input.channel)) say({ do: "leave", tab, channel: input.channel });
    } else if (input.type === "close") take({ type: "status", status: "closed", error: input.error });
    else {
      if (input.type === "command") asked.set(input.key, input);
      if (input.type === "abort") asked.delete(input.key);
      say({ do: "input", input });
    }
  };

  const lead = () => {
    leader = new Leader(begin, name, snapshots, (message) => {
      if (isOver) return;
      air.postMessage(message);
      hear(message);
    });
    return new Promise((over) => stop.signal.addEventListener("abort", over));
  };

  air.onmessage = ({ data }) => {
    if (leader) leader.take(data);
    else hear(data);
  };
  // Held as long as this tab lives: the leader waits for it. Only then may anybody know of this tab.
  const held = new Promise((over) => stop.signal.addEventListener("abort", over));
  const { signal } = stop;
  locks.request(`${name} ${tab}`, { signal }, () => {
    isKnown = true;
    mine.forEach((channel, name) => want(name, channel));
    locks.request(name, { signal }, lead).catch(() => {});
    return held;
  }).catch(() => {});
  globalThis.document?.addEventListener("visibilitychange", () => document.hidden || feed({ type: "visible" }), { signal });
  return {
    feed,
    places: () => [...mine].map(([name, { place }]) => [name, place]),
    get position() {
      return leader?.position;
    },
  };
}

/** The tab that has the connection. */
class Leader {
  /** Who reads a channel. @type {Map<string, Set<string>>} */
  #readers = new Map();
  /** @type {Set<string>} */
  #tabs = new Set();
  /** Channels of which the tabs had not the same: what one of them missed is not what another did. @type {Set<string>} */
  #uneven = new Set();
  #engine;
  #name;
  #tell;
  #places;
  #snapshots;
  /** @type {Status} */
  #status = "waiting";

  /** @param {(tell: (told: Told) => void) => Engine} begin @param {string} name @param {boolean} snapshots @param {(message: FromLeader) => void} tell */
  constructor(begin, name, snapshots, tell) {
    this.#name = name;
    this.#snapshots = snapshots;
    this.#tell = tell;
    this.#engine = begin((told) => tell({ do: "told", told: this.#even(told) }));
    this.#places = setInterval(() => tell({ do: "places", places: this.#engine.places() }), PLACES);
    queueMicrotask(() => tell({ do: "lead" }));
  }

  get position() {
    return this.#engine.position;
  }

  /** @param {Told} told @returns {Told} */
  #even(told) {
    if (told.type === "status") this.#status = told.status;
    if (told.type !== "item" || !told.item.gap || !this.#uneven.has(/** @type {string} */ (told.item.channel))) return told;
    return { ...told, item: { ...told.item, gap: { ...told.item.gap, missed: null } } };
  }

  /** @param {ToLeader | FromLeader} message */
  take(message) {
    if (message.do === "want") this.#want(message);
    else if (message.do === "input") this.#engine.feed(message.input);
    else if (message.do === "leave") this.#leave(message.tab, message.channel);
    else if (message.do === "gone") for (const channel of this.#readers.keys()) this.#leave(message.tab, channel);
  }

  /** @param {Extract<ToLeader, { do: "want" }>} message */
  #want({ tab, channel, turn, place }) {
    this.#watch(tab);
    const readers = this.#readers.get(channel);
    this.#readers.set(channel, (readers ?? new Set()).add(tab));
    const known = this.#engine.places().find(([name]) => name === channel);
    // Who comes without a place wants the state, where there are any.
    const isBehind = place === undefined ? this.#snapshots : known && known[1] !== place && !covers(place, known[1]);
    if (known && isBehind) this.#uneven.add(channel);
    if (!known || isBehind) this.#engine.feed({ type: "subscribe", channel, since: place });
    this.#tell({ do: "joined", tab, channel, turn, place: known && !isBehind ? known[1] : place, status: this.#status });
  }

  /** @param {string} tab @param {string} channel */
  #leave(tab, channel) {
    const readers = this.#readers.get(channel);
    if (!readers?.delete(tab) || readers.size) return;
    this.#readers.delete(channel);
    this.#uneven.delete(channel);
    this.#engine.feed({ type: "unsubscribe", channel });
  }

  /** Until its lock is free. @param {string} tab */
  #watch(tab) {
    if (this.#tabs.has(tab)) return;
    this.#tabs.add(tab);
    navigator.locks.request(`${this.#name} ${tab}`, () => this.take({ do: "gone", tab }));
  }

  end() {
    clearInterval(this.#places);
    this.#engine.feed({ type: "close" });
  }
}
