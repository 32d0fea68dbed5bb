/**
 * One connection for all tabs. Whoever holds a lock of the browser leads: it has the engine, and tells all tabs, itself among them, what
 * comes. When its tab ends, however, the lock goes to another, and every tab tells that one how far it has come: the new leader asks from
 * the earliest, and each tab leaves out what it had.
 *
 * Messages of one tab come in their order, those of two tabs in none: what a leader said last may come after the first words of the next.
 * So a tab takes a channel's items only of the leader of now, and only from when that has said that it reads the channel from where this
 * tab is.
 * @import {Engine, Input, Position, Raw, Status, Told} from "./types.ts"
 */

import { covers, later } from "./places.js";

// How often the places of quiet channels are told. A new leader that asked from an old one would be told of losses that were none.
const PLACES = 5_000;

/**
 * @typedef {{ by: string } & ({ do: "lead" } | { do: "told", told: Told } | { do: "places", places: [string, string | undefined][] }
 *   | { do: "joined", tab: string, channel: string, turn: number, place?: Position, status: Status })} FromLeader
 * @typedef {{ do: "want", tab: string, channel: string, turn: number, place?: string } | { do: "leave", tab: string, channel: string }
 *   | { do: "gone", tab: string } | { do: "input", input: Input }} ToLeader
 * @typedef {{ turn: number, place?: string, told?: string, joined?: boolean }} Mine
 */

/** One of the tabs. @implements {Engine} */
export class Tab {
  /** @type {Map<string, Mine>} */
  #mine = new Map();
  /** What is not answered. @type {Map<string, Input>} */
  #asked = new Map();
  /** @type {Leader | undefined} */
  #leader;
  /** Who leads, as far as is known. @type {string | undefined} */
  #by;
  #status = "";
  #turns = 0;
  // A leader that heard of a tab whose lock is not held would take it for gone.
  #isKnown = false;
  #stop = new AbortController();
  #air;
  #name;
  #tab;
  #snapshots;
  #begin;
  #tell;

