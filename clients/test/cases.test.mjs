// The machine, case by case: what the model does not ask, or would not say so plainly.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Machine } from "../src/machine.js";
import { World } from "./model/world.mjs";

const half = () => 0.5;

// A machine by hand: effects of one kind, at a time that is told.
function bare(options) {
  const machine = new Machine(options);
  let now = 1_000;
  const feed = (input, later = 0) => machine.step(input, (now += later), half);
  return { machine, feed, only: (type, input, later) => feed(input, later).filter((effect) => effect.type === type) };
}

function connected(options, transport = "sse") {
  const world = new World({ options: { transports: [transport], ...options } });
  world.feed({ type: "subscribe", channel: "a" });
  world.pass(1_000);
  assert.equal(world.machine.status, "open");
  return world;
}

const opens = (world) => world.opens.map(({ transport }) => transport);

test("an upgrade that is forbidden leads to SSE at once, and SSE that is held back to polls; the next time it begins there", () => {
  const world = new World();
  Object.assign(world.network, { ws: "lies", sse: "buffers" });
  world.feed({ type: "subscribe", channel: "a" });
  world.pass(100);
  assert.deepEqual(opens(world), ["ws", "sse"]);
  world.pass(6_000);
  assert.deepEqual(opens(world).slice(0, 3), ["ws", "sse", "poll"]);
  assert.deepEqual([world.machine.status, world.remembered.at(-1)], ["open", "poll"]);
  const next = new World({ options: { remembered: "poll" } });
  next.feed({ type: "subscribe", channel: "a" });
  next.pass(100);
  assert.equal(opens(next)[0], "poll");
});

test("a better transport is tried again, ever more seldom, and taken when it works", () => {
  const world = new World();
  world.network.ws = "lies";
  world.feed({ type: "subscribe", channel: "a" });
  world.pass(600_000);
  const tries = world.opens.filter(({ transport }) => transport === "ws").map(({ at }) => at);
  assert.ok(tries.length >= 4 && tries.length <= 6, String(tries));
  tries.slice(2).forEach((at, index) => assert.ok(at - tries[index + 1] > (tries[index + 1] - tries[index]) * 1.5, String(tries)));
  world.network.ws = "works";
  world.pass(1_800_000);
  assert.deepEqual([opens(world).at(-1), world.machine.status, world.remembered.at(-1)], ["ws", "open", "ws"]);
});

test("nobody looks: no better transport is tried", () => {
  const world = new World();
  world.network.ws = "lies";
  world.feed({ type: "subscribe", channel: "a" });
  world.feed({ type: "hidden" });
  world.pass(600_000);
  assert.equal(opens(world).filter((each) => each === "ws").length, 1);
  world.feed({ type: "visible" });
  world.pass(600_000);
  assert.ok(opens(world).filter((each) => each === "ws").length > 1);
});

for (const mode of ["refuses", "lies", "buffers", "stalls"]) {
  test(`a network that ${mode} is asked no faster than it can bear`, () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const world = new World({ seed });
      world.network = { ws: mode, sse: mode, poll: mode, post: mode };
      world.feed({ type: "subscribe", channel: "a" });
      world.feed({ type: "command", key: "k", command: { name: "a" } });
      world.pass(1_200_000);
      for (let minute = 0; minute < 20; minute += 1) {
        const count = world.opens.filter(({ at }) => Math.floor(at / 60_000) === minute).length;
        assert.ok(count <= (minute ? 20 : 30), `${count} in minute ${minute} of seed ${seed}`);
      }
    }
  });
}

test("a proxy that answers every poll at once, and always the same, is asked ever more seldom", () => {
  const { feed } = bare({ transports: ["poll"] });
  let opened = feed({ type: "subscribe", channel: "a" }).concat(feed({ type: "timer" }, 20));
  let count = 0;
  for (let passed = 0; passed < 60_000; ) {
    const open = opened.find(({ type }) => type === "open");
    const wake = opened.find(({ type }) => type === "wake");
    if (!open) {
      opened = feed({ type: "timer" }, 100);
      passed += 100;
      assert.ok(wake === undefined || wake.at > 0);
      continue;
    }
    count += 1;
    feed({ type: "opened", id: open.id });
    feed({ type: "item", id: open.id, item: { position: "e-5" } });
    opened = feed({ type: "closed", id: open.id, done: true });
  }
  assert.ok(count < 20, String(count));
});

