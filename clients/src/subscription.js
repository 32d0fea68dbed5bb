/**
 * One reader of some channels: an async iterator with a bounded buffer.
 * @import {GapItem, Item} from "./types.ts"
 */

/** @implements {AsyncIterableIterator<Item>} */
export class Subscription {
  /** @type {Item[]} */
  #items = [];
  /** @type {((result: IteratorResult<Item>) => void)[]} */
  #waiting = [];
  #isOver = false;
  /** @type {Error | undefined} */
  #error;
  #buffer;
  #left;
  #told;

  /**
   * @param {Iterable<string>} channels
   * @param {number} buffer
   * @param {{ left: (channels: Set<string>) => void, slow: (gap: GapItem) => void }} told
   */
  constructor(channels, buffer, { left, slow }) {
    this.channels = new Set(channels);
    this.#buffer = buffer;
    this.#left = left;
    this.#told = slow;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** @returns {Promise<IteratorResult<Item>>} */
  async next() {
    const item = this.#items.shift();
    if (item) return { value: item, done: false };
    if (this.#error) {
      const error = this.#error;
      this.#error = undefined;
      throw error;
    }
    if (this.#isOver) return { value: undefined, done: true };
    return new Promise((take) => this.#waiting.push(take)).then((result) => result ?? this.next());
  }

  /** @returns {Promise<IteratorResult<Item>>} */
  async return() {
    this.#items = [];
    this.end();
    return { value: undefined, done: true };
  }

  /** Nothing more comes. @param {Error} [error] */
  end(error) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    this.#left(this.channels);
    this.channels.clear();
    this.#wake();
  }

  /** @param {Item} item */
  push(item) {
    if (this.#isOver) return;
    this.#items.push(item);
    if (this.#items.length > this.#buffer) this.#overflow();
    if ("end" in item) {
      this.channels.delete(item.channel);
      if (!this.channels.size) this.end();
    }
    this.#wake();
  }

  // Whoever waits looks again.
  #wake() {
    for (const take of this.#waiting.splice(0)) take(/** @type {any} */ (undefined));
  }

  /** Nobody takes them: they are lost to this reader, and it is told so, in their place. */
  #overflow() {
    /** @type {Map<string, GapItem>} */
    const gaps = new Map();
    for (const item of this.#items) {
      const { channel } = item;
      const until = "gap" in item ? item.gap.until : "snapshot" in item ? item.position : "event" in item ? item.id : undefined;
      if (!until) continue;
      const missed = "gap" in item ? item.gap.missed : "event" in item ? 1 : 0;
      const before = gaps.get(channel)?.gap.missed ?? (gaps.has(channel) ? null : 0);
      gaps.set(channel, { channel, gap: { reason: "lagged", missed: missed === null || before === null ? null : missed + before, until } });
    }
    this.#items = [...gaps.values(), ...this.#items.filter((item) => "end" in item)];
    gaps.forEach((gap) => this.#told(gap));
  }
}
