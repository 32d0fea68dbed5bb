// What the examples say when something ends: a server, a job, a login.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { open, person, useChromium } from "./chromium.mjs";
import { Example, example, until } from "./example.mjs";

useChromium();

const WIRES = ["sse", "ws", "poll"];
const byes = (page) => Promise.all(WIRES.map((wire) => page.locator(`[data-wire="${wire}"] li[data-bye="drain"]`).count()));
const statuses = (page) => page.locator(".wire [data-status]").allTextContents();

test("a drain says goodbye on every wire, a killed server on none", async (context) => {
  for (const [stop, told] of [["end", [1, 1, 1]], ["kill", [0, 0, 0]]]) {
    const chat = await Example.start("chat");
    const page = await open(context, chat.address);
    await until("all are live", () => statuses(page), (texts) => texts.every((text) => text === "live"));
    await chat[stop]();
    await until("all know that it is gone", () => statuses(page), (texts) => texts.every((text) => text === "reconnecting"));
    assert.deepEqual(await byes(page), told, stop);
  }
});

test("a job that ended with its server is not shown as running", async (context) => {
  const progress = await Example.start("progress", { variables: { JOB_MS: "60000" } });
  const page = await open(context, progress.address);
  await page.click("button#start");
  const state = () => page.locator("[data-state]").textContent();
  await until("it runs", state, (text) => text === "running");
  await progress.kill();
  await example(context, "progress", { port: progress.port });
  await until("it is told", state, (text) => text === "lost with the server");
  assert.equal(await page.locator('li[data-gap="reset"]').count(), 1);
  await page.reload();
  await until("the new server keeps nothing of it", state, (text) => text === "nothing kept");
});

test("a page whose user is changed in another tab becomes the other's, and reads nothing of the first", async (context) => {
  const notify = await example(context, "notify");
  const browser = await person(context);
  const [first, second] = [await browser.newPage(), await browser.newPage()];
  const logIn = async (page, user) => {
    await page.fill('#login input[name="user"]', user);
    await page.press('#login input[name="user"]', "Enter");
    await page.waitForSelector('[data-status="live"]');
  };
  await first.goto(notify.address);
  await logIn(first, "alice");
  await second.goto(notify.address);
  await second.click("button#other");
  await logIn(second, "bob");
  // Its socket is still alice's; what it opens from now on is bob's.
  await first.click("button[data-cut]");
  await first.click("button[data-cut]");
  await until("it asks who it is", () => first.locator("[data-me]").textContent(), (me) => me === "bob");
  await first.waitForSelector('[data-status="live"]');
});

test("a port that is taken is named, with the remedy", async (context) => {
  const chat = await example(context, "chat");
  const second = spawn(chat.child.spawnfile, { env: { ...process.env, PORT: String(chat.port) }, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  second.stderr.on("data", (bytes) => (said += bytes));
  const [code] = await once(second, "close");
  assert.equal(code, 1);
  assert.match(said, new RegExp(`set \`PORT\` to another than ${chat.port}`));
});
