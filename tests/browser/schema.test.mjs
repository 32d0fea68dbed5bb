// What a generator of others makes of the schema: TypeScript with every variant and every field, and no hole.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "json-schema-to-typescript";
import { example } from "./example.mjs";

async function typescript(context, name) {
  const { address } = await example(context, name === "Chat" ? "chat" : "notify");
  const schema = await (await fetch(`${address}/${name === "Chat" ? "chat" : "notices"}/schema.json`)).json();
  return compile(schema, name, { bannerComment: "" });
}

// Without comments, and without the line that lets fields of later versions pass.
const bare = (text) => text.replace(/\/\*[^]*?\*\//g, "").replace(/^\s*\[k: string\]: unknown;$/gm, "");

// Each interface with its fields, as `{ ChatEventMessage: { from: "string", … } }`.
function interfaces(text) {
  const found = [...bare(text).matchAll(/^export interface (\w+) \{([^}]*)\}/gm)];
  return Object.fromEntries(found.map(([, name, body]) => {
    const fields = body.split(";").map((field) => field.trim()).filter(Boolean);
    return [name, Object.fromEntries(fields.map((field) => field.split(": ")))];
  }));
}

// Each other type, its alternatives sorted.
function aliases(text) {
  const found = [...bare(text).matchAll(/^export type (\w+) =([^;{]*);/gm)];
  return Object.fromEntries(found.map(([, name, body]) => [name, body.split("|").map((part) => part.trim()).filter(Boolean).sort()]));
}

test("json-schema-to-typescript makes every variant of an event with every field", async (context) => {
  const text = await typescript(context, "Chat");
  const { ChatEventMessage, ChatEventTyping, ChatEventNotice } = interfaces(text);
  assert.deepEqual(ChatEventMessage, { type: '"message"', room: "string", from: "string", text: "string" });
  assert.deepEqual(ChatEventTyping, { type: '"typing"', room: "string", from: "string" });
  assert.deepEqual(ChatEventNotice, { type: '"notice"', text: "string" });
  assert.deepEqual(aliases(text).ChatEvent, ["ChatEventMessage", "ChatEventNotice", "ChatEventTyping"]);
});

test("json-schema-to-typescript makes every item with every field", async (context) => {
  const text = await typescript(context, "Chat");
  const known = Object.entries(interfaces(text)).filter(([name]) => !/^Chat(Event|Command)/.test(name));
  const items = Object.fromEntries(known);
  assert.deepEqual(items, {
    ChatItemMessage: { channel: "string", id: "Position", event: "ChatEventMessage", "cause?": "string" },
    // Volatile: it has no id.
    ChatItemTyping: { channel: "string", event: "ChatEventTyping", "cause?": "string" },
    ChatItemNotice: { channel: '"lobby"', id: "Position", event: "ChatEventNotice", "cause?": "string" },
    ChatItemGap: { channel: "ChatChannel", gap: "Gap" },
    ChatItemSnapshot: { channel: "ChatChannel", snapshot: "ChatState", position: "Position" },
    ChatItemHeartbeat: { position: "Position" },
    ChatItemEnd: { channel: "ChatChannel", end: "End" },
    ChatItemBye: { bye: "Bye" },
    // The one without a field: what a later version says.
    ChatItemUnknown: {},
    Gap: { reason: "GapReason", missed: "number | null", until: "string" },
    End: { reason: "EndReason" },
    Bye: { reason: "ByeReason", retry_ms: "number" },
  });
  const types = aliases(text);
  assert.deepEqual(types.ChatItem, Object.keys(items).filter((name) => name.startsWith("ChatItem")).sort());
  assert.deepEqual(types.GapReason, ['"expired"', '"lagged"', '"reset"']);
  assert.deepEqual(types.EndReason, ['"denied"', '"ended"']);
  assert.deepEqual(types.ByeReason, ['"busy"', '"denied"', '"drain"', '"expired"', '"lifetime"', '"stalled"']);
  assert.deepEqual(types.ChatChannel, ['"lobby"', "string"]);
  assert.deepEqual(types.Position, ["string"]);
});

test("json-schema-to-typescript makes every command with every field, and what it is answered", async (context) => {
  const text = bare(await typescript(context, "Chat"));
  const line = text.replace(/\s+/g, " ");
  for (const [name, fields] of [
    ["Say", "say: { room: string; text: string; }"],
    ["Typing", "typing: { room: string; }"],
    ["Flood", "flood: { count: number; room: string; }"],
    ["Kick", "kick: { name: string; room: string; }"],
  ]) {
    assert.ok(line.includes(`export interface ChatCommand${name} { ${fields}`), `${name}: ${line}`);
  }
  const types = aliases(text);
  assert.deepEqual(types.ChatCommand, ["Flood", "Kick", "Say", "Typing"].map((name) => `ChatCommand${name}`));
  assert.deepEqual(types.ChatReply, ["null"]);
});

test("no type that is made is a hole, and each has its description", async (context) => {
  for (const name of ["Chat", "Notify"]) {
    const text = await typescript(context, name);
    assert.doesNotMatch(bare(text), /\bunknown\b|\bany\b|\bobject\b/);
    // Names are made by the schema, not by counting: `ChatEvent1` would be a copy.
    assert.doesNotMatch(bare(text), /^export \w+ \w+\d+\b/m);
    assert.match(text, /Somebody (said something|wrote to them)\./);
    const undescribed = [...text.matchAll(/(\*\/\n)?export (?:type|interface) (\w+)/g)].filter(([, comment]) => !comment);
    assert.deepEqual(undescribed.map(([, , type]) => type), []);
  }
});
