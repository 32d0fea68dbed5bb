// What one channel was given, held against what happened: no duplicate, no inversion, no hole without a gap told before it, whose number is right.

import assert from "node:assert/strict";

const split = (position) => {
  const [epoch, offset] = position.split("-");
  return { epoch, offset: Number(offset) };
};

export class Law {
  // Of one subscription: how far it had, and up to where it was told of losses.
  #of = new Map();
  #archive = new Map();

  constructor(world, snapshot = false) {
    this.world = world;
    this.snapshot = snapshot;
    world.watch = () => this.#look();
  }

  subscribe(channel, since) {
    const start = since?.includes("-") ? split(since) : {};
    this.#of.set(channel, { epoch: start.epoch, had: start.offset, until: 0, isReset: false, isEarliest: since === "earliest", owesState: this.snapshot && since === undefined });
    this.world.feed({ type: "subscribe", channel, since });
  }

  unsubscribe(channel) {
    this.#of.delete(channel);
    this.world.feed({ type: "unsubscribe", channel });
  }

  get wanted() {
    return [...this.#of.keys()];
  }

  // What happened in this order, whether or not the hub still knows.
  #all(epoch, channel) {
    const { hub } = this.world;
    this.#archive.set(hub.epoch, hub.channels);
    return this.#archive.get(epoch)?.get(channel)?.all ?? [];
  }

  #look() {
    this.#all(this.world.hub.epoch, "");
    for (const item of this.world.heard.splice(0)) {
      const of = this.#of.get(item.channel);
      if (item.channel === undefined) continue;
      assert.ok(of, `${item.channel} is not wanted, and was given ${JSON.stringify(item)}`);
      if (item.gap) this.#gap(of, item);
      else if (item.snapshot) this.#state(of, item);
      else this.#event(of, item);
    }
    // From now on: where that was, it knows when it is told. The earliest is known by the first that comes.
    for (const [name, place] of this.world.machine.places()) {
      const of = this.#of.get(name);
      if (of.isEarliest || of.had !== undefined || !place?.includes("-")) continue;
      const { epoch, offset } = split(place);
      Object.assign(of, { epoch, had: offset });
    }
  }

  #event(of, item) {
    const { epoch, offset } = split(item.id);
    const what = `${JSON.stringify(item)} after ${JSON.stringify(of)}`;
    if (of.had === undefined) Object.assign(of, { epoch, had: offset - 1 });
    if (epoch !== of.epoch) {
      assert.ok(of.isReset, `another order without a reset: ${what}`);
      assert.equal(of.epoch, undefined, what);
      Object.assign(of, { epoch, had: 0 });
    }
    assert.ok(!of.owesState, `between a gap and its state: ${what}`);
    assert.ok(offset > of.had, `a duplicate or an inversion: ${what}`);
    assert.ok(offset > of.until, `it was told to be lost: ${what}`);
    const hole = this.#all(epoch, item.channel).filter((each) => each > Math.max(of.had, of.until) && each < offset);
    assert.deepEqual(hole, [], `a hole: ${what}`);
    of.had = offset;
    of.isReset = false;
  }

  #gap(of, { channel, gap }) {
    const { epoch, offset } = split(gap.until);
    of.owesState = this.snapshot;
    const what = `${JSON.stringify(gap)} after ${JSON.stringify(of)}`;
    if (gap.reason === "reset") return Object.assign(of, { epoch: undefined, had: 0, until: offset, isReset: true });
    if (of.epoch === undefined) of.epoch = epoch;
    assert.equal(epoch, of.epoch, what);
    const lost = this.#all(epoch, channel).filter((each) => each > Math.max(of.had ?? 0, of.until) && each <= offset).length;
    assert.ok(lost > 0, `nothing was lost: ${what}`);
    if (gap.missed !== null && of.had !== undefined) assert.equal(gap.missed, lost, what);
    of.until = offset;
  }

  #state(of, { position, snapshot }) {
    const { epoch, offset } = split(position);
    assert.ok(snapshot.upTo <= offset);
    Object.assign(of, { epoch, had: offset, until: 0, isReset: false, owesState: false });
  }

  // When all is quiet: nothing is owed to anybody.
  settled() {
    const { hub } = this.world;
    for (const [name, of] of this.#of) {
      const after = of.epoch === hub.epoch ? Math.max(of.had ?? 0, of.until) : of.isReset ? of.until : -1;
      const owed = this.#all(hub.epoch, name).filter((each) => each > after);
      assert.ok(!of.owesState, `${name} is owed a state`);
      assert.deepEqual(owed, [], `${name} is owed, after ${JSON.stringify(of)}`);
    }
  }
}
