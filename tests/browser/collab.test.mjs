// The page of collab, in Chromium: a board that is the same for all, who is here, and where they point.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open, useChromium } from "./chromium.mjs";
import { example, until } from "./example.mjs";

useChromium();

const enter = (context, collab, name, board = "kitchen") =>
  open(context, `${collab.address}/?${new URLSearchParams({ as: name, board })}`).then(async (page) => {
    await until(`${name} is in`, () => page.locator("[data-status]").textContent(), (text) => text === "live");
    return page;
  });

const people = (page) => page.locator("[data-people] li").allTextContents();
const are = (page, names) => until(`here are ${names}`, () => people(page), (here) => here.join() === names.join());

// What is on the board: each note's text, by whom, and where, in percent.
const notes = (page) =>
  page.locator(".note").evaluateAll((notes) =>
    notes
      .map((note) => [note.querySelector("textarea").value, note.querySelector("span").textContent, note.style.left, note.style.top])
      .sort());
const same = (page, expected) => until("the board is the same", () => notes(page), (seen) => JSON.stringify(seen) === JSON.stringify(expected));

async function write(page, text, x, y) {
  const { width, height } = await page.locator("[data-notes]").boundingBox();
  await page.locator("[data-notes]").dblclick({ position: { x: x * width, y: y * height } });
  await page.locator(".note textarea:focus").fill(text);
  await page.locator("h1").click();
}

async function drag(page, text, dx, dy) {
  const at = (await page.locator(".note textarea").evaluateAll((areas) => areas.map((area) => area.value))).indexOf(text);
  const box = await page.locator(".note").nth(at).locator("header span").boundingBox();
  await page.mouse.move(box.x + 5, box.y + 5);
  await page.mouse.down();
  await page.mouse.move(box.x + dx, box.y + dy, { steps: 5 });
  await page.mouse.up();
}

test("what one puts, moves, writes and takes off, the other sees, and who comes late or reloads begins with it", async (context) => {
  const collab = await example(context, "collab");
  const [ada, bob] = [await enter(context, collab, "Ada"), await enter(context, collab, "Bob")];
  await write(ada, "milk", 0.3, 0.3);
  await write(bob, "bread", 0.6, 0.5);
  await until("both are there", () => notes(ada), (seen) => seen.length === 2 && seen[0][0] === "bread");
  await drag(bob, "milk", 60, 90);
  const all = await until("it moved", () => notes(ada), (seen) => seen[1][1] === "Bob");
  await same(bob, all);
  await ada.reload();
  await same(ada, all);
  const late = await enter(context, collab, "Cid");
  await same(late, all);
  await enter(context, collab, "Dan", "garden").then((page) => same(page, []));
  await ada.locator(".note button").first().click();
  for (const page of [ada, bob, late]) await until("one is left", () => notes(page), (seen) => seen.length === 1);
});

test("a cut page misses nothing: what it asked meanwhile is done once, what others did is there", async (context) => {
  const collab = await example(context, "collab");
  const [ada, bob] = [await enter(context, collab, "Ada"), await enter(context, collab, "Bob")];
  await write(ada, "milk", 0.3, 0.3);
  await until("it is there", () => notes(bob), (seen) => seen.length === 1);
  await bob.click("[data-cut]");
  await write(ada, "eggs", 0.5, 0.6);
  await write(bob, "bread", 0.7, 0.4);
  await new Promise((wake) => setTimeout(wake, 300));
  assert.deepEqual((await notes(ada)).map(([text]) => text), ["eggs", "milk"]);
  await bob.click("[data-cut]");
  for (const page of [ada, bob]) await until("all is there", () => notes(page), (seen) => seen.map(([text]) => text).join() === "bread,eggs,milk");
  await same(bob, await notes(ada));
});

test("people are listed once however many pages they have, a reload is no leave, and who goes is gone", async (context) => {
  const collab = await example(context, "collab");
  const ada = await enter(context, collab, "Ada");
  await are(ada, ["Ada"]);
  const [bob, again] = [await enter(context, collab, "Bob"), await enter(context, collab, "Bob")];
  for (const page of [ada, bob, again]) await are(page, ["Ada", "Bob"]);
  await ada.evaluate(() => {
    globalThis.seen = [];
    new MutationObserver(() => globalThis.seen.push(document.querySelector("[data-people]").textContent)).observe(
      document.querySelector("[data-people]"), { childList: true });
  });
  await bob.close();
  await again.reload();
  await are(again, ["Ada", "Bob"]);
  // Longer than a leave takes to be told.
  await new Promise((wake) => setTimeout(wake, 6_000));
  assert.ok((await ada.evaluate(() => globalThis.seen)).every((text) => text === "AdaBob"), "nobody left");
  await again.close();
  await are(ada, ["Ada"]);
});

test("where one points the others see, and nobody later", async (context) => {
  const collab = await example(context, "collab");
  const [ada, bob] = [await enter(context, collab, "Ada"), await enter(context, collab, "Bob")];
  const { x, y, width, height } = await ada.locator("[data-notes]").boundingBox();
  await ada.mouse.move(x + width / 4, y + height / 2, { steps: 3 });
  const left = await until("it is shown", () => bob.locator('.pointer[data-by="Ada"]').evaluateAll((all) => all[0]?.style.left), Boolean);
  assert.ok(Math.abs(Number.parseFloat(left) - 25) < 20, left);
  const late = await enter(context, collab, "Cid");
  assert.equal(await late.locator(".pointer").count(), 0);
  await until("it fades", () => bob.locator(".pointer").count(), (count) => count === 0);
});

test("a command that does not fit is refused with words, and the page shows what the board has", async (context) => {
  const collab = await example(context, "collab");
  const ada = await enter(context, collab, "Ada");
  await write(ada, "milk", 0.3, 0.3);
  const all = await notes(ada);
  await ada.evaluate(() => document.querySelector(".note textarea").removeAttribute("maxlength"));
  await ada.locator(".note textarea").fill("x".repeat(281));
  await ada.locator("h1").click();
  await until("it is said", () => ada.locator("[data-news]").textContent(), (text) => /does not fit/.test(text));
  await same(ada, all);
});
