//! Every bound of a hub, with a name and the reason of its number. Floor 0.

use std::time::Duration;

/// What a hub keeps, sends at once and waits for.
///
/// ```
/// use triwire::Limits;
/// let limits = Limits { history: 1_024, ..Limits::default() };
/// assert_eq!(limits.connections, 10_000);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Events a channel keeps, unless the enum says `history = N`. Default 256.
    pub history: usize,
    /// How long a channel keeps them, unless the enum says `keep = "5m"`; and how long an idle channel stays. Default 5 minutes.
    pub keep: Duration,
    /// Bytes of history in the whole hub; above it the hub's oldest events go first, give or take an eighth of the way to the newest.
    /// A publish looks at some thousand channels for them; where a hub has more, it may be above for some hundred events. Default 256 MiB.
    pub history_bytes: usize,
    /// Volatile events a channel holds for readers that are about to take them. Default 64.
    pub volatile: usize,
    /// Dropped offsets a channel remembers, so that `missed` is a number after a reconnect. Default 1,024 (8 KiB).
    pub remembered_offsets: usize,
    /// Forgotten channels whose last offset is remembered; the lowest go first and become a floor for all. And ended channels whose end is
    /// remembered. Default 65,536.
    pub remembered_channels: usize,
    /// The JSON of one event, in bytes, with its key where it is `latest`. Default 1 MiB.
    pub event_bytes: usize,
    /// Items between two writes to one connection. Default 64.
    pub batch_items: usize,
    /// Bytes between two writes to one connection (one item at least). Default 64 KiB.
    pub batch_bytes: usize,
    /// Channels in one query. Default 32.
    pub channels_per_query: usize,
    /// Channels of one connection, by WebSocket messages or inside the process. Default 128.
    pub channels_per_connection: usize,
    /// Connections of the hub; a poll is one while it waits. Default 10,000.
    pub connections: usize,
    /// Connections of one identity, by its key. Default 64: the tabs and devices of a person.
    pub connections_per_identity: usize,
    /// Connections from one address; an IPv6 network (/64) is one. Default 256: an office behind one address.
    pub connections_per_address: usize,
    /// Subscribes of one identity a second; where there is no identity of one address, else of one connection. A stream and a poll are one,
    /// with all the channels of their query, and so is each message that subscribes. Default 32: a poll that is answered at once, and again.
    pub subscribes_per_second: usize,
    /// So many of them at once. Default 256: the channels of a page, twice.
    pub subscribe_burst: usize,
    /// Commands of one identity a second; else of one address, or connection. Default 50: a pointer that moves.
    pub commands_per_second: usize,
    /// So many of them at once. Default 200.
    pub command_burst: usize,
    /// Bytes a second that are read from one WebSocket; more is left unread until it is time. Default 256 KiB.
    pub inbound_bytes_per_second: usize,
    /// So many of them at once, above which reading rests. Default 1 MiB.
    pub inbound_burst: usize,
    /// One message from a client. Default 64 KiB.
    pub inbound_bytes: usize,
    /// Messages of one client that wait for their answer. Default 64.
    pub inbound_waiting: usize,
    /// Commands of the hub whose handlers run at the same time; more wait. Default 1,024.
    pub commands: usize,
    /// Commands of one WebSocket whose handlers run at the same time. Default 1: they are handled in the order in which they came.
    pub commands_per_connection: usize,
    /// How long a command's handler may take; then it is stopped. Default 10 seconds.
    pub command_time: Duration,
    /// How long the reply to a command with a key is remembered. Default 5 minutes.
    pub reply_keep: Duration,
    /// Remembered replies of the hub; above it commands with a key are refused. Default 65,536.
    pub replies: usize,
    /// Remembered replies of one identity; the oldest go first. Default 1,024.
    pub replies_per_identity: usize,
    /// How long a ticket is good. Default 30 seconds: the page that asked for it uses it at once.
    pub ticket: Duration,
    /// Used tickets that are remembered until they are good no longer, so that none opens twice; above it tickets are refused as `busy`.
    /// Default 65,536: some 2,000 a second.
    pub tickets_used: usize,
    /// How long a client waits for the states of its channels, the function of the application and what it waits for; then it is told
    /// `busy`. Default 10 seconds.
    pub snapshot_time: Duration,
    /// How long somebody who has no connection any more is still in a channel, so that a reload is no leave. Default 5 seconds.
    pub presence_debounce: Duration,
    /// People in a channel who are told by name; of more only the count is told, not more often than once a second. Default 100.
    pub presence_listed: usize,
    /// Items of one poll's answer. Default 256.
    pub poll_items: usize,
    /// Bytes of one poll's answer (one item at least). Default 1 MiB.
    pub poll_bytes: usize,
    /// How long a poll waits when it does not say. Default 25 seconds.
    pub poll_wait: Duration,
    /// The longest that a poll may ask to wait; more is taken as this. Default 55 seconds, below the minute of most proxies.
    pub poll_wait_most: Duration,
    /// What an `EventSource` is told to wait before it comes back, jittered by a half. Default 2 seconds.
    pub sse_retry: Duration,
    /// Silence on an SSE stream before a heartbeat. Default 15 seconds.
    pub sse_heartbeat: Duration,
    /// Time between pings of a WebSocket, and the silence before a heartbeat item. Default 25 seconds.
    pub ws_ping: Duration,
    /// How long a pong may take. Default 10 seconds.
    pub ws_pong: Duration,
    /// How long a WebSocket may take none of its bytes before it is closed as `stalled`, and an SSE stream before it is cut. Default 10
    /// seconds. Under a server other than `triwire::serve` only that server knows whether an SSE stream's bytes are taken.
    pub stalled: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            history: 256,
            keep: Duration::from_secs(300),
            history_bytes: 256 << 20,
            volatile: 64,
            remembered_offsets: 1_024,
            remembered_channels: 65_536,
            event_bytes: 1 << 20,
            batch_items: 64,
            batch_bytes: 64 << 10,
            channels_per_query: 32,
            channels_per_connection: 128,
            connections: 10_000,
            connections_per_identity: 64,
            connections_per_address: 256,
            subscribes_per_second: 32,
            subscribe_burst: 256,
            commands_per_second: 50,
            command_burst: 200,
            inbound_bytes_per_second: 256 << 10,
            inbound_burst: 1 << 20,
            inbound_bytes: 64 << 10,
            inbound_waiting: 64,
            commands: 1_024,
            commands_per_connection: 1,
            command_time: Duration::from_secs(10),
            reply_keep: Duration::from_secs(300),
            replies: 65_536,
            replies_per_identity: 1_024,
            ticket: Duration::from_secs(30),
            tickets_used: 65_536,
            snapshot_time: Duration::from_secs(10),
            presence_debounce: Duration::from_secs(5),
            presence_listed: 100,
            poll_items: 256,
            poll_bytes: 1 << 20,
            poll_wait: Duration::from_secs(25),
            poll_wait_most: Duration::from_secs(55),
            sse_retry: Duration::from_secs(2),
            sse_heartbeat: Duration::from_secs(15),
            ws_ping: Duration::from_secs(25),
            ws_pong: Duration::from_secs(10),
            stalled: Duration::from_secs(10),
        }
    }
}
