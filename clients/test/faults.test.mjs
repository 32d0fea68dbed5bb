// A minute of bad weather: a proxy that kills, stalls, holds back, answers 502, forbids the upgrade. In Chromium and in Node.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "ws";
import { connect } from "../src/client.js";
import { bundle } from "../build.mjs";
import { open, useChromium } from "./chromium.mjs";
import { example, until } from "./example.mjs";
import { Proxy } from "./proxy.mjs";
import { holds } from "./sequence.mjs";

useChromium();

const SECONDS = Number(process.env.TRIWIRE_FAULTS ?? 60);
const MOODS = ["works", "works", "kill", "stall", "buffer", "502", "no upgrade", "no upgrade", "refuse"];
// Somebody speaks all the time, so silence is death, and a better transport is tried soon.
const OPTIONS = { limits: { opening: 3_000, first: 1_500, silence: 3_000, better: 4_000, steady: 2_000 }, query: { as: "ada" } };
const CHANNELS = ["room:tea", "room:milk"];

// What Chromium writes by itself for each request that fails.
const EXPLAINED = /net::ERR_|WebSocket connection to|status of 502|Failed to fetch/;

async function weather(proxy, chat, isOver) {
  const said = { tea: 0, milk: 0 };
  const moods = new Set();
  const speak = async () => {
    while (!isOver()) {
      const room = Math.random() < 0.5 ? "tea" : "milk";
      await chat.say(room, String(++said[room]));
      await new Promise((wake) => setTimeout(wake, 40));
    }
  };
  const change = async () => {
    while (!isOver()) {
      proxy.mood = MOODS[Math.floor(Math.random() * MOODS.length)];
      moods.add(proxy.mood);
      if (Math.random() < 0.5) proxy.kill();
      await new Promise((wake) => setTimeout(wake, 500 + Math.random() * 4_000));
    }
    proxy.mood = "works";
  };
  await Promise.all([speak(), change()]);
  return { said, moods };
}

// Runs in the page and in Node alike: a reader, and a writer whose commands are each said once.
function drive(connect, url, options, channels, who) {
  const seen = { items: [], answers: {}, said: [], statuses: [] };
  const client = connect(url, { onGap() {}, ...options });
  client.addEventListener("status", ({ status }) => seen.statuses.push(status));
  (async () => {
    for await (const { channel, event, gap } of client.subscribe(channels)) seen.items.push({ channel, n: event && Number(event.text), missed: gap?.missed });
  })();
  (async () => {
    for await (const { event } of client.subscribe("room:said")) if (event) seen.said.push(event.text);
  })();
  let count = 0;
  const timer = setInterval(() => {
    const text = `${who} ${++count}`;
    client.send({ say: { room: "said", text } }).then(() => (seen.answers[text] = "ok"), ({ code }) => (seen.answers[text] = code));
  }, 500);
  const stop = () => (clearInterval(timer), count);
  return { client, seen, stop };
}

function judge(seen, said, sent, who) {
  const last = holds(seen.items, who);
  assert.deepEqual([last.get("room:tea"), last.get("room:milk")], [said.tea, said.milk], `${who} has the last`);
  for (let at = 1; at <= sent; at += 1) {
    const times = seen.said.filter((text) => text === `${who} ${at}`).length;
    const answer = seen.answers[`${who} ${at}`];
    assert.ok(answer === "ok" ? times === 1 : times <= 1, `${who}: command ${at} is ${answer}, and was said ${times} times`);
  }
}

test(`for ${SECONDS} s of faults the law holds in Chromium and in Node, and both change transports by themselves`, { timeout: SECONDS * 1_000 + 90_000 }, async (context) => {
  await bundle();
  const chat = await example(context, "chat");
  const [forPage, forNode] = [await Proxy.start(context, chat.address), await Proxy.start(context, chat.address)];
  const page = await open(context, `${forPage.address}/page`);
  const unexplained = [];
  page.on("console", (message) => message.type() === "error" && !EXPLAINED.test(message.text()) && unexplained.push(message.text()));
  page.on("pageerror", (error) => unexplained.push(String(error)));
  await page.evaluate(`(async () => {
    const { connect } = await import("/client.js");
    globalThis.driven = (${drive})(connect, "/chat", ${JSON.stringify(OPTIONS)}, ${JSON.stringify(CHANNELS)}, "Chromium");
  })()`);
  const node = drive(connect, `${forNode.address}/chat`, { ...OPTIONS, WebSocket, storage: null }, CHANNELS, "Node");
  context.after(() => node.client.close());
  const inPage = (what) => page.evaluate(`globalThis.driven.${what}`);
  await until("both are open", async () => [node.client.status, await inPage("client.status")].join(), (both) => both === "open,open");

  const end = Date.now() + SECONDS * 1_000;
  const worse = weather(forNode, { say: async () => {} }, () => Date.now() > end);
  const { said, moods } = await weather(forPage, chat, () => Date.now() > end);
  await worse;
  const sent = { node: node.stop(), page: await inPage("stop()") };
  const isDone = ({ items, answers }, count) =>
    CHANNELS.every((name) => items.findLast(({ channel, n }) => channel === name && n)?.n === said[name.slice(5)]) && Object.keys(answers).length === count;
  await until("Node is done", () => node.seen, (seen) => isDone(seen, sent.node), 60_000);
  const seen = await until("the page is done", () => inPage("seen"), (seen) => isDone(seen, sent.page), 60_000);
  // What a command led to may come just after its answer.
  await new Promise((wake) => setTimeout(wake, 500));
  judge(node.seen, said, sent.node, "Node");
  judge(await inPage("seen"), said, sent.page, "Chromium");
  for (const [who, proxy] of [["Chromium", forPage], ["Node", forNode]]) {
    context.diagnostic(`${who}: ${JSON.stringify(proxy.counts)}`);
    if (moods.has("no upgrade")) assert.ok(proxy.counts.ws && proxy.counts.sse, who);
  }
  context.diagnostic(`${seen.items.length} items in Chromium, ${seen.items.filter(({ missed }) => missed !== undefined).length} of them gaps; ${sent.page} commands`);
  assert.deepEqual(unexplained, []);
});
