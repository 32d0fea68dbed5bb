// The machine in any weather: a model hub, a network that does what it likes, time that is only told.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Law } from "./model/law.mjs";
import { World } from "./model/world.mjs";

const CHANNELS = ["a", "b", "c"];
const RUNS = Number(process.env.TRIWIRE_RUNS ?? 2_000);

const channel = fc.constantFrom(...CHANNELS);
const transport = fc.constantFrom("ws", "sse", "poll", "post");
const mode = fc.constantFrom("works", "works", "refuses", "buffers", "stalls", "lies", "deaf");
// A number is so far from the newest; beyond it is a position of nobody's.
const since = fc.constantFrom(undefined, undefined, undefined, "earliest", 0, -2, -5, -9, 3, "e0-7");
const op = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("pass"), ms: fc.oneof(fc.nat(50), fc.nat(3_000), fc.nat(70_000)) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("publish"), channel, count: fc.oneof(fc.constant(1), fc.nat(3), fc.nat(15)) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("subscribe"), channel, since }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("unsubscribe"), channel }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("cut") }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("ambush"), channel, ms: fc.nat(150), count: fc.nat(15) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("network"), transport, mode }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("stall") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("drain"), ms: fc.nat(4_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("expire") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("anew") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("online", "offline", "visible", "hidden") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("command"), channel }) },
);

const DO = {
  pass: ({ world }, { ms }) => world.pass(ms),
  publish: ({ world }, { channel, count }) => {
    for (let at = 0; at < count; at += 1) world.hub.publish(channel);
  },
  subscribe: ({ world, law }, { channel, since }) => law.subscribe(channel, typeof since === "number" ? world.hub.at(Math.max(0, world.hub.head + since)) : since),
  unsubscribe: ({ law }, { channel }) => law.unsubscribe(channel),
  cut: ({ world }) => world.cut(),
  // In the middle of what is on its way.
  ambush: ({ world }, { channel, ms, count }) =>
    world.later(ms, () => {
      for (let at = 0; at < count; at += 1) world.hub.publish(channel);
      world.cut();
    }),
  network: ({ world }, { transport, mode }) => (world.network[transport] = mode),
  stall: ({ world }) => world.conns.forEach((conn) => (conn.stalled = true)),
  drain: ({ world }, { ms }) => world.bye("drain", ms, 1012),
  // Not one after the other: who never hears anything with a new identity gives up.
  expire: ({ world }) => {
    if (!world.isHeard) return;
    world.isHeard = false;
    world.identity = false;
    world.bye("expired", 0, 4401);
  },
  anew: ({ world }) => world.hub.anew(),
  command: ({ world, sent }, { channel }) => {
    const key = `key ${sent.length}`;
    sent.push(key);
    world.feed({ type: "command", key, command: { name: channel } });
  },
};
for (const what of ["online", "offline", "visible", "hidden"]) DO[what] = ({ world }) => world.feed({ type: what });

// A WebSocket alone cannot be told why it was not opened.
function heal(world) {
  world.identity = true;
  world.network = { ws: "works", sse: "works", poll: "works", post: "works" };
  world.feed({ type: "online" });
  world.feed({ type: "visible" });
}

function once(world, sent) {
  for (const key of sent) {
    const times = world.hub.effects.get(key) ?? 0;
    const { ok, error } = world.answers.get(key) ?? assert.fail(`${key} has no answer`);
    if (ok) assert.deepEqual([ok.said, times], [key, 1]);
    else assert.ok(error.code === "unsent" ? times === 0 : error.code === "unanswered" && times <= 1, `${error.code}, ${times} times`);
  }
}

function live(ops, seed, snapshot, transports) {
  const world = new World({ seed, options: { snapshot, renewable: true, transports } });
  const law = new Law(world, snapshot);
  const sent = [];
  for (const each of ops) DO[each.do]({ world, law, sent }, each);
  heal(world);
  world.pass(180_000);
  for (const name of law.wanted) world.hub.publish(name);
  world.pass(60_000);
  assert.equal(world.machine.status, law.wanted.length ? "open" : "waiting");
  law.settled();
  once(world, sent);
}

const transports = fc.constantFrom(undefined, undefined, ["ws"], ["sse"], ["poll"], ["sse", "poll"]);

test("whatever the network does, the law holds, commands take effect once, and it is open again when it can be", () => {
  const property = fc.property(fc.array(op, { maxLength: 60, size: "max" }), fc.integer(), fc.boolean(), transports, live);
  fc.assert(property, { numRuns: RUNS, includeErrorInReport: true });
});
