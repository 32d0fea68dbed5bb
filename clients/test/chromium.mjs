// Chromium, one for each test file; each test has contexts of its own.

import { existsSync } from "node:fs";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

const PLACES = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Several files run at a time: a page that is not in front must not be slowed.
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
];

let browser;

export function useChromium() {
  before(async () => {
    const executablePath = PLACES.find((place) => place && existsSync(place));
    browser = await chromium.launch({ executablePath, args: QUIET });
  });
  after(() => browser?.close());
}

// A browser of somebody: its own cookies and storage. What a page throws fails the test.
export async function person(context) {
  const own = await browser.newContext();
  own.setDefaultTimeout(15_000);
  const thrown = [];
  own.on("weberror", (error) => thrown.push(error.error()));
  context.after(async () => {
    await own.close();
    if (thrown.length > 0) throw thrown[0];
  });
  return own;
}

export async function open(context, address) {
  const page = await (await person(context)).newPage();
  await page.goto(address);
  return page;
}
