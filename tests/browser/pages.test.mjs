// The pages of dashboard, progress and notify, in Chromium.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open, person, useChromium } from "./chromium.mjs";
import { example, until } from "./example.mjs";

useChromium();

const points = (page) => page.locator("svg[data-points]").evaluate((plot) => Number(plot.dataset.points));

test("the dashboard's plot grows, and goes on after a cut with what it missed", async (context) => {
  const dashboard = await example(context, "dashboard");
  const page = await open(context, dashboard.address);
  const first = await until("it plots", () => points(page), (count) => count >= 2);
  await until("it grows", () => points(page), (count) => count >= first + 2);
  await page.click("button[data-cut]");
  const held = await points(page);
  // Twice a second: four are published while it is cut.
  await new Promise((wake) => setTimeout(wake, 2_200));
  assert.ok((await points(page)) <= held + 1, "it is cut");
  await page.click("button[data-cut]");
  await until("it catches up at once", () => points(page), (count) => count >= held + 4, 1_500);
  const caught = await points(page);
  await until("it goes on", () => points(page), (count) => count >= caught + 2);
});

test("who opens the dashboard late has its history at once", async (context) => {
  const dashboard = await example(context, "dashboard");
  await new Promise((wake) => setTimeout(wake, 3_200));
  const page = await open(context, dashboard.address);
  await until("the history is there", () => points(page), (count) => count >= 5, 1_500);
});

const bar = (page) => page.locator("progress#bar").evaluate((bar) => Number(bar.value));
const state = (page) => page.locator("[data-state]").textContent();
const percents = (page) => page.locator("[data-log] li").allTextContents();

async function isDone(page) {
  await until("it is done", () => state(page), (text) => text === "done", 20_000);
  assert.equal(await bar(page), 100);
  const [log, gaps] = [await percents(page), await page.locator("[data-log] li[data-gap]").count()];
  // 50 ticks, the hundred, and the end: each once.
  assert.equal(log.length, 52, log.join("\n"));
  assert.equal(new Set(log).size, 52);
  assert.equal(gaps, 0);
}

test("a reload in the middle of a job loses nothing of it, and the bar ends at 100", async (context) => {
  const progress = await example(context, "progress", { variables: { JOB_MS: "4000" } });
  const page = await open(context, progress.address);
  await page.click("button#start");
  const before = await until("it moves", () => bar(page), (value) => value >= 20);
  await page.reload();
  const back = await until("it is where it was", () => bar(page), (value) => value >= before, 2_000);
  assert.ok(back < 100, "the reload was in the middle");
  await isDone(page);
});

test("a cut in the middle of a job loses nothing of it", async (context) => {
  const progress = await example(context, "progress", { variables: { JOB_MS: "4000" } });
  const page = await open(context, progress.address);
  await page.click("button#start");
  await until("it moves", () => bar(page), (value) => value >= 20);
  await page.click("button[data-cut]");
  const held = await bar(page);
  await new Promise((wake) => setTimeout(wake, 800));
  assert.equal(await bar(page), held, "it is cut");
  await page.click("button[data-cut]");
  await until("it goes on", () => bar(page), (value) => value > held, 2_000);
  await isDone(page);
});

test("another browser that opens the job's address sees the same job to its end", async (context) => {
  const progress = await example(context, "progress", { variables: { JOB_MS: "2000" } });
  const page = await open(context, progress.address);
  await page.click("button#start");
  await until("it moves", () => bar(page), (value) => value >= 20);
  const other = await open(context, page.url());
  await isDone(other);
  await isDone(page);
});

async function logIn(page, user) {
  await page.fill('#login input[name="user"]', user);
  await page.press('#login input[name="user"]', "Enter");
  await page.waitForSelector('[data-status="live"]');
}

async function write(page, to, text) {
  await page.fill('#send input[name="to"]', to);
  await page.fill('#send input[name="text"]', text);
  await page.press('#send input[name="text"]', "Enter");
}

const notices = (page) => page.locator("[data-notices] li").allTextContents();

test("a notice is told in both tabs of whom it is for, and nowhere else", async (context) => {
  const notify = await example(context, "notify");
  const [alice, bob] = [await person(context), await person(context)];
  const tabs = [await alice.newPage(), await alice.newPage(), await bob.newPage()];
  await tabs[0].goto(notify.address);
  await logIn(tabs[0], "alice");
  await tabs[1].goto(notify.address);
  // The cookie is the browser's, so the second tab need not log in.
  await tabs[1].waitForSelector('[data-status="live"]');
  await tabs[2].goto(notify.address);
  await logIn(tabs[2], "bob");
  await write(tabs[2], "alice", "for alice <i>alone</i>");
  for (const tab of tabs.slice(0, 2)) {
    const seen = await until("alice is told", () => notices(tab), (texts) => texts.length > 0);
    assert.deepEqual(seen, ["bob: for alice <i>alone</i>"]);
  }
  // What comes to bob later shows that he would have had the first by now.
  await write(tabs[0], "bob", "for bob");
  assert.deepEqual(await until("bob is told", () => notices(tabs[2]), (texts) => texts.length > 0), ["alice: for bob"]);
  assert.equal((await notices(tabs[1])).length, 1);
});

test("another's channel is refused with 403", async (context) => {
  const notify = await example(context, "notify");
  const page = await open(context, notify.address);
  await logIn(page, "bob");
  await page.click("button#peek");
  await until("it is refused", () => page.locator("[data-refused]").textContent(), (text) => text.includes("403"));
});

test("what is written to who is cut arrives when they are back", async (context) => {
  const notify = await example(context, "notify");
  const page = await open(context, notify.address);
  await logIn(page, "alice");
  await page.click("button[data-cut]");
  for (const text of ["one", "two"]) {
    await write(page, "alice", text);
    // The page empties the field once it is sent.
    await until("it is sent", () => page.inputValue('#send input[name="text"]'), (left) => left === "");
  }
  assert.deepEqual(await notices(page), []);
  await page.click("button[data-cut]");
  const seen = await until("both arrive", () => notices(page), (texts) => texts.length >= 2);
  assert.deepEqual(seen, ["alice: two", "alice: one"], "the newest stands first");
});
