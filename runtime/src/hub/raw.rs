//! A hub's streams without sockets and without decoding: what the benchmarks of the core read. Floor 6.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};

use tokio::time::Instant;

use super::Hub;
use super::driver::{Driven, Turn};
use super::stream::Stream;
use crate::connection::Batch;
use crate::contract::Realtime;
use crate::position::Since;

/// The room that readers share, as those of one driver do.
#[derive(Debug, Default)]
pub struct Room(Batch);

/// One reader of one channel.
pub struct Raw(Stream);

/// What one poll gave.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// So many items.
    pub items: usize,
    /// So many bytes.
    pub bytes: usize,
    /// Whether there may be more behind them; where not, the reader is woken when there is.
    pub more: bool,
}

/// What readers that are driven did.
#[derive(Debug, Default)]
pub struct Counts {
    /// They were polled so often.
    pub polls: AtomicU64,
    /// They took so many items.
    pub items: AtomicU64,
}

impl Raw {
    /// Reads the channel from now on; none where the hub is full.
    pub fn connect<E: Realtime>(hub: &Hub<E>, channel: &str) -> Option<Self> {
        hub.node.connect(&[channel.to_owned()], Since::Now, None).ok().map(Self)
    }

    /// What there is to be handed on; pending where there is nothing.
    pub fn poll(&mut self, cx: &mut Context<'_>, now: Instant, room: &mut Room) -> Poll<Taken> {
        self.take(cx, now, &mut room.0)
    }

    /// Is polled by its hub's own drivers from now on, as a connection is that owns its socket. Must be called in a runtime.
    pub fn drive(self, counts: Arc<Counts>) {
        let drivers = Arc::clone(&self.0.node().drivers);
        drivers.drive(Counted { raw: self, counts });
    }

    fn take(&mut self, cx: &mut Context<'_>, now: Instant, batch: &mut Batch) -> Poll<Taken> {
        self.0.poll_next(cx, now, batch).map(|_| {
            let (items, bytes) = batch.outputs.iter().fold((0, 0), |(items, bytes), output| (items + output.len(), bytes + output.bytes()));
            // What is written is let go, as by a transport.
            batch.outputs.clear();
            Taken { items, bytes, more: batch.more }
        })
    }
}

impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Raw").field("position", &self.0.position()).finish_non_exhaustive()
    }
}

/// One that is driven, and counts.
struct Counted {
    raw: Raw,
    counts: Arc<Counts>,
}

impl Driven for Counted {
    fn poll(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Poll<()> {
        self.counts.polls.fetch_add(1, Relaxed);
        while let Poll::Ready(taken) = self.raw.take(cx, turn.now, &mut turn.batch) {
            self.counts.items.fetch_add(taken.items as u64, Relaxed);
            if !taken.more {
                break;
            }
        }
        Poll::Pending
    }

    fn due(&self) -> Option<Instant> {
        self.raw.0.due()
    }

    fn touch(&self) -> usize {
        self.raw.0.touch()
    }
}
