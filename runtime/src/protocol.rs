//! What is on the wire: items as JSON text, their form in an SSE stream, and the names of parameters, reasons and codes. Floor 1.

use std::fmt::Write as _;

use bytes::{BufMut, BytesMut};
use serde::{Deserialize, Serialize};

use crate::position::Position;

/// The WebSocket subprotocol of version 1.
pub(crate) const SUBPROTOCOL: &str = "triwire.v1";

/// Close codes of a WebSocket (RFC 6455 section 7.4, and our own in the 4000s); those of a breach of the protocol are the decoder's.
pub(crate) mod close {
    pub(crate) const GOING_AWAY: u16 = 1001;
    pub(crate) const BINARY: u16 = 1003;
    pub(crate) const DENIED: u16 = 1008;
    pub(crate) const DRAIN: u16 = 1012;
    pub(crate) const LATER: u16 = 1013;
    pub(crate) const NOT_UNDERSTOOD: u16 = 4400;
    pub(crate) const EXPIRED: u16 = 4401;
}

/// An announced loss: what a channel had after the reader's position, up to `until`, is lost to this reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Gap {
    /// Why.
    pub reason: GapReason,
    /// How many of the channel's events, exactly, or null where that cannot be known (always after a reset).
    pub missed: Option<u64>,
    /// How far the loss reaches.
    #[schemars(with = "String")]
    pub until: Position,
}

/// Why events were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GapReason {
    /// Overtaken while connected.
    Lagged,
    /// Older than what is kept.
    Expired,
    /// The position is of another epoch: the store was lost or made anew.
    Reset,
}

/// The announced end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Bye {
    /// Why.
    pub reason: ByeReason,
    /// How long to wait before coming back, in milliseconds.
    pub retry_ms: u64,
}

/// Why a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ByeReason {
    /// The server is about to end.
    Drain,
    /// A limit is reached, or a broker is away.
    Busy,
    /// The identity expired.
    Expired,
    /// The application wants this client no longer, or nothing is left that it may see.
    Denied,
    /// The connection did not take its bytes.
    Stalled,
    /// The connection is as old as it may be.
    Lifetime,
}

/// The announced end of one channel, on this connection: nothing more of it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct End {
    /// Why.
    pub reason: EndReason,
}

/// Why nothing more comes of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// The application allows it no longer.
    Denied,
    /// Its last event is out.
    Ended,
}

/// Who is in a channel, by the [keys](crate::Identity::key) of their identities; or who came, or went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Presence {
    /// Who came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub joined: Option<String>,
    /// Who went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub left: Option<String>,
    /// All who are in, in the order of their keys; none where there are more than are listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    pub here: Option<Vec<String>>,
    /// How many are in now.
    pub count: usize,
}

impl Presence {
    pub(crate) fn joined(who: &str, count: usize) -> Self {
        Self { joined: Some(who.to_owned()), count, ..Self::default() }
    }

    pub(crate) fn left(who: &str, count: usize) -> Self {
        Self { left: Some(who.to_owned()), count, ..Self::default() }
    }

    pub(crate) fn here(here: Option<Vec<String>>, count: usize) -> Self {
        Self { here, count, ..Self::default() }
    }
}

/// Writes `{"channel":…,"id":…,"cause":…,"event":…}`, around an event that is JSON already.
pub(crate) fn event_item(item: &mut BytesMut, channel: &str, position: Option<Position>, cause: Option<&str>, event: &[u8]) {
    item.reserve(channel.len() + event.len() + 72);
    // A channel's name has no character that JSON escapes: templates and percent-encoding see to it.
    write!(item, r#"{{"channel":"{channel}""#).expect("memory takes text");
    if let Some(position) = position {
        write!(item, r#","id":"{position}""#).expect("memory takes text");
    }
    if let Some(cause) = cause {
        // A client chose it.
        write!(item, r#","cause":{}"#, serde_json::Value::from(cause)).expect("memory takes text");
    }
    item.put_slice(br#","event":"#);
    item.put_slice(event);
    item.put_u8(b'}');
}

/// `{"channel":…,"gap":…}`
pub(crate) fn gap_item(channel: &str, gap: &Gap) -> String {
    let missed = gap.missed.map_or_else(|| "null".to_owned(), |missed| missed.to_string());
    let reason = match gap.reason {
        GapReason::Lagged => "lagged",
        GapReason::Expired => "expired",
        GapReason::Reset => "reset",
    };
    format!(r#"{{"channel":"{channel}","gap":{{"reason":"{reason}","missed":{missed},"until":"{}"}}}}"#, gap.until)
}

/// `{"channel":…,"end":…}`
pub(crate) fn end_item(channel: &str, end: End) -> String {
    let reason = match end.reason {
        EndReason::Denied => "denied",
        EndReason::Ended => "ended",
    };
    format!(r#"{{"channel":"{channel}","end":{{"reason":"{reason}"}}}}"#)
}

/// `{"channel":…,"presence":…}`
pub(crate) fn presence_item(channel: &str, presence: &Presence) -> String {
    let presence = serde_json::to_string(presence).expect("texts and a number are JSON");
    format!(r#"{{"channel":"{channel}","presence":{presence}}}"#)
}

/// `{"channel":…,"snapshot":…,"position":…}`, around a state that is JSON already.
pub(crate) fn snapshot_item(channel: &str, state: &str, position: Position) -> String {
    format!(r#"{{"channel":"{channel}","snapshot":{state},"position":"{position}"}}"#)
}

/// `{"position":…}`
pub(crate) fn heartbeat_item(position: Position) -> String {
    format!(r#"{{"position":"{position}"}}"#)
}

/// `{"bye":…}`
pub(crate) fn bye_item(bye: &Bye) -> String {
    let reason = match bye.reason {
        ByeReason::Drain => "drain",
        ByeReason::Busy => "busy",
        ByeReason::Expired => "expired",
        ByeReason::Denied => "denied",
        ByeReason::Stalled => "stalled",
        ByeReason::Lifetime => "lifetime",
    };
    format!(r#"{{"bye":{{"reason":"{reason}","retry_ms":{}}}}}"#, bye.retry_ms)
}

/// Takes the line breaks out of JSON: a stream of lines takes spaces instead. They can only stand between tokens
/// (`serde_json::value::RawValue` keeps those it was given).
pub(crate) fn in_one_line(json: &mut [u8]) {
    json.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
}

/// Writes an item as an SSE event: `id:` where it has a position, and one `data:` line. JSON text has no line break of its own.
pub(crate) fn sse_event(event: &mut BytesMut, position: Option<Position>, item: &[u8]) {
    event.reserve(item.len() + 48);
    if let Some(position) = position {
        writeln!(event, "id: {position}").expect("memory takes text");
    }
    event.put_slice(b"data: ");
    event.put_slice(item);
    event.put_slice(b"\n\n");
}

/// Bytes as one chunk of an HTTP/1.1 body (RFC 9112 section 7.1).
pub(crate) fn chunk(bytes: &[u8]) -> BytesMut {
    let mut chunk = BytesMut::with_capacity(bytes.len() + 20);
    write!(chunk, "{:x}\r\n", bytes.len()).expect("memory takes text");
    chunk.put_slice(bytes);
    chunk.put_slice(b"\r\n");
    chunk
}

/// The chunk that ends a body.
#[cfg(feature = "serve")]
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// The `retry:` field of an SSE stream, as the head of the event that follows: some clients take a block of its own for a
/// message without data.
pub(crate) fn sse_retry(milliseconds: u64) -> String {
    format!("retry: {milliseconds}\n")
}
