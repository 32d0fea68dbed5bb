// The machine, a hub and a network between them, in virtual time. What the network does is the test's to say.

import assert from "node:assert/strict";
import { Machine } from "../../src/machine.js";
import { Hub, Reading } from "./server.mjs";

// A generator of numbers from a seed: the same world each time.
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class World {
  now = 1_000;
  #queue = [];
  #order = 0;
  #wake = Infinity;
  conns = new Map();
  opens = [];
  heard = [];
  answers = new Map();
  statuses = [];
  denied = new Map();
  remembered = [];
  // Of each transport: `works`, `refuses`, `buffers`, `stalls`, `lies`.
  network = { ws: "works", sse: "works", poll: "works", post: "works" };
  identity = true;
  renewed = 0;

  constructor({ seed = 1, history = 6, options = {} } = {}) {
    this.random = seeded(seed);
    this.hub = new Hub(history);
    this.options = options;
    this.machine = new Machine(options);
  }

  feed(input) {
    if (input.type === "item" && !input.item.bye) this.isHeard = true;
    const effects = this.machine.step(input, this.now, this.random);
    for (const effect of effects) this[effect.type](effect);
    this.watch?.(input);
  }

  later(delay, run) {
    this.#queue.push({ at: this.now + delay, order: this.#order++, run });
  }

  // Until then, one thing after the other.
  pass(time) {
    const end = this.now + time;
    for (let steps = 0; ; steps += 1) {
      assert.ok(steps < 200_000, "a loop without an end");
      this.#queue.sort((a, b) => a.at - b.at || a.order - b.order);
      const at = Math.min(this.#queue[0]?.at ?? Infinity, this.#wake);
      if (at > end) break;
      this.now = Math.max(this.now, at);
      if (this.#queue[0]?.at <= at) this.#queue.shift().run();
      else {
        this.#wake = Infinity;
        this.feed({ type: "timer" });
      }
    }
    this.now = end;
  }

  // --- Effects ---

  wake({ at }) {
    this.#wake = at;
  }

  status({ status, error }) {
    this.statuses.push({ at: this.now, status, error });
  }

  item({ item }) {
    this.heard.push(item);
  }

  refused({ channel, error }) {
    this.denied.set(channel, error);
  }

  answer({ key, ok, error }) {
    assert.ok(!this.answers.has(key), "a command is answered once");
    this.answers.set(key, { ok, error });
  }

  remember({ transport }) {
    this.remembered.push(transport);
  }

  close({ id }) {
    this.conns.get(id)?.end();
  }

  open(open) {
    this.opens.push({ at: this.now, ...open });
    if (open.renew) {
      this.identity = true;
      this.renewed += 1;
    }
    const conn = new Conn(this, open);
    this.conns.set(open.id, conn);
    conn.begin();
  }

  send({ id, message }) {
    const conn = this.conns.get(id);
    this.later(conn?.lag() ?? 0, () => conn?.asked(message));
  }

  post({ key, command }) {
    const mode = this.network.post;
    if (mode === "stalls" || mode === "buffers") return;
    this.later(20, () => {
      if (mode === "refuses") return this.feed({ type: "posted", key });
      if (mode === "lies") return this.feed({ type: "posted", key, status: 502 });
      const ok = this.hub.command(key, command);
      // Took effect, but nobody hears.
      if (mode === "deaf") return this.feed({ type: "posted", key });
      this.later(20, () => this.feed({ type: "posted", key, status: 200, ok }));
    });
  }

  // All connections, at this point in their streams.
  cut() {
    for (const conn of [...this.conns.values()]) conn.fail({ code: 1006 });
  }

  bye(reason, retry_ms, code) {
    for (const conn of [...this.conns.values()]) conn.bye(reason, retry_ms, code);
  }
}

class Conn {
  #arrival = 0;
  items = [];
  #over = false;
  #quiet = 0;

  constructor(world, open) {
    Object.assign(this, { world, open, stalled: false });
    this.isPoll = open.transport === "poll";
    this.reading = new Reading(world.hub, open.snapshot, (item) => (this.isPoll ? this.items.push(item) : this.put({ type: "item", item })));
  }

  // In order, each a little later.
  lag() {
    const at = Math.max(this.#arrival, this.world.now + 1 + Math.floor(this.world.random() * 30));
    this.#arrival = at;
    return at - this.world.now;
  }

  put(input) {
    if (this.#over) return;
    this.#quiet = this.world.now;
    const mode = this.world.network[this.open.transport];
    if (this.stalled || mode === "stalls" || (mode === "buffers" && input.type !== "opened")) this.stalled = true;
    if (this.stalled) return;
    const { id } = this.open;
    this.world.later(this.lag(), () => !this.#over && this.world.feed({ ...input, id }));
  }

  end() {
    this.#over = true;
    this.world.hub.detach(this);
    this.world.conns.delete(this.open.id);
  }

  fail(how) {
    if (this.#over) return;
    this.end();
    this.world.later(0, () => this.world.feed({ type: "closed", id: this.open.id, ...how }));
  }

  // Ends it behind all that is on its way.
  finish(how) {
    if (this.stalled || this.#over) return;
    this.world.hub.detach(this);
    this.world.later(this.lag(), () => this.fail(how));
  }

  begin() {
    const { world, open } = this;
    const mode = world.network[open.transport];
    if (mode === "stalls") return;
    if (mode === "refuses") return world.later(10, () => this.fail({ code: 1006 }));
    if (mode === "lies") return world.later(10, () => this.fail(open.transport === "ws" ? { code: 1006 } : { status: 502 }));
    world.later(10, () => {
      if (this.#over) return;
      if (!world.identity) return this.fail(open.transport === "ws" ? { code: 1006 } : { status: 401 });
      world.hub.attach(this);
      if (open.transport !== "poll") this.put({ type: "opened" });
      if (open.transport === "sse") this.put({ type: "retry", ms: 2_000 });
      if (open.transport !== "ws") this.reading.query(open.channels, open.since);
      if (open.transport === "poll") this.#poll();
      else this.#beat();
    });
  }

  // Its answer has no opening: it says at its end how far it reaches.
  #poll() {
    const { since, wait } = this.open;
    if (since !== "earliest") this.items = this.items.filter((item) => item.channel);
    this.polled = true;
    if (since === undefined || wait === 0 || this.items.length) return this.#answer();
    this.world.later(wait * 1_000, () => this.#answer());
  }

  #answer() {
    if (this.#over || !this.polled) return;
    this.polled = false;
    this.reading.read(Infinity);
    this.put({ type: "opened" });
    this.items.forEach((item) => this.put({ type: "item", item }));
    this.put({ type: "item", item: { position: this.world.hub.at(this.reading.position) } });
    this.finish({ done: true });
  }

  #beat() {
    this.world.later(15_000, () => {
      if (this.#over) return;
      if (this.world.now - this.#quiet >= 15_000 && this.reading.places.size && !this.reading.read(Infinity)) this.put({ type: "item", item: { position: this.position() } });
      this.#beat();
    });
  }

  // What it passes is told before.
  position() {
    if (this.reading.resets.size) this.reading.read(Infinity);
    return this.world.hub.at(this.reading.position ?? 0);
  }

  asked(message) {
    if (this.#over || this.stalled) return;
    const { ref } = message;
    if (message.subscribe) this.reading.subscribe(message.subscribe, message.since, ref);
    else if (message.unsubscribe) {
      this.reading.leave(message.unsubscribe);
      this.put({ type: "item", item: { ref, ok: { position: this.position() } } });
    } else this.put({ type: "item", item: { ref, ok: this.world.hub.command(message.key, message.command) } });
  }

  // Read in bursts: a reader may be overtaken.
  wake() {
    if (this.polled) return this.#answer();
    if (this.woken || this.isPoll) return;
    this.woken = true;
    const read = () => {
      if (this.#over) return;
      this.woken = false;
      if (this.reading.read(3) === 3) this.wake();
    };
    this.world.later(this.world.random() < 0.2 ? 400 : 2, read);
  }

  lose() {
    this.reading.lose();
    this.wake();
  }

  bye(reason, retry_ms, code) {
    const isSocket = this.open.transport === "ws";
    if (this.#over || !this.reading.places.size) return;
    if (this.isPoll) {
      this.items.push({ bye: { reason, retry_ms } });
      return this.#answer();
    }
    if (!isSocket || code !== 4401) this.put({ type: "item", item: { bye: { reason, retry_ms } } });
    this.finish(isSocket ? { code } : {});
  }
}
