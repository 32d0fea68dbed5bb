//! A channel that joins a connection on its way: what it replays comes first, its answer behind it. Floor 5.

use std::sync::Arc;

use super::reading::{Reading, State};
use super::{Batch, Connection, Step};
use crate::channel::{Channel, Read};
use crate::head::Look;
use crate::log::Want;
use crate::output::Output;
use crate::position::{Position, Since};
use crate::run::Run;

/// A channel on its way in.
#[derive(Debug)]
pub(super) struct Joining {
    pub(super) reading: Reading,
    pub(super) since: Since,
    /// What its answer is known by.
    tag: u64,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Stage {
    /// Where it begins is not resolved. The ticket is of a mark that was asked for: to learn what is newest, or whether the
    /// store is as far as that.
    Asked { ticket: Option<u64> },
    /// It is read up to the connection's position, alone.
    Replay,
}

impl Joining {
    /// The hub has a new epoch: a place that was found in the old one is none any more, so the channel is told and begins anew.
    pub(super) fn restart(&mut self) {
        if matches!(self.stage, Stage::Replay) {
            self.since = Since::Lost;
        }
        self.stage = Stage::Asked { ticket: None };
    }
}

impl Connection {
    /// A channel more. `Output::Joined` with the tag follows what it replays; joining twice answers and changes nothing.
    /// With `states`, its client is given the channel's state where nothing else says where it begins, and after a gap.
    pub(crate) fn join(&mut self, channel: Arc<Channel>, since: Since, tag: u64, states: bool) {
        if self.channels().any(|other| other.name() == channel.name()) {
            self.owed.push((0, tag));
            // The answer comes with the next batch; the seat makes sure that one is asked for.
            self.seat.wake();
            return;
        }
        let (mut since, mut ticket) = (since, None);
        if since == Since::Now && !states {
            // Now is this moment, not the one at which it is this channel's turn.
            let asked = self.head.ask();
            let look = self.head.look();
            match look.head {
                Some(head) if look.answers(asked) => since = Since::At(head),
                _ => ticket = Some(asked),
            }
        }
        let mut reading = Reading::new(channel, &self.seat);
        if states {
            reading.state = if since == Since::Now { State::Due } else { State::Wanted };
        }
        self.joining.push_back(Joining { reading, since, tag, stage: Stage::Asked { ticket } });
        self.seat.wake();
    }

    /// Gives its client the lists of who is in its channels from now on.
    pub(crate) fn want_lists(&mut self) {
        self.readings.iter_mut().for_each(Reading::want_list);
    }

    /// Gives its client the list of who is in one of them, which joins.
    pub(crate) fn want_list(&mut self, name: &str) {
        let readings = self.readings.iter_mut().chain(self.joining.iter_mut().map(|joining| &mut joining.reading));
        readings.filter(|reading| **reading.channel.name() == *name).for_each(Reading::want_list);
    }

    /// One step of the channel that joins next. The connection's own position stands still until it is in.
    pub(super) fn join_next(&mut self, position: Position, head: Position, look: Look, batch: &mut Batch) -> Step {
        match self.joining.front().map(|joining| joining.stage) {
            None => Step::Again,
            Some(Stage::Asked { ticket }) => self.resolve(position, head, ticket.map(|ticket| look.answers(ticket)), batch),
            Some(Stage::Replay) => self.replay(position, batch),
        }
    }

    /// Finds where the channel begins; whether the mark came, if one was asked for.
    fn resolve(&mut self, position: Position, head: Position, answered: Option<bool>, batch: &mut Batch) -> Step {
        let Some(joining) = self.joining.front_mut() else { return Step::Again };
        let (from, known) = match joining.since {
            // Now is the head, and the answer waits until the connection is there.
            Since::Now => (Some(head.offset), false),
            Since::Earliest => (None, true),
            Since::At(since) if since.epoch == position.epoch => (Some(since.offset), since.offset <= head.offset),
            Since::At(_) | Since::Lost => return self.reset_joining(position, batch),
        };
        match answered {
            _ if known => {}
            None => {
                joining.stage = Stage::Asked { ticket: Some(self.head.ask()) };
                return Step::Again;
            }
            Some(false) => return Step::Wait,
            Some(true) if from > Some(head.offset) => return self.reset_joining(position, batch),
            Some(true) => {}
        }
        if let Err(step) = joining.reading.begin(position, from) {
            return step;
        }
        let offset = joining.reading.place.after;
        if offset >= position.offset {
            return self.enter(offset);
        }
        joining.stage = Stage::Replay;
        Step::Again
    }

    /// Its position is of another epoch, or nowhere: it is told, and goes on with all that is kept.
    fn reset_joining(&mut self, position: Position, batch: &mut Batch) -> Step {
        let Some(joining) = self.joining.front_mut() else { return Step::Again };
        if let Err(step) = joining.reading.begin(position, None) {
            return step;
        }
        joining.stage = Stage::Replay;
        joining.reading.fresh = false;
        batch.outputs.push(joining.reading.reset(position));
        Step::Out
    }

    /// Reads what is between its start and the connection's position: its items move no other channel's place.
    fn replay(&mut self, position: Position, batch: &mut Batch) -> Step {
        let want = Want { up_to: position.offset, most: self.most };
        let Self { joining, eyes, readings, .. } = self;
        let Some(first) = joining.front_mut() else { return Step::Again };
        let Batch { outputs, recent, .. } = batch;
        let reading = &mut first.reading;
        let mut place = reading.place;
        let found = match reading.channel.read(reading.slot, position.epoch, &mut place, want, recent) {
            (Read::Detached, _) => return Step::Done,
            (Read::Epoch, _) => return Step::Again,
            (Read::Found(found), _) => found,
        };
        outputs.extend(reading.accept(place, &found, position));
        if reading.state == State::Due {
            // What follows the gap begins where the state is good for.
            return Step::Out;
        }
        // Volatile entries wait until the channel is in: what is replayed are events with a place.
        if let Some(run) = found.run.and_then(Run::positioned) {
            run.entries().iter().for_each(|(order, _)| reading.place.pass(*order));
            let shown = if let Some(eyes) = eyes { run.shown(&*eyes.0) } else { Some(run) };
            outputs.extend(shown.map(Output::Run));
        }
        if !found.cut {
            outputs.push(Output::Joined(first.tag, position));
            readings.extend(joining.pop_front().map(|joining| joining.reading));
        }
        if outputs.is_empty() { Step::Again } else { Step::Out }
    }

    /// The channel begins at `offset`, at or above the position: it is in, and its answer waits until the position is there.
    fn enter(&mut self, offset: u64) -> Step {
        if let Some(joining) = self.joining.pop_front() {
            self.owed.push((offset, joining.tag));
            self.readings.push(joining.reading);
        }
        Step::Again
    }
}
