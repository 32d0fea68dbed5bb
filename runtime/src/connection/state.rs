//! A client that is given the state of its channels: before the first event, and after a gap. Floor 5.
//!
//! While a channel's state is due, nothing is read: no position passes what the state stands for. A client that is cut before it has the
//! state comes back to where the state is due again.

use std::sync::Arc;

use super::join::Stage;
use super::reading::{Reading, State};
use super::{Batch, Connection, Start, Taken};
use crate::channel::{Begin, Read};
use crate::log::{Most, Want};
use crate::position::{Position, Since};

/// A state that is due.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    pub(crate) channel: Arc<str>,
    /// What its client has had of the channel: a state that was begun before is none.
    pub(crate) had: Option<Position>,
}

/// Whether a state fits in where it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It does, and is good for this.
    Good(Position),
    /// Its client had something after it, or what came after it is kept no longer: another is needed.
    Old,
    /// That cannot be said yet: the seat is woken when it can.
    Wait,
    /// It is not due any more.
    NotDue,
}

impl Connection {
    /// Gives its client the states of its channels from now on: first of all if it comes with no position, and after a gap.
    pub(crate) fn want_states(&mut self, since: Since) {
        let comes_new = since == Since::Now && !self.readings.is_empty();
        let state = if comes_new { State::Due } else { State::Wanted };
        self.readings.iter_mut().for_each(|reading| reading.state = state);
        if comes_new {
            self.start = Start::Since { since, opens: true, ticket: None };
            (self.opening, self.midway) = (None, true);
        }
    }

    /// Whether it reads nothing, because the state of a channel is due.
    pub(super) fn rests(&self) -> bool {
        self.readings.iter().any(|reading| reading.state == State::Due)
    }

    /// Goes on behind the states that were due; says whether there is an opening first.
    pub(super) fn opens_behind_states(&mut self) -> bool {
        let Start::Since { since: Since::At(lowest), .. } = self.start else { return false };
        (self.opening, self.midway) = (Some(lowest), false);
        true
    }

    /// Whether its client has states, or is about to, and no position that says so.
    pub(crate) fn is_midway(&self) -> bool {
        self.midway
    }

    /// Whether the channel that joins next can go on.
    pub(super) fn joins(&self) -> bool {
        self.joining.front().is_some_and(|joining| joining.reading.state != State::Due)
    }

    /// The states that are due.
    pub(crate) fn due(&self) -> impl Iterator<Item = Due> {
        let position = self.position();
        let joined = self.readings.iter().map(move |reading| (reading, position));
        let joining = self.joining.iter().map(|joining| (&joining.reading, None));
        let due = joined.chain(joining).filter(|(reading, _)| reading.state == State::Due);
        due.map(|(reading, position)| {
            let had = position.map(|position| Position { offset: position.offset.max(reading.place.after), ..position });
            Due { channel: reading.channel.name().clone(), had }
        })
    }

    /// Takes a state that is good for `position`, and was asked for after `begun`; where it fits in, its channel goes on from there.
    pub(crate) fn give_state(&mut self, name: &str, position: Position, begun: Position, batch: &mut Batch) -> Fit {
        let at = self.position().filter(|at| at.epoch == position.epoch);
        if let Some(reading) = self.readings.iter_mut().find(|reading| **reading.channel.name() == *name) {
            let had = at.map_or(0, |at| at.offset.max(reading.place.after));
            let fit = reading.fit(position, begun, had, batch);
            if let (Fit::Good(position), Start::Since { since, .. }) = (fit, &mut self.start) {
                // It begins at the lowest of its channels.
                *since = match *since {
                    Since::At(lowest) if lowest.epoch == position.epoch && lowest.offset < position.offset => Since::At(lowest),
                    _ => Since::At(position),
                };
            }
            return fit;
        }
        let Some(joining) = self.joining.iter_mut().find(|joining| **joining.reading.channel.name() == *name) else { return Fit::NotDue };
        let fit = joining.reading.fit(position, begun, 0, batch);
        if let Fit::Good(position) = fit {
            (joining.since, joining.stage) = (Since::At(position), Stage::Asked { ticket: None });
        }
        fit
    }

    /// Whether a channel that is given its state has lost something.
    pub(super) fn owes_states(&self, taken: &[Taken]) -> bool {
        taken.iter().any(|taken| taken.found.loss.is_some() && self.readings[taken.at].state == State::Wanted)
    }

    /// Takes over the gaps alone, and no position: the states stand between them and what follows.
    pub(super) fn take_gaps(&mut self, batch: &mut Batch, position: Position, head: Position) -> Position {
        for Taken { at, place, found, .. } in batch.taken.drain(..).filter(|taken| taken.found.loss.is_some()) {
            let reading = &mut self.readings[at];
            batch.outputs.extend(reading.accept(place, &found, head));
        }
        self.midway = true;
        position
    }
}

impl Reading {
    /// Whether a state fits in: nothing of the channel lies between it and what its client had up to `had`, and what comes after it is
    /// kept. Its place is there then.
    fn fit(&mut self, position: Position, begun: Position, had: u64, batch: &mut Batch) -> Fit {
        if self.state != State::Due {
            return Fit::NotDue;
        }
        let mut place = match self.channel.place(self.slot, position.epoch, Some(position.offset)) {
            Begin::Detached => return Fit::Wait,
            Begin::Epoch => return Fit::Old,
            Begin::At(place) => place,
        };
        let want = Want { up_to: had, most: Most { items: 1, bytes: 1 } };
        let found = match self.channel.read(self.slot, position.epoch, &mut place, want, &mut batch.recent).0 {
            Read::Detached => return Fit::Wait,
            Read::Epoch => return Fit::Old,
            Read::Found(found) => found,
        };
        // Where nobody knows whether anything was lost, the application's word holds: it was asked after `begun`.
        let is_lost = found.loss.is_some_and(|loss| loss.missed.is_some() || begun.epoch != position.epoch || begun.offset < loss.until);
        if is_lost || found.run.is_some() {
            return Fit::Old;
        }
        (self.place, self.seen, self.state) = (place, None, State::Wanted);
        self.place.after = place.after.max(had);
        self.owe_list();
        Fit::Good(Position { offset: place.after, ..position })
    }
}
