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
/** Who is in: all of them, or who came or went; of many only the count. */
export interface PresenceItem {
  channel: string;
  presence: { here?: string[]; joined?: string; left?: string; count: number };
}
/** What a subscription gives. */
export type Item<E = any, S = any> = EventItem<E> | GapItem | SnapshotItem<S> | EndItem | PresenceItem;

/** Anything that stands on the wire. */
export interface Raw {
  channel?: string;
  id?: Position;
  event?: unknown;
  cause?: string;
  gap?: GapItem["gap"];
  snapshot?: unknown;
  end?: EndItem["end"];
  presence?: PresenceItem["presence"];
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
  /** There is nothing to open it with: no identity can be had. */
  fatal?: Problem;
  /** The new identity was not to be had yet. */
  renew?: boolean;
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
  | { type: "timer" | "online" | "offline" | "visible" | "hidden" }
  | { type: "close"; error?: Problem };

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

/** What stands between a client and the machine: one in this tab, or the one that all tabs share. */
export interface Engine {
  feed(input: Input): void;
  readonly position: Position | undefined;
  places(): [string, string | undefined][];
}
/** What an engine tells a client. */
export type Told = Extract<Effect, { type: "item" | "refused" | "answer" | "status" }>;

/** Who is told that events were lost: a handler, or the state that comes behind each gap. */
export type Options = More & (
  | {
      /** What happens when events were lost: reload, or load the state anew. One that throws closes the client. */
      onGap: (item: GapItem) => unknown;
      /** Ask for the states of the channels, first and after gaps. */
      snapshot?: boolean;
    }
  | { onGap?: (item: GapItem) => unknown; snapshot: true }
);

export interface More {
  /** By which, the best first. Default: WebSocket, SSE, long poll. */
  transports?: Transport[];
  /** A ticket for one request, where no header or cookie says who it is. An error with `status` 401 or 403 closes the client. */
  ticket?: () => string | Promise<string>;
  /** Headers for all but WebSockets. */
  headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>);
  /** Gets a new identity when the old one expired: a new cookie, or whatever `ticket` and `headers` read. Errors as with `ticket`. */
  renew?: () => unknown;
  /** Of `fetch`. */
  credentials?: RequestCredentials;
  /** More for every query. */
  query?: Record<string, string>;
  /** One connection for all tabs of this address: all must have the same identity and the same options. */
  tabs?: boolean;
  /** Where the transport that worked is remembered. Default: `localStorage`. */
  storage?: Pick<Storage, "getItem" | "setItem"> | null;
  limits?: Partial<MachineLimits>;
  fetch?: typeof fetch;
  WebSocket?: any;
}

export interface SubscribeOptions {
  /** A position, or `earliest`; from now on where it is not there. */
  since?: Position | "earliest";
  /** Ends the iteration. */
  signal?: AbortSignal;
  /** How many items may wait to be taken; beyond them the events among them are lost, which a gap `lagged` says. Default 1,024. */
  buffer?: number;
}

export interface SendOptions<E = any> {
  /** Stops waiting; the command may have taken effect. */
  signal?: AbortSignal;
  /** 1 to 255 bytes; by it the events it leads to are known (`cause`). Default: a UUID. */
  key?: string;
  /** Given to the subscribers of the channel at once, as `echo: "pending"`; as `echo: "failed"` where the command fails. */
  echo?: { channel: string; event: E };
}
