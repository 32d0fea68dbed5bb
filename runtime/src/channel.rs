//! One channel on this node: its log and its readers behind one lock. Floor 4.
//!
//! The lock is a standard one and nothing is awaited under it. The head moves under it too, so whoever holds it and sees an
//! entry finds the head at or above that entry; and a reader that finds nothing left is noted as waiting under it, so no
//! entry can come between its look and its wait.

mod presence;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64 as Counter, Ordering::Relaxed};

use crate::broker::Tail;
use crate::entry::{Entry, Record, Timestamp};
use crate::error::BrokerError;
use crate::head::{Head, Seat};
use crate::log::{Found, Log, Place, Retention, Want};
use crate::position::Epoch;
use crate::subscribers::Subscribers;
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering, lock};

use presence::Attendance;
pub(crate) use presence::Attended;

/// The number of the next channel.
static NUMBER: Counter = Counter::new(0);

#[derive(Debug)]
pub(crate) struct Channel {
    name: Arc<str>,
    /// No other channel of the process has, or had, this number.
    number: u64,
    /// Whether not everybody may see all of it.
    guarded: bool,
    /// Whether it is told who is in.
    has_presence: bool,
    retention: Retention,
    /// Moves with every change of the log, before the head does, and whenever readers are taken to be woken: a reader that saw
    /// this version still waits and need not look.
    version: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    epoch: Epoch,
    log: Log,
    subscribers: Subscribers<Arc<Seat>>,
    /// What came live while the tail is not read; none once attached.
    held: Option<Log>,
    /// Counts the changes of the log.
    changes: u64,
    /// Counts the times its tail had to be read anew, so that the answer to an older reading is not taken for the newest.
    losses: u64,
    idle_since: Timestamp,
    /// Who is in, where that is told.
    attendance: Option<Box<Attendance>>,
}

/// What a reader finds in a channel.
pub(crate) enum Read {
    /// The tail is not read yet: the reader waits, and is woken.
    Detached,
    /// The log is of another epoch than the reader's position.
    Epoch,
    /// What came after the reader's place.
    Found(Found),
}

/// The last read of whoever reads for many: another from the same place of the same log finds the same.
#[derive(Debug)]
pub(crate) struct Recent {
    channel: u64,
    changes: u64,
    before: (u64, u64),
    want: Want,
    after: Place,
    found: Found,
}

impl Recent {
    fn serves(&self, place: &Place, want: Want) -> bool {
        // Where nothing was left behind, a head that has moved since changes nothing.
        let want_holds = self.want == want || (!self.found.more && self.want.most == want.most && self.want.up_to <= want.up_to);
        self.before == (place.after, place.tick) && want_holds
    }
}

/// Where a reader begins in a channel.
pub(crate) enum Begin {
    /// The tail is not read yet: the reader waits, and is woken.
    Detached,
    /// The log is of another epoch than the reader's head.
    Epoch,
    /// Here.
    At(Place),
}

/// A reader's registration in a channel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot(usize);

impl Channel {
    /// A channel whose tail is not read yet.
    pub(crate) fn new(name: Arc<str>, retention: Retention, epoch: Epoch, now: Timestamp) -> Self {
        let state = State {
            epoch,
            log: Log::new(retention, 0),
            subscribers: Subscribers::new(),
            held: Some(Log::new(retention, 0)),
            changes: 0,
            losses: 0,
            idle_since: now,
            attendance: None,
        };
        let number = NUMBER.fetch_add(1, Relaxed);
        let (guarded, has_presence) = (false, false);
        Self { name, number, guarded, has_presence, retention, version: AtomicU64::new(1), state: Mutex::new(state) }
    }

    /// The same, where not everybody may see all of it.
    pub(crate) fn guarded(self, guarded: bool) -> Self {
        Self { guarded, ..self }
    }

