// The hooks and stores, each with its framework: what comes is shown, and who leaves reads no more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Window } from "happy-dom";
import { get } from "svelte/store";
import { Client } from "../src/client.js";
import { until } from "./example.mjs";

const window = new Window();
globalThis.window = window;
globalThis.document = window.document;
globalThis.navigator ??= window.navigator;
globalThis.IS_REACT_ACT_ENVIRONMENT = true;

// A client whose server is this test: what it reads, and what comes.
function scripted() {
  const reading = new Map();
  const fake = new EventTarget();
  fake.status = "connecting";
  fake.subscribe = (channels, { signal }) => {
    const items = [];
    const name = [channels].flat().join();
    let wake = () => {};
    reading.set(name, (item) => (items.push(item), wake()));
    signal.addEventListener("abort", () => (reading.delete(name), wake()));
    return (async function* () {
      while (!signal.aborted) {
        const item = items.shift();
        if (item instanceof Error) throw item;
        if (item) yield item;
        else await new Promise((go) => (wake = go));
      }
    })();
  };
  fake.becomes = (status) => {
    fake.status = status;
    fake.dispatchEvent(new Event("status"));
  };
  return Object.assign(fake, { reading, say: (name, text) => reading.get(name)({ channel: name, event: { text } }) });
}

const reduce = (texts, { event }) => [...texts, event.text];
const settle = () => new Promise((wake) => setTimeout(wake, 5));

test("what the hooks use is there in the client", () => {
  for (const name of ["subscribe", "addEventListener"]) assert.equal(typeof Client.prototype[name], "function");
});

test("React: a component shows what comes, changes channels, and reads no more when it is gone", async () => {
  const { act, createElement } = await import("react");
  const { createRoot } = await import("react-dom/client");
  const { renderToString } = await import("react-dom/server");
  const { useChannels, useStatus } = await import("../src/react.js");
  const client = scripted();
  const Shown = ({ channel }) => `${useStatus(client)}: ${useChannels(client, channel, reduce, []).join()}`;
  assert.equal(renderToString(createElement(Shown, { channel: "tea" })), "connecting: ");
  assert.equal(client.reading.size, 0, "a server reads nothing");
  const place = document.createElement("p");
  const root = createRoot(place);
  await act(async () => root.render(createElement(Shown, { channel: "tea" })));
  await act(async () => {
    client.say("tea", "one");
    client.say("tea", "two");
    client.becomes("open");
    await settle();
  });
  assert.equal(place.textContent, "open: one,two");
  await act(async () => root.render(createElement(Shown, { channel: "milk" })));
  assert.deepEqual([...client.reading.keys()], ["milk"]);
  assert.equal(place.textContent, "open: ");
  await act(async () => root.unmount());
  assert.equal(client.reading.size, 0);
});

test("Svelte: a store is read while somebody subscribes", async () => {
  const { channels, status } = await import("../src/svelte.js");
  const client = scripted();
  const errors = [];
  const store = channels(client, "tea", reduce, [], { onError: (error) => errors.push(error.message) });
  assert.equal(client.reading.size, 0);
  assert.deepEqual(get(store), []);
  assert.equal(client.reading.size, 0, "`get` subscribes for a moment");
  const seen = [];
  const leave = [store.subscribe((value) => seen.push(value.join())), store.subscribe(() => {})];
  client.say("tea", "one");
  await settle();
  assert.deepEqual(seen, ["", "one"]);
  assert.deepEqual(get(store), ["one"]);
  leave.forEach((each) => each());
  assert.equal(client.reading.size, 0);
  const states = [];
  const stop = status(client).subscribe((value) => states.push(value));
  client.becomes("open");
  stop();
  client.becomes("closed");
  assert.deepEqual(states, ["connecting", "open"]);
  store.subscribe(() => {});
  client.reading.get("tea")(new Error("no"));
  await until("it fails", () => errors.join(), (text) => text === "no");
});

test("Vue: a ref follows while its scope lives", async () => {
  const { effectScope, nextTick, ref } = await import("vue");
  const { useChannels, useStatus } = await import("../src/vue.js");
  const client = scripted();
  const scope = effectScope();
  const name = ref("tea");
  const { value, error, status } = scope.run(() => ({ ...useChannels(client, name, reduce, []), status: useStatus(client) }));
  client.say("tea", "one");
  client.becomes("open");
  await settle();
  assert.deepEqual([value.value, status.value], [["one"], "open"]);
  name.value = "milk";
  await nextTick();
  assert.deepEqual([[...client.reading.keys()], value.value], [["milk"], []]);
  client.reading.get("milk")(new Error("no"));
  await settle();
  assert.equal(error.value.message, "no");
  scope.stop();
  assert.equal(client.reading.size, 0);
});