test("what the server says of when to come back holds, whatever the page does meanwhile", () => {
  for (const how of [{ status: 503, retry: 7_000 }, { status: 429, problem: { code: "too_many" }, retry: 7_000 }]) {
    const world = connected({}, "poll");
    const before = world.opens.length;
    [...world.conns.values()].forEach((conn) => conn.fail(how));
    world.pass(3_000);
    for (const type of ["offline", "online", "hidden", "visible"]) world.feed({ type });
    world.pass(3_900);
    assert.equal(world.opens.length, before);
    assert.equal(world.machine.status, "waiting");
    world.pass(200);
    assert.ok(world.opens.length > before);
  }
  const world = connected({}, "sse");
  world.bye("drain", 4_000);
  world.pass(3_900);
  assert.equal(world.opens.length, 1);
  world.pass(400);
  assert.equal(world.opens.length, 2);
  // After a cut, what `retry` said.
  world.pass(10_000);
  world.cut();
  world.pass(1_900);
  assert.equal(world.opens.length, 2);
  world.pass(200);
  assert.equal(world.opens.length, 3);
});

test("what does not pass stops the client and says why", () => {
  for (const how of [{ status: 401 }, { status: 403 }, { status: 404 }, { status: 400, problem: { code: "query_malformed" } }, { code: 4400 }, { code: 1008 }, { code: 4401 }]) {
    const world = connected({}, how.code ? "ws" : "sse");
    world.feed({ type: "command", key: "k", command: { name: "b" } });
    [...world.conns.values()].forEach((conn) => conn.fail(how));
    world.pass(600_000);
    const { status, error } = world.statuses.at(-1);
    assert.equal(status, "closed");
    assert.equal(error.status, how.status ?? how.code);
    assert.equal(world.opens.length, 1);
    assert.ok(world.answers.get("k").error);
  }
});

test("of several channels only the one that is refused is lost", () => {
  const { feed, only } = bare({ transports: ["sse"] });
  for (const channel of ["a", "b"]) feed({ type: "subscribe", channel, since: "e-5" });
  let [open] = only("open", { type: "timer" }, 20);
  assert.deepEqual(open.channels, ["a", "b"]);
  const refusal = { status: 403, problem: { code: "denied", status: 403 } };
  [open] = only("open", { type: "closed", id: open.id, ...refusal });
  assert.deepEqual([open.transport, open.channels, open.since], ["poll", ["a"], "e-5"]);
  const refused = feed({ type: "closed", id: open.id, ...refusal });
  assert.deepEqual(refused.find(({ type }) => type === "refused"), { type: "refused", channel: "a", error: refusal.problem });
  open = refused.find(({ type }) => type === "open");
  assert.deepEqual(open.channels, ["b"]);
  feed({ type: "item", id: open.id, item: { position: "e-6" } });
  [open] = only("open", { type: "closed", id: open.id, done: true });
  assert.deepEqual([open.transport, open.channels, open.since], ["sse", ["b"], "e-6"]);
});

test("what a subscribe replays moves no other channel", () => {
  const { machine, feed } = bare({ transports: ["ws"] });
  const [{ id }] = feed({ type: "subscribe", channel: "a", since: "e-5" });
  const [{ message }] = feed({ type: "opened", id });
  feed({ type: "item", id, item: { ref: message.ref, ok: { position: "e-5" } } });
  feed({ type: "subscribe", channel: "b", since: "e-1" });
  feed({ type: "item", id, item: { channel: "b", id: "e-9", event: {} } });
  assert.deepEqual(machine.places(), [["a", "e-5"], ["b", "e-9"]]);
  assert.equal(feed({ type: "item", id, item: { channel: "a", id: "e-7", event: {} } })[0].item.id, "e-7");
});

test("a position is compared beyond 2^53", () => {
  const { feed, only } = bare({ transports: ["sse"] });
  feed({ type: "subscribe", channel: "a", since: "e-9007199254740992" });
  const [{ id }] = only("open", { type: "timer" }, 20);
  const given = (offset) => only("item", { type: "item", id, item: { channel: "a", id: `e-${offset}`, event: {} } }).length;
  assert.deepEqual([given("9007199254740992"), given("9007199254740993"), given("9007199254740993"), given("10000000000000000")], [0, 1, 0, 1]);
});

test("a command whose answer is lost is asked again under its key, by whatever way there is", () => {
  const world = connected({}, "ws");
  world.feed({ type: "command", key: "k", command: { name: "b" } });
  world.pass(5);
  world.cut();
  world.network.ws = "lies";
  world.pass(100);
  assert.equal(world.answers.size, 0);
  world.network.ws = "works";
  world.pass(30_000);
  assert.deepEqual([world.answers.get("k").ok, world.hub.effects.get("k")], [{ said: "k" }, 1]);
});

test("commands wait within their limits: too many are refused, too old ones given up, and it says whether they may have taken effect", () => {
  const world = new World({ options: { limits: { commands: 2, age: 10_000 } } });
  world.network = { ws: "refuses", sse: "refuses", poll: "refuses", post: "deaf" };
  for (const key of ["a", "b", "c"]) world.feed({ type: "command", key, command: { name: key } });
  assert.deepEqual(world.answers.get("c"), { ok: undefined, error: { code: "queue_full" } });
  world.pass(10_000);
  assert.deepEqual([world.answers.get("a").error.code, world.answers.get("b").error.code], ["unanswered", "unsent"]);
  assert.deepEqual([...world.hub.effects.keys()], ["a"]);
});