    /// Whether not everybody may see all of it.
    pub(crate) fn is_guarded(&self) -> bool {
        self.guarded
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Changes with the log: equal to what a read saw means nothing came since.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Takes what the broker delivered. The version moves before the head: a reader takes the head first and would otherwise
    /// pass the entry over. Says by how many bytes the log grew, and whether somebody waits.
    pub(crate) fn deliver(&self, record: &Record, head: &Head, now: Timestamp) -> (isize, bool) {
        let mut state = lock(&self.state);
        let state = &mut *state;
        let entry = Entry::new(&self.name, state.epoch, record, self.guarded);
        state.changes += 1;
        let log = state.held.as_mut().unwrap_or(&mut state.log);
        let before = log.bytes();
        match record.offset {
            Some(offset) => {
                log.append(entry, now);
                self.version.fetch_add(1, Ordering::Release);
                head.advance(offset);
            }
            None => {
                log.append_volatile(head.offset(), entry);
                self.version.fetch_add(1, Ordering::Release);
            }
        }
        (log.bytes().wrapping_sub(before).cast_signed(), state.subscribers.call())
    }

    /// How often its tail had to be read anew: taken before the broker is asked for it, handed to [`Self::attach`].
    pub(crate) fn losses(&self) -> u64 {
        lock(&self.state).losses
    }

    /// The tail is read: what came live meanwhile goes behind it, what came twice is dropped.
    /// A tail that was asked for before the newest loss may lack what was lost, and is not taken.
    ///
    /// # Errors
    /// The tail is of a new epoch that was not delivered yet: its offsets may be those of other events here.
    pub(crate) fn attach(&self, losses: u64, tail: &Tail, now: Timestamp) -> Result<isize, BrokerError> {
        let mut state = lock(&self.state);
        let state = &mut *state;
        if state.losses != losses {
            return Ok(0);
        }
        if state.epoch != tail.epoch {
            return Err(BrokerError("the tail is of another epoch".into()));
        }
        let Some(held) = state.held.take() else { return Ok(0) };
        let before = state.log.bytes();
        let kept = tail.entries.iter().filter(|record| record.offset > Some(tail.dropped));
        // What the store no longer has because a newer of its key is there goes first: else it would go as a loss, with what was dropped.
        for record in kept.clone() {
            if let (Some(key), Some(offset)) = (&record.latest, record.offset) {
                state.log.supersede(key, offset);
            }
        }
        state.log.drop_to(tail.dropped);
        for record in kept {
            state.log.append(Entry::new(&self.name, state.epoch, record, self.guarded), now);
        }
        let held_bytes = held.bytes();
        state.log.end(tail.ended);
        state.log.take_over(held, now);
        state.changes += 1;
        self.version.fetch_add(1, Ordering::Release);
        state.subscribers.call();
        Ok(state.log.bytes().wrapping_sub(before).wrapping_sub(held_bytes).cast_signed())
    }

    /// Deliveries may be missing: readers wait until the tail is read again.
    pub(crate) fn lose(&self) {
        let mut state = lock(&self.state);
        state.losses += 1;
        state.held.get_or_insert_with(|| Log::new(self.retention, 0));
        self.version.fetch_add(1, Ordering::Release);
    }

    /// The store is of a new epoch: nothing that is here is of it, unless the channel was made in it.
    pub(crate) fn reset(&self, epoch: Epoch) -> isize {
        let mut state = lock(&self.state);
        if state.epoch == epoch {
            return 0;
        }
        let bytes = state.log.bytes() + state.held.as_ref().map_or(0, Log::bytes);
        state.epoch = epoch;
        state.losses += 1;
        state.changes += 1;
        state.log = Log::new(self.retention, 0);
        state.held = Some(Log::new(self.retention, 0));
        self.version.fetch_add(1, Ordering::Release);
        bytes.cast_signed().wrapping_neg()
    }

    /// A reader more.
    pub(crate) fn subscribe(&self, seat: &Arc<Seat>) -> Slot {
        Slot(lock(&self.state).subscribers.insert(seat.clone()))
    }

    /// A reader less.
    pub(crate) fn unsubscribe(&self, slot: Slot, now: Timestamp) {
        let mut state = lock(&self.state);
        state.subscribers.remove(slot.0);
        state.idle_since = now;
    }

    /// What came after `place`. Where nothing is left behind it, the reader waits from this moment on.
    /// Also says which version was read.
    pub(crate) fn read(&self, slot: Slot, epoch: Epoch, place: &mut Place, want: Want, recent: &mut Option<Recent>) -> (Read, u64) {
        let mut state = lock(&self.state);
        let version = self.version();
        if state.held.is_some() {
            state.subscribers.wait(slot.0);
            return (Read::Detached, version);
        }
        if state.epoch != epoch {
            return (Read::Epoch, version);
        }
        let same = recent.as_ref().filter(|recent| recent.channel == self.number && recent.changes == state.changes);
        let found = if let Some(recent) = same.filter(|recent| recent.serves(place, want)) {
            *place = recent.after;
            recent.found.clone()
        } else {
            let before = (place.after, place.tick);
            let found = state.log.read(place, want);
            if found.loss.is_none() && found.run.is_some() {
                let (channel, changes, after, found) = (self.number, state.changes, *place, found.clone());
                *recent = Some(Recent { channel, changes, before, want, after, found });
            }
            found
        };
        if !found.more {
            state.subscribers.wait(slot.0);
        }
        (Read::Found(found), version)
    }

    /// The place of a reader that has had everything up to `offset` of `epoch`, or of one that begins with the oldest entry.
    pub(crate) fn place(&self, slot: Slot, epoch: Epoch, offset: Option<u64>) -> Begin {
        let mut state = lock(&self.state);
        if state.held.is_some() {
            state.subscribers.wait(slot.0);
            return Begin::Detached;
        }
        if state.epoch != epoch {
            return Begin::Epoch;
        }
        Begin::At(state.log.place(offset.unwrap_or(state.log.dropped())))
    }

    /// Whether it has ended and whoever has had everything up to `offset` of `epoch` has had its last: nothing is to come for them.
    pub(crate) fn is_over(&self, epoch: Epoch, offset: u64) -> bool {
        let state = lock(&self.state);
        state.held.is_none() && state.epoch == epoch && state.log.ended().is_some_and(|ended| ended <= offset)
    }

    /// Wakes up to `most` of those that are called, outside the lock. Says whether more are.
    pub(crate) fn wake(&self, most: usize) -> bool {
        let (seats, more) = {
            let mut state = lock(&self.state);
            let seats = state.subscribers.take_called(most);
            if !seats.is_empty() {
                // Who is taken waits no longer. It may have read this version already, before it was taken, so the version
                // moves: it looks again, and waits again.
                self.version.fetch_add(1, Ordering::Release);
            }
            (seats, state.subscribers.any_called())
        };
        seats.iter().for_each(|seat| seat.wake());
        more
    }

    pub(crate) fn subscribers(&self) -> usize {
        lock(&self.state).subscribers.len()
    }

    /// Drops what is too old, and says how the log's bytes changed.
    pub(crate) fn expire(&self, now: Timestamp) -> isize {
        Self::shrink(&mut lock(&self.state), |log| log.expire(now))
    }

    /// Drops the oldest of what came no later than `offset`, to make room in the hub: not more than so many.
    pub(crate) fn drop_to(&self, offset: u64, most: usize) -> isize {
        Self::shrink(&mut lock(&self.state), |log| log.drop_all_to(offset, most))
    }

    fn shrink(state: &mut MutexGuard<'_, State>, by: impl FnOnce(&mut Log)) -> isize {
        let before = state.log.bytes();
        by(&mut state.log);
        state.changes += 1;
        state.log.bytes().wrapping_sub(before).cast_signed()
    }

    /// The offset of the oldest entry that is kept.
    pub(crate) fn oldest(&self) -> Option<u64> {
        lock(&self.state).log.oldest()
    }

    /// Up to where everything is gone, if nobody reads the channel or is in it, and it is not worth keeping:
    /// it is empty, or (where a store keeps the history) idle since before `idle`.
    pub(crate) fn forgettable(&self, idle: Option<Timestamp>) -> Option<u64> {
        let state = lock(&self.state);
        let is_deserted = state.attendance.as_ref().is_none_or(|attendance| attendance.is_empty());
        let unused = state.held.is_none() && state.subscribers.len() == 0 && is_deserted;
        (unused && (state.log.is_empty() || idle.is_some_and(|idle| state.idle_since < idle))).then(|| state.log.newest())
    }

    /// The bytes of its log.
    pub(crate) fn bytes(&self) -> usize {
        lock(&self.state).log.bytes()
    }
}
