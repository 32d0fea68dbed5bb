// The page of tickets, in Chromium: a login at one host, events from another, and logins that end all the while.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open, person, useChromium } from "./chromium.mjs";
import { example, until } from "./example.mjs";

useChromium();

const WIRES = ["sse", "ws"];
// A login of four seconds, made anew each two; sixteen ticks a login and more.
const SHORT = { LOGIN_SECONDS: "4", TICK_MS: "100" };

async function signIn(page, name = "ada") {
  await page.fill('#sign-in input[name="name"]', name);
  await page.press('#sign-in input[name="name"]', "Enter");
}

// What a wire shows, of one moment.
function look(page, wire) {
  return page.locator(`[data-wire="${wire}"]`).evaluate((section) => {
    const number = (name) => Number(section.querySelector(`[data-${name}]`).textContent);
    return {
      status: section.querySelector("[data-status]").textContent,
      ticks: [...section.querySelectorAll("[data-list] li")].map((line) => Number(line.textContent)).reverse(),
      ...Object.fromEntries(["lost", "twice", "opened", "renewed"].map((name) => [name, number(name)])),
    };
  });
}

const untilWire = (page, wire, what, holds) => until(`${wire}: ${what}`, () => look(page, wire), holds, 20_000);
const isLive = ({ status, ticks }) => status === "live" && ticks.length > 2;

// Every tick from the first to the last, each once.
function isWhole({ ticks, lost, twice }, wire) {
  assert.deepEqual(ticks, Array.from(ticks, (_, at) => ticks[0] + at), wire);
  assert.deepEqual({ lost, twice }, { lost: 0, twice: 0 }, wire);
}

// What goes to the other host, and by which tickets.
function watched(page) {
  const seen = { tickets: [], streams: 0, sockets: [], cookies: [] };
  const noted = (url) => seen.tickets.push(new URL(url).searchParams.get("ticket"));
  page.on("request", async (request) => {
    if (!request.url().includes("/live/sse")) return;
    seen.streams += 1;
    noted(request.url());
    seen.cookies.push((await request.allHeaders().catch(() => ({}))).cookie);
  });
  page.on("websocket", (socket) => {
    const one = { isClosed: false };
    seen.sockets.push(one);
    noted(socket.url());
    socket.on("close", () => (one.isClosed = true));
    socket.on("framesent", ({ payload }) => seen.tickets.push(JSON.parse(payload).ticket));
  });
  return seen;
}

