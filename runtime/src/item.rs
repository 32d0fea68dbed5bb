//! What a stream carries, in the order it carries it. Floor 1.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::entry::Entry;
use crate::position::Position;
use crate::protocol::{self, Bye, Gap};
use crate::websocket::{self, Opcode};

/// What a connection hands its transport, in the order of the wire.
#[derive(Debug, Clone)]
pub(crate) enum Output {
    /// An event.
    Entry(Entry),
    /// A loss in the named channel; it is rare, and does not make the others larger.
    Gap(Box<(Arc<str>, Gap)>),
    /// A position, and nothing for this reader up to it.
    Heartbeat(Position),
    /// A channel that was asked for with this tag is now covered by the connection's position.
    Joined(u64, Position),
    /// The end; nothing comes after it.
    Bye(Bye),
}

impl Output {
    /// The item's JSON, or none for what is no item.
    pub(crate) fn item(&self) -> Option<Cow<'_, [u8]>> {
        Some(match self {
            Self::Entry(entry) => Cow::Borrowed(entry.item()),
            Self::Gap(gap) => Cow::Owned(protocol::gap_item(&gap.0, &gap.1).into()),
            Self::Heartbeat(position) => Cow::Owned(protocol::heartbeat_item(*position).into()),
            Self::Bye(bye) => Cow::Owned(protocol::bye_item(bye).into()),
            Self::Joined(..) => return None,
        })
    }

    /// The item as a WebSocket's frame.
    pub(crate) fn frame(&self) -> Option<Bytes> {
        match self {
            Self::Entry(entry) => Some(entry.frame().clone()),
            _ => Some(websocket::frame(Opcode::Text, &self.item()?)),
        }
    }

    /// Writes the item as an SSE event; a bye is preceded by its own `retry:`.
    pub(crate) fn sse(&self, into: &mut BytesMut) {
        match self {
            Self::Entry(entry) => into.put_slice(entry.sse()),
            Self::Bye(bye) => {
                into.put_slice(protocol::sse_retry(bye.retry_ms).as_bytes());
                protocol::sse_event(into, None, protocol::bye_item(bye).as_bytes());
            }
            Self::Heartbeat(position) => protocol::sse_event(into, Some(*position), protocol::heartbeat_item(*position).as_bytes()),
            Self::Gap(gap) => protocol::sse_event(into, None, protocol::gap_item(&gap.0, &gap.1).as_bytes()),
            Self::Joined(..) => {}
        }
    }

    /// Its size on the wire, near enough for the limits of a batch.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Entry(entry) => entry.item().len(),
            _ => 96,
        }
    }
}

/// What a typed stream inside the process carries.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Item<E> {
    /// An event, with its place unless it is volatile.
    Event {
        /// The channel it came by.
        channel: String,
        /// Its place in the hub.
        id: Option<Position>,
        /// The event.
        event: E,
    },
    /// A loss in the named channel.
    Gap {
        /// The channel that lost.
        channel: String,
        /// What.
        gap: Gap,
    },
    /// Nothing more up to here.
    Heartbeat(Position),
    /// The end.
    Bye(Bye),
    /// An event that today's enum does not know, as it was written.
    Unknown {
        /// The channel it came by.
        channel: String,
        /// Its place in the hub.
        id: Option<Position>,
        /// Its JSON.
        event: serde_json::Value,
    },
}
