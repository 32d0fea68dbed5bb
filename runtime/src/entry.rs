//! One event, encoded once: its item's bytes, and each transport's form of them, made when first asked for. Floor 1.

use std::sync::{Arc, OnceLock};

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::contract::Audience;
use crate::position::{Epoch, Position};
use crate::protocol::{self, Presence};
use crate::websocket::{Agreed, Header, Opcode, deflate, header};

/// An event in a channel's log, shared by all who read it. Cloning counts a reference.
#[derive(Debug, Clone)]
pub(crate) struct Entry(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    position: Option<Position>,
    at: Timestamp,
    seen_by: SeenBy,
    /// What it is the newest of.
    latest: Option<Arc<str>>,
    ends: bool,
    /// The item, behind the header of its WebSocket frame: a few bytes that spare a second copy.
    frame: Bytes,
    header: usize,
    /// The same compressed, where that makes it smaller.
    deflated: OnceLock<Bytes>,
    /// The item as an SSE event, in a chunk of an HTTP/1.1 body.
    chunk: OnceLock<Bytes>,
}

/// Who may see an entry, of those who may have its channel.
#[derive(Debug)]
enum SeenBy {
    All,
    Only(Arc<str>),
    Nobody,
}

/// What a client is shown of channels that not everybody may see all of.
pub(crate) trait Sees: Send + Sync {
    /// Whether events for this audience are for this client.
    fn sees(&self, audience: &str) -> bool;
}

/// Milliseconds since the Unix epoch: an event's age is the same on every node, and a log needs no clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timestamp(pub u64);

/// One event as a broker hands it over: what it is made of, not yet an item.
#[derive(Debug, Clone)]
pub struct Record {
    /// The offset, or none for a volatile event.
    pub offset: Option<u64>,
    /// When it was published.
    pub at: Timestamp,
    /// The event as serde wrote it.
    pub event: Bytes,
    /// The key of the command that led to it.
    pub cause: Option<Arc<str>>,
    /// Who may see it, where not everybody may see all of the channel. There, an event without is shown to nobody.
    pub audience: Option<Audience>,
    /// What it is the newest of: it takes the place of an older one in its channel that says the same.
    pub latest: Option<Arc<str>>,
    /// Whether it is the last of its channel.
    pub ends: bool,
}

impl Entry {
    /// Makes the item of a record in `channel`, of which not everybody may see all if it is `guarded`.
    pub(crate) fn new(channel: &str, epoch: Epoch, record: &Record, guarded: bool) -> Self {
        let seen_by = match &record.audience {
            _ if !guarded => SeenBy::All,
            // It is older than the guard, or whoever published it knows of none.
            None => SeenBy::Nobody,
            Some(Audience::Everyone) => SeenBy::All,
            Some(Audience::Only(audience)) => SeenBy::Only(audience.clone()),
        };
        let position = record.offset.map(|offset| Position { epoch, offset });
        let write = |frame: &mut BytesMut| protocol::event_item(frame, channel, position, record.cause.as_deref(), &record.event);
        let (frame, header) = framed(Header::MOST + channel.len() + record.event.len() + 72, write);
        let (deflated, chunk) = (OnceLock::new(), OnceLock::new());
        let (at, latest, ends) = (record.at, record.latest.clone(), record.ends);
        Self(Arc::new(Shared { position, at, seen_by, latest, ends, frame, header, deflated, chunk }))
    }

    /// Makes the item that tells who is in `channel`, for whoever may have it.
    pub(crate) fn presence(channel: &str, at: Timestamp, presence: &Presence) -> Self {
        let item = protocol::presence_item(channel, presence);
        let (frame, header) = framed(Header::MOST + item.len(), |frame| frame.put_slice(item.as_bytes()));
        let (deflated, chunk) = (OnceLock::new(), OnceLock::new());
        let (position, seen_by, latest, ends) = (None, SeenBy::All, None, false);
        Self(Arc::new(Shared { position, at, seen_by, latest, ends, frame, header, deflated, chunk }))
    }

    /// Its place; a volatile event has none.
    pub(crate) fn position(&self) -> Option<Position> {
        self.0.position
    }

    /// Its offset, for those who know it has one.
    pub(crate) fn offset(&self) -> u64 {
        self.position().map_or(0, |position| position.offset)
    }

    /// Whether not everybody may see it.
    pub(crate) fn is_guarded(&self) -> bool {
        !matches!(self.0.seen_by, SeenBy::All)
    }

    /// Whether this client may see it.
    pub(crate) fn is_shown(&self, to: &dyn Sees) -> bool {
        match &self.0.seen_by {
            SeenBy::All => true,
            SeenBy::Only(audience) => to.sees(audience),
            SeenBy::Nobody => false,
        }
    }

    /// When it was published.
    pub(crate) fn at(&self) -> Timestamp {
        self.0.at
    }

    /// What it is the newest of.
    pub(crate) fn latest(&self) -> Option<&Arc<str>> {
        self.0.latest.as_ref()
    }

    /// Whether it is the last of its channel.
    pub(crate) fn ends(&self) -> bool {
        self.0.ends
    }

    /// The item, JSON: a poll's item and a WebSocket's text are these very bytes.
    pub(crate) fn item(&self) -> &[u8] {
        &self.0.frame[self.0.header..]
    }

    /// The item as a WebSocket's frame, compressed where that was agreed and makes it smaller.
    pub(crate) fn frame(&self, agreed: Option<Agreed>) -> &Bytes {
        match agreed {
            Some(agreed) if agreed.takes(self.item().len()) => {
                self.0.deflated.get_or_init(|| deflate(self.item()).unwrap_or_else(|| self.0.frame.clone()))
            }
            _ => &self.0.frame,
        }
    }

    /// The item as an SSE event, in a chunk of an HTTP/1.1 body; made once and only if an SSE reader comes.
    pub(crate) fn chunk(&self) -> &Bytes {
        self.0.chunk.get_or_init(|| {
            let mut event = BytesMut::new();
            protocol::sse_event(&mut event, self.0.position, self.item());
            protocol::chunk(&event).freeze()
        })
    }

    /// The item as an SSE event: the same bytes without what makes them a chunk.
    pub(crate) fn sse(&self) -> Bytes {
        let chunk = self.chunk();
        let begin = chunk.iter().position(|byte| *byte == b'\n').map_or(0, |line| line + 1);
        chunk.slice(begin..chunk.len() - 2)
    }
}

/// An item behind the header of its frame, and how long that is.
fn framed(capacity: usize, write: impl FnOnce(&mut BytesMut)) -> (Bytes, usize) {
    let mut frame = BytesMut::with_capacity(capacity);
    frame.put_bytes(0, Header::MOST);
    write(&mut frame);
    // How long the header is, is known once the item is.
    let header = header(Opcode::Text, false, frame.len() - Header::MOST);
    let start = Header::MOST - header.len();
    frame[start..Header::MOST].copy_from_slice(&header);
    (frame.freeze().slice(start..), header.len())
}
