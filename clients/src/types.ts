// What the modules hand one another. The public part is exported again by `client.js`.

export type Transport = "ws" | "sse" | "poll";
export type Status = "connecting" | "open" | "waiting" | "offline" | "closed";
/** Opaque: how far a reader has come. */
export type Position = string;

/** RFC 9457, or what stands in its place where the answer was none of ours. */
export interface Problem {
  code?: string;
  status?: number;
  title?: string;
  detail?: string;
  reason?: string;
  limit?: number;
  path?: string;
  retry_ms?: number;
}

export interface EventItem<E = any> {
  channel: string;
  event: E;
  /** None, where the event is volatile. */
  id?: Position;
  /** The key of the command that led to it. */
  cause?: string;
  /** Shown before the server has it; `failed`: it never will have it. */
  echo?: "pending" | "failed";
}
export interface GapItem {
  channel: string;
  gap: { reason: "lagged" | "expired" | "reset"; missed: number | null; until: Position };
}
export interface SnapshotItem<S = any> {
  channel: string;
  snapshot: S;
  position: Position;
}
export interface EndItem {
  channel: string;
  end: { reason: "ended" | "denied" };
}
/** What a subscription gives. */
export type Item<E = any, S = any> = EventItem<E> | GapItem | SnapshotItem<S> | EndItem;

/** Anything that stands on the wire. */
export interface Raw {
  channel?: string;
  id?: Position;
  event?: unknown;
  cause?: string;
  gap?: GapItem["gap"];
  snapshot?: unknown;
  end?: EndItem["end"];
  position?: Position;
  bye?: { reason: string; retry_ms: number };
  ref?: number | string;
  ok?: any;
  error?: Problem;
}

/** How a request or a connection ended. */
export interface Ended {
  /** A WebSocket's close code. */
  code?: number;
  /** An HTTP status other than 200. */
  status?: number;
  problem?: Problem;
  /** Milliseconds, of `Retry-After`. */
  retry?: number;
  /** A poll that was answered. */
  done?: boolean;
  /** There is nothing to open it with: an identity that cannot be had. */
  fatal?: Problem;
  /** Nothing came for too long. */
  silent?: boolean;
}

export type Input =
  | { type: "subscribe"; channel: string; since?: string }
  | { type: "unsubscribe"; channel: string }
  | { type: "command"; key: string; command: unknown; at?: number }
  | { type: "abort"; key: string }
  | { type: "opened"; id: number }
  | { type: "item"; id: number; item: Raw }
  | { type: "retry"; id: number; ms: number }
  | ({ type: "closed"; id: number } & Ended)
  | { type: "posted"; key: string; ok?: unknown; status?: number; problem?: Problem; retry?: number }
  | { type: "renew"; ticket?: string }
  | { type: "timer" | "online" | "offline" | "visible" | "hidden" | "close" };

export interface Open {
  type: "open";
  id: number;
  transport: Transport;
  channels: string[];
  since?: string;
  snapshot: boolean;
  /** Seconds, of a poll. */
  wait: number;
  /** Get a new identity first. */
  renew: boolean;
}
export type Effect =
  | Open
  | { type: "close"; id: number }
  | { type: "send"; id: number; message: object }
  | { type: "post"; key: string; command: unknown; renew: boolean }
  | { type: "item"; item: Raw }
  | { type: "refused"; channel: string; error: Problem }
  | { type: "answer"; key: string; ok?: unknown; error?: Problem }
  | { type: "status"; status: Status; error?: Problem }
  | { type: "remember"; transport: Transport }
  | { type: "wake"; at: number };

export interface MachineOptions {
  transports?: Transport[];
  /** What worked the last time. */
  remembered?: string | null;
  snapshot?: boolean;
  /** Whether an identity can be had anew. */
  renewable?: boolean;
  limits?: Partial<MachineLimits>;
}

/** All in milliseconds, but for the counts. */
export interface MachineLimits {
  /** Until a transport says that it is open. */
  opening: number;
  /** From then to the first item: what takes longer lies in a proxy. */
  first: number;
  /** Without an item, heartbeats included, a connection is dead. Above the server's heartbeat. */
  silence: number;
  /** A connection that had items for so long was a good one. */
  steady: number;
  /** Until the better transport is tried again; doubled each time, up to 64 times. */
  better: number;
  /** How long a poll waits. */
  wait: number;
  /** How long a POST may take. */
  post: number;
  /** How old a command may become before it is given up. Below the five minutes for which a server knows its key. */
  age: number;
  /** How many commands may wait. */
  commands: number;
}

/** A channel that is wanted, and how far it was read. */
export interface Channel {
  name: string;
  /** A position, `earliest`, or from now on. Behind it, where `on` is further. */
  place?: string;
  /** The connection whose position is this channel's too. */
  on?: Connection;
  /** The end of the last gap told, and by whom. */
  told?: Position;
  teller?: Connection;
  /** Asked for by itself, since a query with it was refused. */
  solo?: boolean;
  /** Not to be asked for before. */
  at?: number;
}

export interface Connection {
  id: number;
  transport: Transport;
  side: boolean;
  channels: Set<Channel>;
  position?: Position;
  begun: number;
  opened: boolean;
  /** When the last item came; 0 before the first. */
  heard: number;
  /** Something came that moved us. */
  moved: boolean;
  /** When it is taken for dead. */
  due: number;
  retry: number;
  wait: number;
  bye?: { reason: string; retry_ms: number };
  refs: Map<number, Channel>;
  /** Unsubscribes that are not answered yet, by name. */
  leaving: Map<string, number>;
}

export interface Command {
  key: string;
  command: unknown;
  at: number;
  /** Where it is on its way. */
  sent?: "ws" | "post";
  /** Whether it ever was. */
  tried?: boolean;
  /** Too large for a WebSocket, perhaps: a POST says so. */
  post?: boolean;
}