// In the page, past its own client: what its requests to both hosts are answered.
const ask = (page) => page.evaluate(async () => {
  const response = await fetch("/live/ticket", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  return { status: response.status, ticket: (await response.json().catch(() => ({}))).ticket };
});

const get = (page, live, ticket) => page.evaluate(async (url) => {
  const gone = new AbortController();
  const response = await fetch(url, { signal: gone.signal });
  const body = response.ok ? "" : await response.text();
  gone.abort();
  return [response.status, body];
}, `${live}/live/sse?${new URLSearchParams({ channel: "ticks", ticket })}`);

// Where the page listens, as the page is told.
async function other(page) {
  await page.waitForSelector("#who", { state: "visible" });
  return page.evaluate(async () => (await (await fetch("/renew", { method: "POST" })).json()).live);
}

test("logins end, the EventSource comes back and the WebSocket is renewed as it stands, and neither misses a tick", async (context) => {
  const tickets = await example(context, "tickets", { variables: { ...SHORT, LOG: "trace" }, kept: true });
  const page = await open(context, tickets.address);
  const seen = watched(page);
  await signIn(page);
  const ws = await untilWire(page, "ws", "is renewed four times", ({ renewed }) => renewed >= 4);
  const sse = await untilWire(page, "sse", "is opened four times", ({ opened, status }) => opened >= 4 && status === "live");
  for (const [wire, { ticks }] of [["sse", sse], ["ws", ws]]) {
    const later = await untilWire(page, wire, "goes on", (now) => now.ticks.length > ticks.length + 3);
    isWhole(later, wire);
    // Four renewals are two logins, at least.
    assert.ok(later.ticks.length > 60, `${wire}: ${later.ticks.length} ticks`);
  }
  assert.equal(ws.opened, 1);
  assert.deepEqual(seen.sockets, [{ isClosed: false }]);
  assert.ok(seen.streams >= 4);
  assert.ok(seen.cookies.every((cookie) => cookie === undefined), "the other host gets no cookie");
  assert.ok(seen.tickets.length >= 9 && seen.tickets.every((ticket) => /^[\w-]{40,}$/.test(ticket)), `${seen.tickets}`);
  assert.equal(new Set(seen.tickets).size, seen.tickets.length, "none is used twice");
  assert.match(tickets.said, /a stream ends reason=Expired/, "the log is one that says much");
  for (const ticket of seen.tickets) assert.ok(!tickets.said.includes(ticket), "no ticket is in the log");
});

test("a ticket is good once, and only from its page; what is not good is refused without a word why", async (context) => {
  const tickets = await example(context, "tickets", { variables: { LOG: "debug" }, kept: true });
  const page = await open(context, tickets.address);
  await signIn(page);
  const live = await other(page);
  const [used, foreign] = [await ask(page), await ask(page)];
  assert.deepEqual(await get(page, live, used.ticket), [200, ""]);
  const [status, body] = await get(page, live, used.ticket);
  assert.equal(status, 401);
  assert.equal(JSON.parse(body).code, "ticket_refused");
  // One that never was, and one from elsewhere.
  assert.deepEqual(await get(page, live, "A".repeat(used.ticket.length)), [401, body]);
  const elsewhere = await fetch(`${live}/live/sse?channel=ticks&ticket=${foreign.ticket}`, { signal: AbortSignal.timeout(5_000) });
  assert.deepEqual([elsewhere.status, await elsewhere.text()], [401, body]);
  assert.deepEqual(await get(page, live, foreign.ticket), [200, ""], "it was still good where it was given");
  await until("the log says why", () => tickets.said, (said) => /it was used before/.test(said) && /from another origin/.test(said));
  for (const { ticket } of [used, foreign]) assert.ok(!tickets.said.includes(ticket), "no ticket is in the log");
});

test("a connection that is not renewed ends with its login, and is told so", async (context) => {
  const tickets = await example(context, "tickets", { variables: SHORT });
  const page = await open(context, tickets.address);
  await signIn(page);
  const live = await other(page);
  const passes = [(await ask(page)).ticket, (await ask(page)).ticket];
  const ends = page.evaluate(([live, passes]) => Promise.all([
    new Promise((told) => {
      const source = new EventSource(`${live}/live/sse?channel=ticks&ticket=${passes[0]}`);
      source.onmessage = ({ data }) => {
        const { bye } = JSON.parse(data);
        if (bye) told(bye.reason);
        if (bye) source.close();
      };
    }),
    new Promise((told) => {
      const socket = new WebSocket(`${live.replace("http", "ws")}/live/ws?channel=ticks&ticket=${passes[1]}`);
      socket.onclose = ({ code }) => told(code);
    }),
  ]), [live, passes]);
  const late = new Promise((told) => setTimeout(told, 15_000, "nothing ended").unref());
  assert.deepEqual(await Promise.race([ends, late]), ["expired", 4401]);
});

test("who signs in again, after a login that ended, has what was missed", async (context) => {
  const tickets = await example(context, "tickets", { variables: SHORT });
  const browser = await person(context);
  const page = await browser.newPage();
  await page.goto(tickets.address);
  await signIn(page);
  for (const wire of WIRES) await untilWire(page, wire, "is live", isLive);
  // As a laptop that was asleep for longer than a login.
  await browser.clearCookies();
  await page.waitForSelector("#sign-in", { state: "visible" });
  const held = {};
  for (const wire of WIRES) held[wire] = (await untilWire(page, wire, "has ended", ({ status }) => status === "ended")).ticks.length;
  await new Promise((wake) => setTimeout(wake, 1_500));
  for (const wire of WIRES) assert.equal((await look(page, wire)).ticks.length, held[wire], "nothing comes meanwhile");
  await signIn(page);
  for (const wire of WIRES) {
    isWhole(await untilWire(page, wire, "has it all", ({ ticks }) => ticks.length > held[wire] + 20), wire);
  }
});

test("who signs out is in nowhere: no open stream, no cookie that was copied, no ticket in hand", async (context) => {
  const tickets = await example(context, "tickets");
  const browser = await person(context);
  const [page, tab] = [await browser.newPage(), await browser.newPage()];
  await page.goto(tickets.address);
  await signIn(page);
  const live = await other(page);
  await tab.goto(tickets.address);
  for (const of of [page, tab]) for (const wire of WIRES) await untilWire(of, wire, "is live", isLive);
  const [{ value }] = (await browser.cookies()).filter(({ name }) => name === "login");
  const copied = () => fetch(`${tickets.address}/live/ticket`, {
    method: "POST",
    headers: { "content-type": "application/json", cookie: `login=${value}`, origin: tickets.address },
    body: "{}",
  });
  assert.equal((await copied()).status, 200);
  const { ticket } = await ask(page);
  await page.click("#sign-out");
  // The other tab hears it from the server alone.
  for (const of of [page, tab]) {
    for (const wire of WIRES) await untilWire(of, wire, "has ended", ({ status }) => status === "ended");
    await of.waitForSelector("#sign-in", { state: "visible" });
  }
  assert.equal((await get(page, live, ticket))[0], 403);
  assert.equal((await copied()).status, 401);
  assert.equal((await ask(page)).status, 401);
});
