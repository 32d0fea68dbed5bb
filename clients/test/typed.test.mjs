// The client that a hub writes for its enum: what a compiler says of a page, and the page itself in Chromium.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { before, test } from "node:test";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundle, types } from "../build.mjs";
import { open, useChromium } from "./chromium.mjs";
import { example, until } from "./example.mjs";

useChromium();
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

before(async () => {
  await bundle();
  types();
});

test("the hub serves the core that is built today", async () => {
  for (const [built, served] of [["client.js", "triwire.js"], ["tabs.js", "tabs.js"]]) {
    const [ours, its] = await Promise.all([readFile(here(`../dist/${built}`)), readFile(here(`../../runtime/src/typescript/${served}`))]);
    assert.ok(ours.equals(its), `run \`node build.mjs\` in clients, and copy dist/${built} to runtime/src/typescript/${served}`);
  }
});

// What the compiler says of a page beside the client that a hub serves; empty where it has nothing to say.
async function compiled(context, hub, page) {
  const folder = await mkdtemp(path.join(tmpdir(), "triwire-page-"));
  context.after(() => rm(folder, { recursive: true }));
  const options = { strict: true, noEmit: true, target: "es2022", module: "nodenext", moduleResolution: "nodenext", lib: ["es2023", "dom", "dom.iterable"], types: [] };
  await mkdir(path.join(folder, "node_modules"));
  await symlink(here(".."), path.join(folder, "node_modules/triwire"));
  await writeFile(path.join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["page.ts"] }));
  await writeFile(path.join(folder, "client.d.ts"), await (await fetch(`${hub}/client.d.ts`)).text());
  await writeFile(path.join(folder, "page.ts"), page);
  const tsc = here("../node_modules/.bin/tsc");
  return promisify(execFile)(tsc, ["-p", folder]).then(() => "", ({ stdout }) => stdout);
}

const PAGE = `
import { channels, connect, isKnown, type ChatEvent } from "./client.js";

const words = (event: ChatEvent): string => {
  switch (event.type) {
    case "message":
      return \`\${event.from}: \${event.text}\`;
    case "typing":
      return \`\${event.from} types\`;
    case "notice":
      return event.text;
    default: {
      const none: never = event;
      return none;
    }
  }
};
const chat = connect("/chat", { onGap: () => location.reload() });
await chat.commands.say({ room: "tea", text: "hello" }, { key: "one" });
for await (const item of chat.subscribe([channels.room({ room: "tea" }), channels.lobby()])) {
  if ("event" in item) console.log(isKnown(item.event) ? words(item.event) : "something newer");
  else if ("presence" in item) console.log(item.presence.count);
}
`;

test("a page compiles, and says what it has wrong", async (context) => {
  const chat = await example(context, "chat");
  const check = (page) => compiled(context, `${chat.address}/chat`, page);
  assert.equal(await check(PAGE), "");
  const cases = {
    "a variant that the page forgets": [/    case "notice":\n.*\n/, "", /'ChatEventNotice' is not assignable to type 'never'/],
    "a command that lacks a field": ['{ room: "tea", text: "hello" }', '{ room: "tea" }', /Property 'text' is missing/],
    "a command that there is not": [".say(", ".sing(", /Property 'sing' does not exist on type 'ChatCommands'/],
    "a parameter of another type": ['channels.room({ room: "tea" })', "channels.room({ room: 7 })", /Type 'number' is not assignable to type 'string'/],
    "a parameter of another name": ['channels.room({ room: "tea" })', 'channels.room({ name: "tea" })', /'name' does not exist in type '{ room: string; }'/],
    "a channel that there is not": ["channels.lobby()", '"loby"', /'"loby"' is not assignable to type/],
    "an event that may be newer": ["isKnown(item.event) ? words(item.event)", "item.event ? words(item.event)", /'UnknownEvent'/],
    "gaps that nobody handles": ["{ onGap: () => location.reload() }", "{}", /not assignable to parameter of type 'Options'/],
  };
  for (const [what, [from, to, says]] of Object.entries(cases)) {
    const wrong = PAGE.replace(from, to);
    assert.notEqual(wrong, PAGE, what);
    assert.match(await check(wrong), says, what);
  }
});

test("the types of every example compile", async (context) => {
  for (const [name, hub] of [["collab", "collab"], ["dashboard", "metrics"], ["llm", "llm"], ["notify", "notices"], ["progress", "progress"]]) {
    const served = await example(context, name);
    const page = 'import { channels, connect, isKnown } from "./client.js";\nexport const all = [channels, connect, isKnown];\n';
    assert.equal(await compiled(context, `${served.address}/${hub}`, page), "", name);
  }
});

// The README's second snippet, whole: nothing is installed, nothing is built.
test("five lines in a page are a whole client", async (context) => {
  const readme = await readFile(here("../../README.md"), "utf8");
  const [, snippet] = /```html\n(<script type="module">.*?<\/script>)\n```/s.exec(readme);
  assert.ok(snippet.split("\n").length <= 7, "four lines beside the import and the tags");
  const chat = await example(context, "chat");
  const page = await open(context, chat.address);
  await page.route("**/page", (route) => route.fulfill({ contentType: "text/html", body: `<!doctype html><body>${snippet}` }));
  await page.goto(`${chat.address}/page`);
  await chat.say("tea", "before");
  const text = () => page.locator("body").evaluate((body) => body.innerText);
  // It may have opened behind the first.
  await until("it hears", async () => (await chat.say("tea", "hello"), text()), (text) => text.includes("node: hello"));
});
