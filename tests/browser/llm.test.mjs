// The page of llm, in Chromium: a text that survives a reload in mid-sentence, and an end behind which nobody asks.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { open, useChromium } from "./chromium.mjs";
import { example, until } from "./example.mjs";

useChromium();

// What the model says, as the source has it.
async function whole() {
  const source = await readFile(new URL("../../examples/src/bin/llm.rs", import.meta.url), "utf8");
  return /const TEXT: &str = "([^"]*)";/.exec(source)[1].replace(/\\\n\s*/g, "");
}

const text = (page) => page.locator("[data-text]").textContent();
const state = (page) => page.locator("[data-state]").textContent();
const status = (page) => page.locator("[data-status]").textContent();
const complete = (page) => until("it is complete", () => state(page), (text) => text === "complete", 20_000);

// The status of every answer to the stream's requests, as they come.
function answers(page) {
  const seen = [];
  page.on("response", (response) => response.url().includes("/llm/sse") && seen.push(response.status()));
  return seen;
}

test("a text that is reloaded in mid-sentence is whole and in order, and behind its end nobody asks", async (context) => {
  const llm = await example(context, "llm", { variables: { WORD_MS: "25" } });
  const page = await open(context, llm.address);
  const seen = answers(page);
  await page.click("button#ask");
  const all = await whole();
  const before = await until("it speaks", () => text(page), (said) => said.split(" ").length > 15);
  await page.reload();
  const back = await until("what was said is there", () => text(page), (said) => said.length >= before.length, 2_000);
  assert.ok(all.startsWith(back) && back.length < all.length, `the reload was in the middle: ${back}`);
  await complete(page);
  assert.equal(await text(page), all);
  // It asks once more by itself, and is told to stay away.
  await until("it stops", () => status(page), (text) => text === "over");
  assert.deepEqual(seen, [200, 200, 204]);
  // Longer than an EventSource waits.
  await new Promise((wake) => setTimeout(wake, 4_000));
  assert.deepEqual(seen, [200, 200, 204]);
  assert.equal(await text(page), all);
});

test("who comes when all is said reads all of it, and then asks no more", async (context) => {
  const llm = await example(context, "llm", { variables: { WORD_MS: "1" } });
  const page = await open(context, llm.address);
  await page.click("button#ask");
  await complete(page);
  const late = await open(context, llm.address);
  const seen = answers(late);
  await late.goto(page.url());
  await complete(late);
  assert.equal(await text(late), await whole());
  await until("it stops", () => status(late), (text) => text === "over");
  assert.deepEqual(seen, [200, 204]);
});

test("a text that ended with its server is not shown as coming", async (context) => {
  const llm = await example(context, "llm", { variables: { WORD_MS: "1000" } });
  const page = await open(context, llm.address);
  await page.click("button#ask");
  await until("it speaks", () => state(page), (text) => text === "speaking");
  await llm.end();
  await example(context, "llm", { port: llm.port });
  await until("it is told", () => state(page), (text) => text === "lost with the server");
  assert.equal(await status(page), "over");
});
