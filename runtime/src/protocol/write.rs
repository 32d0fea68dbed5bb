//! Items as JSON text, and their form in an SSE stream: what the hub writes.

use std::fmt::Write as _;

use bytes::{BufMut, BytesMut};

use super::{Bye, ByeReason, End, EndReason, Gap, GapReason, Presence};
use crate::position::Position;

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
