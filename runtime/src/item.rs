//! What a stream carries, in the order it carries it. Floor 1.

use std::sync::Arc;

use bytes::Bytes;

use crate::entry::Entry;
use crate::position::Position;
use crate::protocol::{self, Bye, Gap};

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
    pub(crate) fn item(&self) -> Option<Bytes> {
        match self {
            Self::Entry(entry) => Some(entry.item().clone()),
            Self::Gap(gap) => Some(protocol::gap_item(&gap.0, &gap.1).into()),
            Self::Heartbeat(position) => Some(protocol::heartbeat_item(*position).into()),
            Self::Bye(bye) => Some(protocol::bye_item(bye).into()),
            Self::Joined(..) => None,
        }
    }

    /// The item as an SSE event; a bye is preceded by its own `retry:`.
    pub(crate) fn sse(&self) -> Bytes {
        let (position, item) = match self {
            Self::Entry(entry) => return entry.sse().clone(),
            Self::Bye(bye) => return format!("{}data: {}\n\n", protocol::sse_retry(bye.retry_ms), protocol::bye_item(bye)).into(),
            Self::Heartbeat(position) => (Some(*position), protocol::heartbeat_item(*position)),
            Self::Gap(gap) => (None, protocol::gap_item(&gap.0, &gap.1)),
            Self::Joined(..) => return Bytes::new(),
        };
        protocol::sse_event(position, item.as_bytes())
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
