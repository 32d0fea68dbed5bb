/**
 * Commands that wait for their answers. Each goes out under its key until it is answered, so that it takes effect once.
 * @import {Command, Effect, Input, MachineLimits, Problem, Raw} from "./types.ts"
 */

// A server reads no more of a WebSocket with 64 messages waiting, and subscribes must get through.
const IN_FLIGHT = 32;

export class Commands {
  /** @type {Map<string, Command>} */
  #waiting = new Map();
  /** One POST at a time, so that they come in the order in which they were sent. @type {Command | undefined} */
  #posting;
  #due = Infinity;
  #at = 0;
  #tries = 0;
  #renewals = 0;
  #renew = false;
  #push;
  #limits;

  /**
   * @param {(effect: Effect) => void} push
   * @param {MachineLimits} limits
   */
  constructor(push, limits) {
    this.#push = push;
    this.#limits = limits;
  }

  /** When something is to be done next. @param {number} now */
  due(now) {
    const [oldest] = this.#waiting.values();
    return oldest ? Math.min(oldest.at + this.#limits.age, this.#due, this.#at > now ? this.#at : Infinity) : Infinity;
  }

  /** @param {Extract<Input, { type: "command" }>} input @param {number} now */
  add({ key, command, at }, now) {
    if (this.#waiting.size >= this.#limits.commands) this.#push({ type: "answer", key, error: { code: "queue_full" } });
    else this.#waiting.set(key, { key, command, at: at ?? now });
  }

  /** @param {string} key */
  forget(key) {
    if (this.#posting?.key === key) this.#posting = undefined;
    return this.#waiting.delete(key);
  }

  /** @param {string} key @param {{ ok?: unknown, error?: Problem }} answer */
  #answer(key, answer) {
    if (this.forget(key)) this.#push({ type: "answer", key, ...answer });
  }

  /** @param {Problem} error */
  end(error) {
    for (const key of this.#waiting.keys()) this.#answer(key, { error });
  }

  /** The WebSocket is gone. @param {boolean} isTooLarge */
  unsend(isTooLarge) {
    for (const command of this.#waiting.values()) {
      if (command.sent !== "ws") continue;
      command.sent = undefined;
      // Of which a POST is told properly.
      command.post = isTooLarge;
    }
  }

  /** @param {number} now */
  expire(now) {
    for (const { key, at, tried } of this.#waiting.values()) {
      if (now - at >= this.#limits.age) this.#answer(key, { error: { code: tried ? "unanswered" : "unsent" } });
    }
    if (now >= this.#due) this.#lost(now, 0);
  }

  /**
   * @param {number} now
   * @param {number | undefined} socket an open WebSocket
   * @param {boolean} canPost
   */
  flush(now, socket, canPost) {
    if (now < this.#at || this.#posting) return;
    let flying = 0;
    for (const command of this.#waiting.values()) {
      if (command.sent) {
        flying += 1;
        continue;
      }
      const { key } = command;
      if (socket && !command.post) {
        if (flying++ >= IN_FLIGHT) return;
        command.sent = "ws";
        this.#push({ type: "send", id: socket, message: { command: command.command, key, ref: key } });
      } else if (!flying && (canPost || socket)) {
        command.sent = "post";
        this.#posting = command;
        this.#due = now + this.#limits.post;
        this.#push({ type: "post", key, command: command.command, renew: this.#renew });
        this.#renew = false;
      }
      command.tried ||= !!command.sent;
      if (command.sent !== "ws") return;
    }
  }

  /** Over the WebSocket. @param {Raw} item @param {number} now */
  answered({ ref, ok, error }, now) {
    const command = this.#waiting.get(/** @type {string} */ (ref));
    if (!command) return;
    if (error?.retry_ms !== undefined) {
      command.sent = undefined;
      this.#at = now + error.retry_ms;
    } else this.#answer(command.key, error ? { error } : { ok });
  }

  /**
   * @param {Extract<Input, { type: "posted" }>} input
   * @param {number} now
   * @param {boolean | undefined} isRenewable
   * @param {(tries: number) => number} backoff
   */
  posted({ key, ok, status, problem, retry = 0 }, now, isRenewable, backoff) {
    const command = this.#posting;
    if (command?.key !== key) return;
    const code = problem?.code;
    // No answer, or one of somebody between us and the server, or one that passes.
    const passes = !status || status === 408 || status === 429 || status === 503 || (status >= 500 && !code);
    if (status === 401 && isRenewable && this.#renewals++ < 2) {
      this.#renew = true;
      this.#lost(now, 0);
    } else if (status !== 200 && passes) this.#lost(now, Math.max(problem?.retry_ms ?? 0, retry, backoff(this.#tries++)));
    else {
      this.#tries = this.#renewals = 0;
      this.#due = Infinity;
      this.#answer(key, status === 200 ? { ok } : { error: { code: "refused", ...problem, status } });
    }
  }

  /** @param {number} now @param {number} wait */
  #lost(now, wait) {
    if (this.#posting) this.#posting.sent = undefined;
    this.#posting = undefined;
    this.#due = Infinity;
    this.#at = now + wait;
  }
}
