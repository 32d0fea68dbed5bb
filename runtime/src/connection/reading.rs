//! One channel of a connection: its place there, and what its client is told of it. Floor 5.

use std::sync::Arc;

use super::Step;
use crate::channel::{Begin, Channel, Slot};
use crate::head::Seat;
use crate::log::{Found, Place};
use crate::output::Output;
use crate::position::Position;
use crate::protocol::{Gap, GapReason};

#[derive(Debug)]
pub(super) struct Reading {
    pub(super) channel: Arc<Channel>,
    pub(super) slot: Slot,
    pub(super) place: Place,
    /// The channel's version at a read that left nothing behind.
    pub(super) seen: Option<u64>,
    /// Whether no read of it succeeded yet: what is lost now was lost before the client came.
    pub(super) fresh: bool,
    pub(super) state: State,
    pub(super) list: List,
}

/// Whether the client is given the state of the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It did not ask for it.
    No,
    /// After a gap.
    Wanted,
    /// Now: nothing of the channel comes before it.
    Due,
}

/// Whether the client is given the list of who is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// It did not ask for it, or there is none.
    No,
    /// Where something of what was told is lost.
    Wanted,
    /// When it has all that was told before.
    Due,
}

impl Reading {
    pub(super) fn new(channel: Arc<Channel>, seat: &Arc<Seat>) -> Self {
        let slot = channel.subscribe(seat);
        Self { channel, slot, place: Place::default(), seen: None, fresh: true, state: State::No, list: List::No }
    }

    /// Puts its place at `from`, or where a state is good for, if that is above it; or at the oldest entry.
    pub(super) fn begin(&mut self, position: Position, from: Option<u64>) -> Result<(), Step> {
        let from = from.map(|from| from.max(self.place.after));
        match self.channel.place(self.slot, position.epoch, from) {
            Begin::Detached => Err(Step::Done),
            Begin::Epoch => Err(Step::Again),
            Begin::At(place) => {
                (self.place, self.seen, self.fresh) = (place, None, true);
                self.owe_list();
                Ok(())
            }
        }
    }

    /// Gives its client the list of who is in, where there is one.
    pub(super) fn want_list(&mut self) {
        if self.channel.has_presence() {
            (self.list, self.seen) = (List::Due, None);
        }
    }

    /// What was told up to its place is not what its client knows: the list is due again, if it wants it.
    pub(super) fn owe_list(&mut self) {
        if self.list == List::Wanted {
            self.list = List::Due;
        }
    }

    /// The list, if it is due and this is its place: behind all that was told before, and before all that will be.
    pub(super) fn give_list(&mut self) -> Option<Output> {
        if self.list != List::Due {
            return None;
        }
        // Where there is more before it, the channel is read again.
        let list = self.channel.list(self.place.tick)?;
        self.list = List::Wanted;
        Some(Output::Run(list))
    }

    /// The gap of a reset: nothing is known of what was lost.
    pub(super) fn reset(&mut self, position: Position) -> Output {
        let until = Position { offset: self.place.after, ..position };
        self.gap(Gap { reason: GapReason::Reset, missed: None, until })
    }

    /// Takes over a read's place, and gives the gap if something was lost.
    pub(super) fn accept(&mut self, place: Place, found: &Found, head: Position) -> Option<Output> {
        self.place = place;
        if found.overtaken {
            self.owe_list();
        }
        let reason = if std::mem::take(&mut self.fresh) { GapReason::Expired } else { GapReason::Lagged };
        let loss = found.loss?;
        // How many of them were for this client, nobody counted.
        let missed = loss.missed.filter(|_| !self.channel.is_guarded());
        let gap = Gap { reason, missed, until: Position { offset: loss.until, ..head } };
        Some(self.gap(gap))
    }

    /// The gap, behind which comes the state where its client wants it.
    fn gap(&mut self, gap: Gap) -> Output {
        if self.state == State::Wanted {
            self.state = State::Due;
        }
        Output::Gap(Box::new((self.channel.name().clone(), gap)))
    }
}
