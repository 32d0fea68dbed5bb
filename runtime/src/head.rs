//! How far this node has come in its hub's one sequence. Floor 4.
//!
//! The head is the highest offset below which every event of every channel attached here is in its log. Nobody is sent, told
//! or given a position above it. It moves only by what the broker delivers, in the broker's order, and only forward in one epoch.

use std::sync::Arc;

use crate::position::{Epoch, Position};
use crate::sync::{AtomicU64, AtomicWaker, Mutex, Ordering, lock};

/// A reader's place to be woken at: a place, not a task; one task may serve one connection or many.
#[derive(Debug, Default)]
pub(crate) struct Seat(AtomicWaker);

impl Seat {
    /// Whoever wakes this seat from now on wakes the task behind `waker`. Register first, look second.
    pub(crate) fn register(&self, waker: &std::task::Waker) {
        #[cfg(not(loom))]
        self.0.register(waker);
        #[cfg(loom)]
        self.0.register(waker.clone());
    }

    pub(crate) fn wake(&self) {
        self.0.wake();
    }
}

/// See the module.
pub(crate) struct Head {
    epoch: AtomicU64,
    offset: AtomicU64,
    /// Marks asked for, and marks that came: the head is known once one came, and answers who asked before it.
    asked: AtomicU64,
    marked: AtomicU64,
    /// Readers that wait for the head itself: their position is ahead of it, or their log is.
    waiting: Mutex<Vec<Arc<Seat>>>,
    ask: Box<dyn Fn() + Send + Sync>,
}

impl Head {
    /// A head that asks the broker for a mark by `ask`.
    pub(crate) fn new(ask: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            epoch: AtomicU64::new(0),
            offset: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            marked: AtomicU64::new(0),
            waiting: Mutex::new(Vec::new()),
            ask: Box::new(ask),
        }
    }

    /// The head, once a first mark came.
    pub(crate) fn load(&self) -> Option<Position> {
        if self.marked.load(Ordering::Acquire) == 0 {
            return None;
        }
        loop {
            // `reset` takes the offset back before it changes the epoch, so an old offset never comes with a new epoch.
            let epoch = self.epoch.load(Ordering::Acquire);
            let offset = self.offset.load(Ordering::Acquire);
            if self.epoch.load(Ordering::Acquire) == epoch {
                return Some(Position { epoch: Epoch(epoch), offset });
            }
        }
    }

    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::Acquire))
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset.load(Ordering::Acquire)
    }

    /// Everything attached here is in its log up to `offset`.
    pub(crate) fn advance(&self, offset: u64) {
        self.offset.fetch_max(offset, Ordering::AcqRel);
    }

    /// A mark came: the head moves, and whoever asked has its answer.
    pub(crate) fn mark(&self, offset: u64) {
        self.advance(offset);
        self.marked.fetch_add(1, Ordering::AcqRel);
    }

    /// The store has a new epoch, and nothing of it is here yet.
    pub(crate) fn reset(&self, epoch: Epoch) {
        self.offset.store(0, Ordering::Release);
        self.epoch.store(epoch.0, Ordering::Release);
    }

    /// Asks the broker for a mark; the ticket is answered when it came.
    pub(crate) fn ask(&self) -> u64 {
        let ticket = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
        (self.ask)();
        ticket
    }

    /// Whether the mark asked for by this ticket came.
    pub(crate) fn answered(&self, ticket: u64) -> bool {
        self.marked.load(Ordering::Acquire) >= ticket
    }

    /// Marks that were asked for and did not come yet.
    pub(crate) fn unanswered(&self) -> u64 {
        self.asked.load(Ordering::Acquire).saturating_sub(self.marked.load(Ordering::Acquire))
    }

    /// The seat is woken at the head's next move. Look at the head again after this.
    pub(crate) fn wait(&self, seat: &Arc<Seat>) {
        let mut waiting = lock(&self.waiting);
        if !waiting.iter().any(|other| Arc::ptr_eq(other, seat)) {
            waiting.push(seat.clone());
        }
    }

    /// Whether somebody waits for the head. Under the lock: who came to wait before sees the head as it is now.
    pub(crate) fn waited_for(&self) -> bool {
        !lock(&self.waiting).is_empty()
    }

    /// A reader goes, and waits no longer.
    pub(crate) fn unwait(&self, seat: &Arc<Seat>) {
        lock(&self.waiting).retain(|other| !Arc::ptr_eq(other, seat));
    }

    /// Those who wait for the head.
    pub(crate) fn take_waiting(&self) -> Vec<Arc<Seat>> {
        std::mem::take(&mut *lock(&self.waiting))
    }
}

impl std::fmt::Debug for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Head").field(&self.load()).finish()
    }
}
