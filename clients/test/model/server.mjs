// A hub as the protocol describes it, small enough to be right: one order, a log for each channel that keeps the last few.

export class Hub {
  #epochs = 0;
  #conns = new Set();
  // Every command that took effect, with how often.
  effects = new Map();
  #replies = new Map();

  constructor(history) {
    this.history = history;
    this.anew();
  }

  // The store was lost: another order. What was in the last is nobody's any more.
  anew() {
    this.epoch = `e${++this.#epochs}`;
    this.head = 0;
    this.channels = new Map();
    for (const conn of this.#conns) conn.lose();
  }

  at(offset) {
    return `${this.epoch}-${offset}`;
  }

  channel(name) {
    if (!this.channels.has(name)) this.channels.set(name, { kept: [], dropped: 0, all: [] });
    return this.channels.get(name);
  }

  publish(name, cause) {
    const channel = this.channel(name);
    const offset = ++this.head;
    channel.kept.push({ channel: name, id: this.at(offset), ...(cause && { cause }), event: { offset } });
    channel.all.push(offset);
    if (channel.kept.length > this.history) channel.dropped = channel.kept.shift().event.offset;
    for (const conn of [...this.#conns]) conn.wake();
  }

  command(key, { name }) {
    if (!this.#replies.has(key)) {
      this.effects.set(key, (this.effects.get(key) ?? 0) + 1);
      this.#replies.set(key, { said: key });
      this.publish(name, key);
    }
    return this.#replies.get(key);
  }

  attach(conn) {
    this.#conns.add(conn);
  }

  detach(conn) {
    this.#conns.delete(conn);
  }
}

// One connection's reading: channels, each from its own place until it is joined; then one place for all.
export class Reading {
  constructor(hub, snapshot, out) {
    this.hub = hub;
    this.snapshot = snapshot;
    this.out = out;
    this.places = new Map();
    this.told = new Map();
    this.resets = new Set();
    this.position = undefined;
  }

  // The offset from which a channel is read, after what `since` says.
  #begin(name, since) {
    const { hub } = this;
    if (since === undefined) return this.places.set(name, { from: hub.head, isNew: true });
    if (since === "earliest") return this.places.set(name, { from: 0 }), this.told.set(name, hub.channel(name).dropped);
    const [epoch, offset] = since.split("-");
    if (epoch === hub.epoch && Number(offset) <= hub.head) return this.places.set(name, { from: Number(offset) });
    this.resets.add(name);
    return this.places.set(name, { from: 0 });
  }

  // A query: all from one place, with the opening that repeats it.
  query(names, since) {
    names.forEach((name) => this.#begin(name, since));
    this.position = this.places.get(names[0]).from;
    const isNow = since === undefined;
    if (isNow && this.snapshot) names.forEach((name) => this.#state(name));
    if (since !== "earliest") this.out({ position: isNow ? this.hub.at(this.position) : since });
    this.read(Infinity);
  }

  // A subscribe over a WebSocket: what it replays comes first.
  subscribe(name, since, ref) {
    if (!this.places.has(name)) {
      this.#begin(name, since);
      if (since === undefined && this.snapshot) this.#state(name);
      this.read(Infinity, name);
    }
    // True for all: so the others are read up to it, too.
    this.read(Infinity);
    this.out({ ref, ok: { position: this.hub.at(this.position ?? 0) } });
  }

  leave(name) {
    this.places.delete(name);
    this.told.delete(name);
    this.resets.delete(name);
  }

  // The epoch changed under it.
  lose() {
    this.position = 0;
    this.told.clear();
    for (const name of this.places.keys()) {
      this.places.set(name, { from: 0 });
      this.resets.add(name);
    }
  }

  #state(name) {
    this.out({ channel: name, snapshot: { upTo: this.hub.head }, position: this.hub.at(this.hub.head) });
    this.places.set(name, { from: Math.max(this.hub.head, this.places.get(name).from) });
  }

  #gaps(names) {
    let told = 0;
    for (const name of names) {
      const channel = this.hub.channel(name);
      const from = Math.max(this.places.get(name).from, this.told.get(name) ?? 0);
      const isReset = this.resets.delete(name);
      if (!isReset && channel.dropped <= from) continue;
      const lost = channel.all.filter((offset) => offset > from && offset <= channel.dropped).length;
      this.told.set(name, channel.dropped);
      this.out({ channel: name, gap: { reason: isReset ? "reset" : "expired", missed: isReset ? null : lost, until: this.hub.at(channel.dropped) } });
      if (this.snapshot) this.#state(name);
      told += 1;
    }
    return told;
  }

  // At most so many items; gaps first, then events merged by offset, then the head.
  read(most, only) {
    const names = only ? [only] : [...this.places.keys()];
    const told = this.#gaps(names);
    const events = names.flatMap((name) => this.hub.channel(name).kept.filter((entry) => entry.event.offset > this.places.get(name).from));
    events.sort((a, b) => a.event.offset - b.event.offset);
    const taken = events.slice(0, most);
    taken.forEach((entry) => this.out(entry));
    const reached = taken.length < events.length ? taken.at(-1).event.offset : this.hub.head;
    names.forEach((name) => (this.places.get(name).from = Math.max(this.places.get(name).from, reached)));
    if (!only) this.position = reached;
    if (told && !taken.length && !only) this.out({ position: this.hub.at(reached) });
    return told + taken.length;
  }
}
