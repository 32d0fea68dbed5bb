/**
 * Which transport, and when: falls to the next where one does not work, remembers what worked, tries a better one again later, and waits
 * between tries as long as the server says, else 0.5 to 20 s with full jitter.
 * @import {Connection, Ended, MachineLimits, MachineOptions, Transport} from "./types.ts"
 */

export class Choice {
  /** The time from which the next connection may be opened. */
  retryAt = 0;
  /** When a better transport is tried. */
  betterAt = Infinity;
  /** The transport that last brought an item. */
  proven;
  random = Math.random;
  #transports;
  #limits;
  #at = 0;
  // In a row: losses of this transport, of any; transports given up without an item.
  #fails = 0;
  #tries = 0;
  #fell = 0;
  /** What the server said: nothing of ours makes it sooner. */
  #firm = 0;
  #betterIn;

  /** @param {MachineOptions} options @param {MachineLimits} limits */
  constructor({ transports = ["ws", "sse", "poll"], remembered }, limits) {
    this.#transports = transports;
    this.#limits = limits;
    this.#betterIn = limits.better;
    this.proven = remembered;
    this.prefer();
  }

  get transport() {
    return this.#transports[this.#at];
  }

  /** Back to what worked. */
  prefer() {
    this.#at = Math.max(0, this.#transports.indexOf(/** @type {Transport} */ (this.proven)));
    this.#fails = this.#fell = 0;
  }

  /** @param {number} tries */
  backoff(tries) {
    return this.random() * Math.min(20_000, 500 * 2 ** tries);
  }

  /** The network may be back, or somebody looks. @param {number} now */
  hurry(now) {
    this.retryAt = Math.min(this.retryAt, Math.max(now, this.#firm));
  }

  /** The network is gone, says the browser; which may be wrong, and the server on this very machine. @param {number} now */
  rest(now) {
    this.retryAt = Math.max(this.#firm, now + 5_000 + this.backoff(9));
  }

  /** An item came. @param {Connection} connection @param {number} now @returns {boolean} whether the transport is another than the last that worked */
  works({ transport, heard, begun }, now) {
    this.#fell = 0;
    if (!this.#at && now - begun >= this.#limits.steady) this.#betterIn = this.#limits.better;
    if (!heard) this.betterAt = this.#at ? now + this.#betterIn : Infinity;
    const isOther = this.proven !== transport;
    this.proven = transport;
    return isOther;
  }

  /** Is it time to try a better one? @param {boolean} canLeave @param {number} now */
  better(canLeave, now) {
    if (now < this.betterAt) return false;
    this.betterAt = canLeave ? Infinity : now + this.#betterIn;
    if (!canLeave) return false;
    this.#betterIn = Math.min(this.#betterIn * 2, this.#limits.better * 64);
    this.#at = this.#fails = this.#fell = 0;
    return true;
  }

  /** A poll was answered. @param {Connection} connection @param {number} now */
  answered({ wait, moved, begun }, now) {
    // A proxy that answers in the server's place, always the same, must not be asked in a loop.
    const isIdle = wait && !moved && now - begun < 1_000;
    this.#fails = 0;
    this.#tries = isIdle ? this.#tries + 1 : 0;
    this.retryAt = isIdle ? now + 500 + this.backoff(this.#tries) : now;
  }

  /** @param {Connection} connection @param {Ended} how @param {number} now */
  lost({ heard, begun, bye, opened, transport, retry: told }, { retry = 0, silent, done }, now) {
    const asked = Math.max(bye?.retry_ms ?? 0, retry);
    if (done || heard - begun >= this.#limits.steady) this.#fails = this.#tries = 0;
    else if (!asked && this.#falls(!heard && ((silent && opened) || transport !== this.proven))) return void (this.retryAt = now);
    this.#firm = now + asked;
    this.retryAt = now + Math.max(asked, heard && told, this.backoff(this.#tries++));
  }

  /** Whether the next transport is tried at once. @param {boolean | undefined} isHopeless */
  #falls(isHopeless) {
    if (++this.#fails < 2 && !isHopeless) return false;
    this.#fails = 0;
    this.#at = (this.#at + 1) % this.#transports.length;
    // Where none works it is the network, which is asked no faster for it.
    return ++this.#fell < this.#transports.length;
  }

  /** With a new identity: at once, the first time. @param {Connection} connection @param {number} now */
  renewed({ heard, begun }, now) {
    this.prefer();
    if (heard - begun >= this.#limits.steady) this.#tries = 0;
    this.retryAt = now + (this.#tries++ ? this.backoff(this.#tries) : 0);
  }
}
