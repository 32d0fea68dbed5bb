//! What a hub counts while it works. Floor 0.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// The counters; each is a plain number that only its owner's code moves, so relaxed order is enough.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) published: AtomicU64,
    pub(crate) gaps: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) history_bytes: AtomicUsize,
    pub(crate) refused: AtomicU64,
}

/// A hub's numbers at one moment: `hub.stats()`. It has `Serialize`, so that a page of an application's own can show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Connections open now, by any transport.
    pub connections: usize,
    /// Channels that have a subscriber or history now.
    pub channels: usize,
    /// Bytes of history kept now.
    pub history_bytes: usize,
    /// Events published here since the hub was made.
    pub published: u64,
    /// Gaps told since the hub was made.
    pub gaps: u64,
    /// Bytes of items handed to transports since the hub was made.
    pub bytes: u64,
    /// Requests refused since the hub was made.
    pub refused: u64,
}

impl Metrics {
    /// The numbers now; connections and channels are counted by who has them.
    pub(crate) fn stats(&self, connections: usize, channels: usize) -> Stats {
        Stats {
            connections,
            channels,
            history_bytes: self.history_bytes.load(Relaxed),
            published: self.published.load(Relaxed),
            gaps: self.gaps.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            refused: self.refused.load(Relaxed),
        }
    }
}
