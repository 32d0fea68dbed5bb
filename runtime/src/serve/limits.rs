//! Every bound of the server, with a name and the reason of its number. Floor 8.

use std::time::Duration;

/// What a server takes, holds of one connection, and waits for.
///
/// ```
/// use triwire::ServeLimits;
/// let limits = ServeLimits { connections: 50_000, ..ServeLimits::default() };
/// assert_eq!(limits.idle.as_secs(), 75);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeLimits {
    /// Open connections, WebSockets among them; above it a client is answered 503 with `Retry-After`. Default 20,000: above what one hub
    /// takes, so that a full hub answers first, in words that its clients understand.
    pub connections: usize,
    /// How long the head of a request may take from its first byte on (HTTP/2: the connection's opening); then 408. Default 10 seconds.
    pub head: Duration,
    /// Bytes of a request's head; then 431. Default 16 KiB, as Node has it.
    pub head_bytes: usize,
    /// Header fields of an HTTP/1 request; then 431. Default 100. (HTTP/2 counts their bytes only.)
    pub headers: usize,
    /// How long a connection may be open without a request. Default 75 seconds: above the minute after which most proxies drop an idle
    /// connection, so that it is they who do, and never the server while a request is on its way.
    pub idle: Duration,
    /// Silence in the middle of a request's body; then the handler's read fails. Default 30 seconds.
    pub body: Duration,
    /// How long a client may take none of its bytes before its connection is cut; on Linux the kernel watches those that it holds, too
    /// (`TCP_USER_TIMEOUT`). Default 10 seconds, as `Limits::stalled`.
    pub stalled: Duration,
    /// Silence after which the kernel asks whether the other end is still there (TCP keepalive). Default 60 seconds.
    pub probe: Duration,
    /// Bytes held for a connection (HTTP/2: for a stream) in each direction: one more piece of a body is taken below it, none above.
    /// At least 8 KiB and `head_bytes`. Default 64 KiB, HTTP/2's own window.
    pub buffer_bytes: usize,
    /// Requests at once of one HTTP/2 connection; more wait at the client. Default 128, above the 100 that RFC 9113 recommends.
    #[cfg(feature = "http2")]
    pub http2_streams: u32,
    /// Time between pings of an HTTP/2 connection. Default 25 seconds.
    #[cfg(feature = "http2")]
    pub http2_ping: Duration,
    /// How long their answer may take. Default 10 seconds.
    #[cfg(feature = "http2")]
    pub http2_pong: Duration,
    /// The time over which a shutdown spreads the ends of the hubs' streams. Default 3 seconds; more where thousands would come back at once.
    pub drain: Duration,
    /// How long the requests in flight may take after that; what remains is cut. Default 10 seconds.
    pub finish: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            head: Duration::from_secs(10),
            head_bytes: 16 << 10,
            headers: 100,
            idle: Duration::from_secs(75),
            body: Duration::from_secs(30),
            stalled: Duration::from_secs(10),
            probe: Duration::from_secs(60),
            buffer_bytes: 64 << 10,
            #[cfg(feature = "http2")]
            http2_streams: 128,
            #[cfg(feature = "http2")]
            http2_ping: Duration::from_secs(25),
            #[cfg(feature = "http2")]
            http2_pong: Duration::from_secs(10),
            drain: Duration::from_secs(3),
            finish: Duration::from_secs(10),
        }
    }
}
