// As much of a browser as tabs need: locks that are free when their tab is gone, and messages that come in the order of each sender, and
// in no other. One step at a time, and which is for the test to say.

import { Tab } from "../../src/tabs.js";

export class Browser {
  tabs = new Map();
  // Messages on their way, by sender and receiver.
  #links = new Map();
  #locks = new Map();
  // Requests for locks, on their way.
  #asked = [];
  #current;

  constructor(hub, random) {
    this.hub = hub;
    this.random = random;
    const { request } = { request: (name, ...rest) => this.#request(name, rest.at(-1)) };
    const browser = this;
    globalThis.BroadcastChannel = class {
      constructor() {
        this.tab = browser.#current;
        browser.tabs.get(this.tab).air = this;
      }

      postMessage(data) {
        for (const to of browser.tabs.keys()) if (to !== this.tab) browser.#link(this.tab, to).push(structuredClone(data));
      }

      close() {}
    };
    Object.defineProperty(globalThis, "navigator", { configurable: true, value: { locks: { request } } });
    globalThis.setInterval = (run) => (this.tabs.get(this.#current).ticks = run);
    globalThis.clearInterval = () => {};
  }

  #link(from, to) {
    const name = `${from} ${to}`;
    if (!this.#links.has(name)) this.#links.set(name, []);
    return this.#links.get(name);
  }

  #request(name, run) {
    // It is another process that has the locks: it may hear of this later than another tab of what this one says.
    this.#asked.push({ name, request: { tab: this.#current, run, isHeld: false } });
    return new Promise(() => {});
  }

  // Code of a tab, and what it leads to at once.
  async #as(tab, run) {
    this.#current = tab;
    run();
    await new Promise((wake) => setImmediate(wake));
  }

  async open(name, tell) {
    const state = { name, engine: undefined };
    this.tabs.set(name, state);
    const begin = (tell) => (state.engine = new Reads(this.hub, tell));
    await this.#as(name, () => (state.tab = new Tab("t", name, false, begin, tell)));
  }

  feed(name, input) {
    return this.#as(name, () => this.tabs.get(name).tab.feed(input));
  }

  // Some of what it said last may not have got away.
  kill(name) {
    this.tabs.delete(name);
    for (const [link, messages] of this.#links) {
      const [from, to] = link.split(" ");
      if (to === name) this.#links.delete(link);
      else if (from === name && this.random() < 0.5) messages.splice(Math.floor(this.random() * (messages.length + 1)));
    }
    for (const [lock, waiting] of this.#locks) this.#locks.set(lock, waiting.filter(({ tab }) => tab !== name));
    this.#asked = this.#asked.filter(({ request }) => request.tab !== name);
  }

  get leader() {
    return [...this.tabs.values()].find(({ engine }) => engine)?.name;
  }

  // Whatever can happen next.
  #choices() {
    const choices = [];
    for (const [link, messages] of this.#links) {
      const to = link.split(" ")[1];
      if (messages.length && this.tabs.has(to)) choices.push(() => this.#as(to, () => this.tabs.get(to).air.onmessage({ data: messages.shift() })));
    }
    for (const tab of this.tabs.keys()) {
      const next = this.#asked.find(({ request }) => request.tab === tab);
      if (next) choices.push(() => this.#ask(next));
    }
    for (const waiting of this.#locks.values()) {
      const [first] = waiting;
      if (first && !first.isHeld) choices.push(() => this.#grant(waiting, first));
    }
    for (const { name, engine, ticks } of this.tabs.values()) {
      if (engine?.owes()) choices.push(() => this.#as(name, () => engine.give()));
      if (ticks && this.random() < 0.1) choices.push(() => this.#as(name, ticks));
    }
    return choices;
  }

  #ask(next) {
    this.#asked.splice(this.#asked.indexOf(next), 1);
    this.#locks.set(next.name, [...(this.#locks.get(next.name) ?? []), next.request]);
  }

  #grant(waiting, request) {
    request.isHeld = true;
    return this.#as(request.tab, () => {
      const held = request.run();
      // Who waited only to know lets go.
      if (!held) waiting.splice(waiting.indexOf(request), 1);
    });
  }

  async step() {
    const choices = this.#choices();
    if (!choices.length) return false;
    await choices[Math.floor(this.random() * choices.length)]();
    return true;
  }
}

// An engine whose network is good: it gives what the hub has, one after the other.
class Reads {
  #places = new Map();

  constructor(hub, tell) {
    this.hub = hub;
    this.tell = tell;
  }

  feed({ type, channel, since, key, command }) {
    if (type === "subscribe") this.#places.set(channel, since ?? this.hub.at(this.hub.head));
    else if (type === "unsubscribe") this.#places.delete(channel);
    else if (type === "command") this.tell({ type: "answer", key, ok: this.hub.command(key, command) });
  }

  places() {
    return [...this.#places];
  }

  #next() {
    for (const [name, place] of this.#places) {
      const { kept, dropped, all } = this.hub.channel(name);
      const from = Number(place.split("-")[1]);
      if (dropped > from) {
        const missed = all.filter((offset) => offset > from && offset <= dropped).length;
        return { name, place: this.hub.at(dropped), item: { channel: name, gap: { reason: "lagged", missed, until: this.hub.at(dropped) } } };
      }
      const item = kept.find(({ event }) => event.offset > from);
      if (item) return { name, place: item.id, item };
    }
    return undefined;
  }

  owes() {
    return this.#next() !== undefined;
  }

  give() {
    const { name, place, item } = this.#next();
    this.#places.set(name, place);
    this.tell({ type: "item", item });
  }
}
