// The types of the package: the client's, and those of what it takes and gives.

import type { ItemEvent, StatusEvent } from "./client.js";

export * from "./client.js";
export type { EndItem, EventItem, GapItem, Item, MachineLimits, Options, Position, PresenceItem, Problem, SendOptions, SnapshotItem, Status, SubscribeOptions, Transport } from "./types.js";

declare module "./client.js" {
  interface Client {
    addEventListener(type: "status", listener: (event: StatusEvent) => void, options?: boolean | AddEventListenerOptions): void;
    addEventListener(type: "item", listener: (event: ItemEvent) => void, options?: boolean | AddEventListenerOptions): void;
    addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  }
}
