//! Entries of one channel in a row, as one read gave them: shared by all who read from the same place, and joined once for each transport.
//! Floor 1.

use std::sync::{Arc, OnceLock};

use bytes::{Bytes, BytesMut};

use crate::entry::{Entry, Sees};
use crate::websocket::Agreed;

/// Joined bytes are a copy, which what is still unwritten of them keeps alive: longer runs are written piece by piece, out of the entries.
const JOINED_BYTES: usize = 16 << 10;

/// Where an entry stands among those of all channels: by offset, and a volatile one behind the offset it came after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Order {
    pub(crate) offset: u64,
    /// The number of a volatile entry in its log; 0 for a positioned one.
    pub(crate) tick: u64,
}

/// See the module. It has one entry at least, and its entries are in order.
#[derive(Debug, Clone)]
pub(crate) struct Run(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    entries: Vec<(Order, Entry)>,
    bytes: usize,
    /// Whether not everybody may see all of it.
    guarded: bool,
    frames: OnceLock<Bytes>,
    deflated: OnceLock<Bytes>,
    #[cfg(feature = "serve")]
    chunks: OnceLock<Bytes>,
    events: OnceLock<Bytes>,
}

impl Run {
    /// None of no entries.
    pub(crate) fn new(mut entries: Vec<(Order, Entry)>) -> Option<Self> {
        if !entries.is_sorted_by_key(|(order, _)| *order) {
            entries.sort_by_key(|(order, _)| *order);
        }
        let bytes = entries.iter().map(|(_, entry)| entry.item().len()).sum();
        let shared = |entries: Vec<(Order, Entry)>| Shared {
            guarded: entries.iter().any(|(_, entry)| entry.is_guarded()),
            entries,
            bytes,
            frames: OnceLock::new(),
            deflated: OnceLock::new(),
            #[cfg(feature = "serve")]
            chunks: OnceLock::new(),
            events: OnceLock::new(),
        };
        (!entries.is_empty()).then(|| Self(Arc::new(shared(entries))))
    }

    pub(crate) fn entries(&self) -> &[(Order, Entry)] {
        &self.0.entries
    }

    /// The offset of its last entry; of a volatile one, that which it came after.
    pub(crate) fn last(&self) -> u64 {
        self.0.entries.last().map_or(0, |(order, _)| order.offset)
    }

    /// Whether no entry of it has a place.
    pub(crate) fn is_volatile(&self) -> bool {
        self.0.entries.iter().all(|(order, _)| order.tick > 0)
    }

    /// Its entries that have a place.
    pub(crate) fn positioned(self) -> Option<Self> {
        if self.0.entries.iter().all(|(order, _)| order.tick == 0) {
            return Some(self);
        }
        Self::new(self.0.entries.iter().filter(|(order, _)| order.tick == 0).cloned().collect())
    }

    /// What this client may see of it.
    pub(crate) fn shown(self, to: &dyn Sees) -> Option<Self> {
        if !self.0.guarded {
            return Some(self);
        }
        Self::new(self.0.entries.iter().filter(|(_, entry)| entry.is_shown(to)).cloned().collect())
    }

    /// The bytes of its items.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes
    }

    /// As WebSocket frames, compressed as was agreed.
    pub(crate) fn frames(&self, agreed: Option<Agreed>, into: &mut Vec<Bytes>) {
        let frame = |entry: &Entry| entry.frame(agreed).clone();
        match agreed {
            None => self.pieces(&self.0.frames, frame, into),
            Some(agreed) if agreed.takes(usize::MAX) => self.pieces(&self.0.deflated, frame, into),
            // What a small window takes is not what others take.
            Some(_) => into.extend(self.0.entries.iter().map(|(_, entry)| frame(entry))),
        }
    }

    /// As SSE events, in chunks of an HTTP/1.1 body.
    #[cfg(feature = "serve")]
    pub(crate) fn chunks(&self, into: &mut Vec<Bytes>) {
        self.pieces(&self.0.chunks, |entry| entry.chunk().clone(), into);
    }

    /// As SSE events, in one piece: hyper writes each piece as a chunk of its own, and few at a time.
    pub(crate) fn events(&self) -> Bytes {
        self.joined(&self.0.events, &Entry::sse)
    }

    fn pieces(&self, joined: &OnceLock<Bytes>, of: impl Fn(&Entry) -> Bytes, into: &mut Vec<Bytes>) {
        if self.0.bytes <= JOINED_BYTES {
            into.push(self.joined(joined, &of));
        } else {
            into.extend(self.0.entries.iter().map(|(_, entry)| of(entry)));
        }
    }

    fn joined(&self, joined: &OnceLock<Bytes>, of: &impl Fn(&Entry) -> Bytes) -> Bytes {
        if let [(_, entry)] = &*self.0.entries {
            return of(entry);
        }
        let join = || {
            let mut bytes = BytesMut::with_capacity(self.0.bytes + 64 * self.0.entries.len());
            self.0.entries.iter().for_each(|(_, entry)| bytes.extend_from_slice(&of(entry)));
            bytes.freeze()
        };
        joined.get_or_init(join).clone()
    }
}
