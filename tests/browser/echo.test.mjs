// What is said on the chat's page is there before the server has it, and once when it comes back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { panes, WIRES } from "./chat_page.mjs";
import { open, useChromium } from "./chromium.mjs";
import { example, until } from "./example.mjs";

useChromium();

async function say(page, text) {
  await page.fill('#say input[name="text"]', text);
  await page.press('#say input[name="text"]', "Enter");
}

// Each pane's lines, and whether the server's echo has taken the place of what was shown when it was sent.
const lines = (page) => page.evaluate((wires) => Object.fromEntries(wires.map((wire) => {
  const all = [...document.querySelectorAll(`[data-wire="${wire}"] [data-list] li`)];
  return [wire, all.map((line) => [line.textContent, line.dataset.pending ? "pending" : line.dataset.cause ? "echo" : "another's"])];
})), WIRES);

const everywhere = (...lines) => Object.fromEntries(WIRES.map((wire) => [wire, lines]));

// These lines, and no more.
async function shows(page, what, expected) {
  await until(what, () => lines(page), (seen) => JSON.stringify(seen) === JSON.stringify(expected));
  // What came twice would come about now.
  await new Promise((wake) => setTimeout(wake, 300));
  assert.deepEqual(await lines(page), expected, what);
}

test("while the WebSocket is open it takes the command, and the echo stands once in each pane", async (context) => {
  const chat = await example(context, "chat");
  const page = await open(context, `${chat.address}/style.css`);
  const sent = [];
  const posted = [];
  page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(JSON.parse(payload))));
  page.on("request", (request) => request.method() === "POST" && posted.push(request.url()));
  await page.goto(chat.address);
  await panes(page);
  await say(page, "hello");
  await shows(page, "the echo", everywhere(["guest: hello", "echo"]));
  const [{ command, key, ref }] = sent.filter(({ command }) => command.say);
  assert.deepEqual(command, { say: { room: "lobby", text: "hello" } });
  assert.match(key, /^[0-9a-f-]{36}$/);
  assert.ok(ref);
  assert.deepEqual(posted, []);
});

test("what is said is shown while the server has not heard it, and once when it has", async (context) => {
  const chat = await example(context, "chat");
  const page = await open(context, chat.address);
  const [, ws] = await panes(page);
  await ws.cut();
  let go;
  const held = new Promise((resolve) => (go = resolve));
  await page.route("**/chat/commands?*", async (route) => {
    if (route.request().postData().includes("typing")) return route.continue();
    await held;
    return route.continue();
  });
  await say(page, "mine");
  await until("it is shown at once", () => lines(page), (seen) => JSON.stringify(seen) === JSON.stringify(everywhere(["guest: mine", "pending"])));
  await chat.say("lobby", "theirs");
  const [theirs, mine] = [["node: theirs", "another's"], ["guest: mine", "echo"]];
  await until("another's comes before", () => lines(page), ({ sse, poll }) => sse.length === 2 && poll.length === 2);
  go();
  // The one order has mine behind; a wire that is cut knows nothing of either.
  await shows(page, "the echo", { sse: [theirs, mine], ws: [["guest: mine", "pending"]], poll: [theirs, mine] });
  await ws.cut();
  await shows(page, "the echo on the wire that was cut", everywhere(theirs, mine));
});

test("what is sent again because its answer was lost is said once", async (context) => {
  const chat = await example(context, "chat");
  const page = await open(context, chat.address);
  const [sse, ws] = await panes(page);
  await ws.cut();
  const keys = [];
  await page.route("**/chat/commands?*", async (route) => {
    if (!route.request().postData().includes("say")) return route.continue();
    keys.push(route.request().headers()["idempotency-key"]);
    if (keys.length > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await say(page, "once");
  const field = page.locator('#say input[name="text"]');
  await until("it is told that it was not sent", () => field.inputValue(), (text) => text === "once");
  await sse.shows(["once"]);
  await field.press("Enter");
  await until("it was asked twice", () => keys.length, (asked) => asked === 2);
  await until("it is sent", () => field.inputValue(), (text) => text === "");
  assert.equal(keys[0], keys[1]);
  await ws.cut();
  await shows(page, "one line", everywhere(["guest: once", "echo"]));
});

test("another name is another user, on what is said from then on", async (context) => {
  const chat = await example(context, "chat");
  const page = await open(context, chat.address);
  await panes(page);
  await say(page, "one");
  await shows(page, "the first", everywhere(["guest: one", "echo"]));
  await page.fill('#say input[name="from"]', "Zoë & co");
  await say(page, "two");
  await panes(page);
  await shows(page, "the second", everywhere(["guest: one", "echo"], ["Zoë & co: two", "echo"]));
  // By the WebSocket, which is open again.
  await say(page, "three");
  await shows(page, "the third", everywhere(["guest: one", "echo"], ["Zoë & co: two", "echo"], ["Zoë & co: three", "echo"]));
});
