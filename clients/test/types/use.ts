// What a user's compiler says: each `@ts-expect-error` is a promise.

import { channel, connect, type Client, type EventItem, type Item } from "triwire";
import { useChannels, useStatus } from "triwire/react";
import { channels, status } from "triwire/svelte";
import { useChannels as useInVue } from "triwire/vue";

const client: Client = connect("/chat", { onGap: (item) => location.reload() ?? item.gap.missed?.toFixed() });

// @ts-expect-error: nobody handles gaps
connect("/chat", {});
connect("/chat", { snapshot: true, tabs: true, ticket: async () => "t", limits: { silence: 1_000 } });
// @ts-expect-error: there is no such transport
connect("/chat", { snapshot: true, transports: ["smoke"] });

export async function read(): Promise<string[]> {
  const texts: string[] = [];
  for await (const item of client.subscribe(channel("room:{room}", { room: "tea" }), { since: "earliest", signal: AbortSignal.timeout(5) })) {
    if ("event" in item) texts.push(item.event.text, item.cause ?? "");
    else if ("gap" in item) texts.push(item.gap.reason);
    else if ("snapshot" in item) texts.push(item.position);
    else if ("presence" in item) texts.push(...(item.presence.here ?? []));
    else texts.push(item.end.reason);
  }
  return texts;
}

client.addEventListener("status", (event) => event.status === "open");
client.addEventListener("item", (event) => event.item);
// @ts-expect-error: a status is one of five
client.addEventListener("status", (event) => event.status === "up");
export const reply: Promise<number> = client.send({ say: {} }, { key: "k", echo: { channel: "room:tea", event: {} } });
export const count = (items: number, item: Item) => ("event" in item ? items + 1 : items);
export const all: [number, string, number, unknown] = [useChannels(client, "a", count, 0), useStatus(client), useInVue(client, () => ["a"], count, 0).value.value, [channels(client, "a", count, 0), status(client)]];
export const typed = (item: EventItem<{ type: "message" }>) => item.event.type;
