//! How far this node has come in its hub's one sequence. Floor 4.
//!
//! The head is the highest offset below which every event of every channel attached here is in its log. Nobody is sent, told
//! or given a position above it. It moves only by what the broker delivers, in the broker's order, and only forward in one epoch.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64 as Counter, Ordering::Relaxed};

use crate::broker::Mark;
use crate::position::{Epoch, Position};
use crate::sync::{AtomicBool, AtomicU64, AtomicWaker, Mutex, MutexGuard, Ordering, lock};

/// A reader's place to be woken at: a place, not a task; one task may serve one connection or many.
#[derive(Debug, Default)]
pub(crate) struct Seat {
    waker: AtomicWaker,
    /// Its place among those that wait for its head, and read or changed under their lock only.
    place: Counter,
    /// Held while a connection reads and writes, so that who has told it something knows that nothing is written that was read before.
    words: Mutex<Option<Box<Words>>>,
}

/// What a connection is told from outside. It obeys before it reads or writes another byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// The channel is its client's no longer.
    Revoked(Arc<str>),
    /// Nothing is.
    Disconnected,
}

/// Several, in the order they were told.
#[derive(Debug, Default)]
pub(crate) struct Words(pub(crate) Vec<Word>);

impl Seat {
    /// No other has it while this one is there.
    pub(crate) fn number(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    /// Whoever wakes this seat from now on wakes the task behind `waker`. Register first, look second.
    pub(crate) fn register(&self, waker: &std::task::Waker) {
        #[cfg(not(triwire_loom))]
        self.waker.register(waker);
        #[cfg(triwire_loom)]
        self.waker.register(waker.clone());
    }

    pub(crate) fn wake(&self) {
        self.waker.wake();
    }

    /// Tells the connection of this seat something. After this call it writes nothing that it read before.
    pub(crate) fn tell(&self, word: Word) {
        lock(&self.words).get_or_insert_default().0.push(word);
        self.wake();
    }

    /// The connection's turn to read and write, and what it was told since the last.
    pub(crate) fn turn(&self) -> MutexGuard<'_, Option<Box<Words>>> {
        lock(&self.words)
    }
}

/// See the module.
pub(crate) struct Head {
    epoch: AtomicU64,
    offset: AtomicU64,
    /// Whether a mark of this epoch came: before it, nobody knows how far the store is.
    known: AtomicBool,
    /// The newest ticket that a mark was asked for with, and the newest one that came back.
    asked: AtomicU64,
    marked: AtomicU64,
    /// Readers that wait for the head itself: their position is ahead of it, or their log is.
    waiting: Mutex<Waiting>,
    ask: Box<dyn Fn(u64) + Send + Sync>,
}

/// What there was to see at one look, for who waits if it is not enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// The head, once a mark of its epoch came.
    pub(crate) head: Option<Position>,
    /// The newest ticket that was answered before the head was taken.
    marked: u64,
}

impl Look {
    /// Whether the mark asked for by this ticket came, so that the head is at or above all that was published before it was asked.
    pub(crate) fn answers(&self, ticket: u64) -> bool {
        self.marked >= ticket
    }
}

impl Head {
    /// A head that asks the broker for a mark by `ask`.
    pub(crate) fn new(ask: impl Fn(u64) + Send + Sync + 'static) -> Self {
        Self {
            epoch: AtomicU64::new(0),
            offset: AtomicU64::new(0),
            known: AtomicBool::new(false),
            asked: AtomicU64::new(0),
            marked: AtomicU64::new(0),
            waiting: Mutex::new(Waiting { seats: Vec::new(), first: 1 }),
            ask: Box::new(ask),
        }
    }

    /// The head, and which tickets were answered before it was taken: a mark moves the head first, and is an answer after.
    pub(crate) fn look(&self) -> Look {
        let marked = self.marked.load(Ordering::Acquire);
        Look { head: self.load(), marked }
    }

    /// The head, once a mark of its epoch came.
    pub(crate) fn load(&self) -> Option<Position> {
        loop {
            // `reset` takes all back before it changes the epoch, so nothing old comes with a new epoch; a mark moves the offset
            // before it makes it known.
            let epoch = self.epoch.load(Ordering::Acquire);
            let known = self.known.load(Ordering::Acquire);
            let offset = self.offset.load(Ordering::Acquire);
            if self.epoch.load(Ordering::Acquire) == epoch {
                return known.then_some(Position { epoch: Epoch(epoch), offset });
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

    /// A mark came: the head moves, and whoever asked up to its ticket has an answer.
    pub(crate) fn mark(&self, mark: Mark) {
        self.advance(mark.offset);
        self.known.store(true, Ordering::Release);
        self.marked.fetch_max(mark.ticket, Ordering::AcqRel);
    }

    /// The store has a new epoch, and nothing of it is here yet.
    pub(crate) fn reset(&self, epoch: Epoch) {
        self.known.store(false, Ordering::Release);
        self.offset.store(0, Ordering::Release);
        self.epoch.store(epoch.0, Ordering::Release);
    }

    /// Asks the broker for a mark with a ticket of its own, which is answered when it, or one asked for later, came.
    pub(crate) fn ask(&self) -> u64 {
        let ticket = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
        (self.ask)(ticket);
        ticket
    }

    /// The seat is woken at the head's next move. Look at the head again after this.
    pub(crate) fn wait(&self, seat: &Arc<Seat>) {
        lock(&self.waiting).insert(seat);
    }

    /// Whether somebody waits for the head. Under the lock: who came to wait before sees the head as it is now.
    pub(crate) fn waited_for(&self) -> bool {
        !lock(&self.waiting).seats.is_empty()
    }

    /// A reader goes, and waits no longer.
    pub(crate) fn unwait(&self, seat: &Seat) {
        lock(&self.waiting).remove(seat);
    }

    /// Those who wait for the head; they wait no longer.
    pub(crate) fn take_waiting(&self) -> Vec<Arc<Seat>> {
        lock(&self.waiting).take()
    }
}

/// Those who wait for the head. Each knows its place, so that to wait, to wait again and to leave cost the same however many wait.
struct Waiting {
    seats: Vec<Arc<Seat>>,
    /// The place of the first. Those of who was taken lie before it, and so does that of who never waited: 0.
    first: u64,
}

impl Waiting {
    /// Where the seat lies, if it waits.
    fn index(&self, seat: &Seat) -> Option<usize> {
        seat.place.load(Relaxed).checked_sub(self.first).and_then(|index| usize::try_from(index).ok())
    }

    fn insert(&mut self, seat: &Arc<Seat>) {
        if self.index(seat).is_none() {
            seat.place.store(self.first + self.seats.len() as u64, Relaxed);
            self.seats.push(seat.clone());
        }
    }

    fn remove(&mut self, seat: &Seat) {
        if let Some(index) = self.index(seat) {
            self.seats.swap_remove(index);
            if let Some(moved) = self.seats.get(index) {
                moved.place.store(seat.place.load(Relaxed), Relaxed);
            }
            seat.place.store(0, Relaxed);
        }
    }

    fn take(&mut self) -> Vec<Arc<Seat>> {
        self.first += self.seats.len() as u64;
        std::mem::take(&mut self.seats)
    }
}

impl std::fmt::Debug for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Head").field(&self.load()).finish()
    }
}

#[cfg(test)]
mod tests;