test("a message that was too large for a WebSocket goes by POST, which is told so", () => {
  const world = connected({}, "ws");
  world.feed({ type: "command", key: "k", command: { name: "b" } });
  const [conn] = world.conns.values();
  conn.fail({ code: 1009 });
  let posted;
  world.post = ({ key }) => {
    posted = key;
    world.later(1, () => world.feed({ type: "posted", key, status: 413, problem: { code: "too_large" } }));
  };
  world.pass(5_000);
  assert.equal(posted, "k");
  assert.equal(world.answers.get("k").error.code, "too_large");
  assert.equal(world.machine.status, "open");
});

test("when the last channel has ended there is nothing to come back for", () => {
  const world = connected({}, "sse");
  [...world.conns.values()].forEach((conn) => conn.fail({ status: 204 }));
  world.pass(600_000);
  assert.equal(world.opens.length, 1);
  assert.deepEqual(world.heard.at(-1), { channel: "a", end: { reason: "ended" } });
  assert.equal(world.machine.status, "waiting");
});

test("an identity is renewed from the same place; three in a row that are refused are the end", () => {
  const world = connected({ renewable: true }, "sse");
  const { position } = world.machine;
  world.identity = false;
  world.bye("expired", 0);
  world.pass(1_000);
  assert.deepEqual([world.renewed, world.opens.at(-1).since, world.machine.status], [1, position, "open"]);
  const { machine, only, feed } = bare({ transports: ["sse"], renewable: true });
  feed({ type: "subscribe", channel: "a" });
  let opened = only("open", { type: "timer" }, 20);
  const renew = [];
  while (machine.status !== "closed" && renew.length < 10) {
    renew.push(opened[0].renew);
    opened = only("open", { type: "closed", id: opened[0].id, status: 401 });
    if (!opened.length) opened = only("open", { type: "timer" }, 20_000);
  }
  assert.deepEqual(renew, [false, true, true]);
});

test("a reset is told channel by channel: who was cut before its own asks from where it was", () => {
  const { machine, feed, only } = bare({ transports: ["sse"] });
  for (const channel of ["a", "b"]) feed({ type: "subscribe", channel, since: "e-5" });
  const [{ id }] = only("open", { type: "timer" }, 20);
  feed({ type: "item", id, item: { position: "e-8" } });
  feed({ type: "item", id, item: { channel: "a", gap: { reason: "reset", missed: null, until: "f-2" } } });
  assert.deepEqual(machine.places(), [["a", "f-2"], ["b", "e-8"]]);
  feed({ type: "closed", id });
  // It cannot ask for both at once, nor for `b` from the new order, in which its loss would not be told.
  const [open] = only("open", { type: "timer" }, 20_000);
  assert.deepEqual([open.transport, open.channels, open.since], ["poll", ["b"], "e-8"]);
});

test("what a gap counts is passed on where it is all news, and else is not known", () => {
  const { feed, only } = bare({ transports: ["sse"] });
  feed({ type: "subscribe", channel: "a", since: "e-5" });
  let [{ id }] = only("open", { type: "timer" }, 20);
  const missed = (until, missed) => only("item", { type: "item", id, item: { channel: "a", gap: { reason: "lagged", missed, until: `e-${until}` } } }).map(({ item }) => item.gap.missed);
  // On one connection the second counts from the end of the first.
  assert.deepEqual([missed(9, 4), missed(12, 3)], [[4], [3]]);
  feed({ type: "closed", id });
  [{ id }] = only("open", { type: "timer" }, 20_000);
  // On another it counts from the position, and so the first ones again.
  assert.deepEqual([missed(12, 7), missed(14, 2)], [[], [2]]);
  feed({ type: "closed", id });
  [{ id }] = only("open", { type: "timer" }, 40_000);
  assert.deepEqual(missed(20, 15), [null]);
});

test("who stops waiting for a command holds up no other", () => {
  const { feed, only } = bare({});
  assert.equal(only("post", { type: "command", key: "a", command: {} }).length, 1);
  assert.equal(only("post", { type: "command", key: "b", command: {} }).length, 0);
  assert.deepEqual(only("post", { type: "abort", key: "a" }).map(({ key }) => key), ["b"]);
  assert.equal(only("answer", { type: "posted", key: "a", status: 200 }).length, 0);
  assert.equal(only("answer", { type: "posted", key: "b", status: 200 }).length, 1);
  assert.deepEqual(feed({ type: "close" }), [{ type: "status", status: "closed", error: undefined }]);
});