  /**
   * @param {string} name of the locks and of the air
   * @param {string} tab of its own
   * @param {boolean} snapshots
   * @param {(tell: (told: Told) => void) => Engine} begin
   * @param {(told: Told) => void} tell
   */
  constructor(name, tab, snapshots, begin, tell) {
    this.#name = name;
    this.#tab = tab;
    this.#snapshots = snapshots;
    this.#begin = begin;
    this.#tell = tell;
    this.#air = new BroadcastChannel(name);
    this.#air.onmessage = ({ data }) => (this.#leader ? this.#leader.take(data) : this.#hear(data));
    const { signal } = this.#stop;
    // Held as long as this tab lives: the leader waits for it.
    const live = async () => {
      this.#isKnown = true;
      this.#mine.forEach((_, channel) => this.#want(channel));
      navigator.locks.request(name, { signal }, () => this.#lead()).catch(() => {});
      return this.#over();
    };
    navigator.locks.request(`${name} ${tab}`, { signal }, live).catch(() => {});
    // Of a page that nobody looks at the browser slows the timers, and messages not.
    const looks = () => document.hidden || this.feed({ type: "visible" });
    globalThis.document?.addEventListener("visibilitychange", looks, { signal });
  }

  places() {
    return [...this.#mine].map(([name, { place }]) => /** @type {[string, string | undefined]} */ ([name, place]));
  }

  get position() {
    return this.#leader?.position;
  }

  /** @param {Input} input */
  feed(input) {
    if (this.#stop.signal.aborted) return;
    if (input.type === "subscribe") {
      this.#mine.set(input.channel, { turn: 0, place: input.since });
      this.#want(input.channel);
    } else if (input.type === "unsubscribe") {
      if (this.#mine.delete(input.channel)) this.#say({ do: "leave", tab: this.#tab, channel: input.channel });
    } else if (input.type === "close") this.#take({ type: "status", status: "closed", error: input.error });
    else {
      if (input.type === "command") this.#asked.set(input.key, input);
      if (input.type === "abort") this.#asked.delete(input.key);
      this.#say({ do: "input", input });
    }
  }

  #over() {
    return new Promise((over) => this.#stop.signal.addEventListener("abort", over));
  }

  #lead() {
    this.#leader = new Leader(this.#begin, this.#name, this.#tab, this.#snapshots, (message) => {
      if (this.#stop.signal.aborted) return;
      this.#air.postMessage(message);
      this.#hear(message);
    });
    return this.#over();
  }

  /** @param {ToLeader} message */
  #say(message) {
    if (this.#leader) this.#leader.take(message);
    else this.#air.postMessage(message);
  }

  /** @param {string} channel */
  #want(channel) {
    const mine = /** @type {Mine} */ (this.#mine.get(channel));
    // An answer to what was asked before is none to this.
    mine.turn = ++this.#turns;
    mine.joined = false;
    if (this.#isKnown) this.#say({ do: "want", tab: this.#tab, channel, turn: mine.turn, place: mine.place });
  }

  /** @param {FromLeader} message */
  #hear(message) {
    const isOfNow = message.by === this.#by;
    if (message.do === "told") {
      // An answer is good whoever had it.
      if (isOfNow || message.told.type === "answer") this.#take(message.told);
    } else if (message.do === "joined") {
      const channel = this.#mine.get(message.channel);
      if (message.tab !== this.#tab || channel?.turn !== message.turn) return;
      this.#by = message.by;
      channel.joined = true;
      channel.place ??= message.place;
      this.#take({ type: "status", status: message.status });
    } else if (message.do === "places") {
      for (const [name, place] of message.places) {
        const channel = this.#mine.get(name);
        if (isOfNow && channel?.joined) channel.place = later(channel.place, place);
      }
    } else if (message.do === "lead") {
      this.#by = message.by;
      this.#mine.forEach((_, channel) => this.#want(channel));
      // What the last one had not answered, under the same keys.
      this.#asked.forEach((input) => this.#say({ do: "input", input }));
    }
  }

  /** @param {Told} told */
  #take(told) {
    if (told.type === "item" && !this.#isMine(told.item)) return;
    if (told.type === "refused" && !this.#mine.delete(told.channel)) return;
    if (told.type === "answer" && !this.#asked.delete(told.key)) return;
    if (told.type === "status") {
      if (told.status === this.#status) return;
      this.#status = told.status;
    }
    this.#tell(told);
    if (this.#status !== "closed") return;
    this.#stop.abort();
    this.#leader?.end();
    this.#air.close();
  }

  /** Whether this tab is to have it. @param {Raw} item */
  #isMine({ channel: name, id, gap, position, end, ...rest }) {
    if (name === undefined) return true;
    const channel = this.#mine.get(name);
    if (!channel?.joined) return false;
    const { place, told } = channel;
    const isReset = gap?.reason === "reset";
    if (!isReset && (covers(place, id ?? gap?.until) || covers(told, gap?.until))) return false;
    if (gap) {
      channel.told = gap.until;
      // For this channel it is a place, since nothing below it comes. But behind it comes the state, and who had not that must ask for it.
      channel.place = this.#snapshots ? (isReset ? undefined : place) : gap.until;
    }
    if ("snapshot" in rest) channel.place = position;
    if (id) channel.place = id;
    if (end) this.#mine.delete(name);
    return true;
  }
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
  #by;
  #tell;
  #places;
  #snapshots;
  /** @type {Status} */
  #status = "waiting";

  /** @param {(tell: (told: Told) => void) => Engine} begin @param {string} name @param {string} by @param {boolean} snapshots @param {(message: FromLeader) => void} tell */
  constructor(begin, name, by, snapshots, tell) {
    this.#name = name;
    this.#by = by;
    this.#snapshots = snapshots;
    this.#tell = tell;
    this.#engine = begin((told) => tell({ by, do: "told", told: this.#even(told) }));
    this.#places = setInterval(() => tell({ by, do: "places", places: this.#engine.places() }), PLACES);
    queueMicrotask(() => tell({ by, do: "lead" }));
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
    if (known && place !== known[1] && (place || isBehind)) this.#uneven.add(channel);
    if (!known || isBehind) this.#engine.feed({ type: "subscribe", channel, since: place });
    this.#tell({ by: this.#by, do: "joined", tab, channel, turn, place: known && !isBehind ? known[1] : place, status: this.#status });
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
