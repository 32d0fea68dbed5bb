//! One client: its channels, its position, and what it is owed. Floor 5.
//!
//! There is no queue of entries here. [`Connection::read`] takes the head first and then looks at each channel, so nothing at
//! or below that head can appear later; it merges by offset, and the new position is the head, or the last item's offset where
//! the batch was cut. Gaps come first and move no position.

mod join;
mod reading;
mod state;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use crate::channel::{Channel, Read, Recent};
use crate::entry::{Sees, Timestamp};
use crate::head::{Head, Look, Seat};
use crate::log::{Found, Most, Place, Want};
use crate::output::Output;
use crate::position::{Position, Since};
use crate::protocol::{End, EndReason};
use crate::run::Run;

use join::Joining;
use reading::Reading;
pub(crate) use state::{Due, Fit};

/// What goes out next, and the room in which a read finds it. Who reads for many keeps it: a read then allocates nothing, and finds again
/// what the one before it found.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// In the order of the wire.
    pub(crate) outputs: Vec<Output>,
    /// Whether there may be more behind these: where not, the seat is woken when there is.
    pub(crate) more: bool,
    taken: Vec<Taken>,
    recent: Option<Recent>,
}

impl Batch {
    /// That of this thread, for those who are polled by tasks of their own.
    pub(crate) fn with_own<T>(with: impl FnOnce(&mut Self) -> T) -> T {
        thread_local! {
            static OWN: RefCell<Batch> = RefCell::default();
        }
        OWN.with_borrow_mut(with)
    }
}

#[derive(Debug)]
pub(crate) struct Connection {
    head: Arc<Head>,
    seat: Arc<Seat>,
    most: Most,
    start: Start,
    /// Its first item, while it is not out.
    opening: Option<Position>,
    readings: Vec<Reading>,
    joining: VecDeque<Joining>,
    /// Joined channels whose start the position has not reached: their offset and tag.
    owed: Vec<(u64, u64)>,
    /// The states of some channels went out, or are about to, and no position behind them yet.
    midway: bool,
    /// What its client is shown of channels that not everybody may see all of; everything, inside the process.
    eyes: Option<Eyes>,
}

struct Eyes(Arc<dyn Sees>);

impl std::fmt::Debug for Eyes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Eyes")
    }
}

/// Where the connection stands.
#[derive(Debug)]
enum Start {
    /// Its start is not resolved yet, because a channel or the head is not known. The ticket is of a mark that was asked for:
    /// to learn what is newest, or whether the store is as far as the position.
    Since { since: Since, opens: bool, ticket: Option<u64> },
    /// It has had everything of its channels up to here.
    At(Position),
}

/// One channel's read, not yet taken over: all are, or none.
#[derive(Debug)]
struct Taken {
    at: usize,
    place: Place,
    found: Found,
    version: u64,
}

impl Connection {
    /// A connection of these channels since there. Unless it has none, its first item is its own position.
    /// Now is this moment: what comes between this call and the first read is read.
    pub(crate) fn new(head: Arc<Head>, seat: Arc<Seat>, channels: Vec<Arc<Channel>>, since: Since, most: Most) -> Self {
        let opens = !channels.is_empty();
        let readings: Vec<_> = channels.into_iter().map(|channel| Reading::new(channel, &seat)).collect();
        // This node may have stood still while nothing was attached: only a mark says what is newest.
        let ticket = (since == Since::Now).then(|| head.ask());
        let start = Start::Since { since, opens, ticket };
        // Told at once and as it came, whatever becomes of it: a cut before a gap must lead to the gap again.
        let opening = if let (Since::At(position), true) = (since, opens) { Some(position) } else { None };
        let mut connection =
            Self { head, seat, most, start, opening, readings, joining: VecDeque::new(), owed: Vec::new(), midway: false, eyes: None };
        if since == Since::Now {
            // Resolved at once where the broker answers at once; else the first read goes on from here.
            let _ = connection.begin(since, opens, ticket, connection.head.look(), &mut Batch::default());
        }
        connection
    }

    /// Shows its client no more than that from now on.
    pub(crate) fn show(&mut self, to: Arc<dyn Sees>) {
        self.eyes = Some(Eyes(to));
    }

    /// What its client may see of a run.
    fn shown(&self, run: Run) -> Option<Run> {
        match &self.eyes {
            Some(eyes) => run.shown(&*eyes.0),
            None => Some(run),
        }
    }

    /// Sends more or less at once from now on.
    pub(crate) fn set_most(&mut self, most: Most) {
        self.most = most;
    }

    /// The position it has reached, once it has one.
    pub(crate) fn position(&self) -> Option<Position> {
        match self.start {
            Start::At(position) => Some(position),
            Start::Since { .. } => None,
        }
    }

    /// Whether it begins at a position behind which nothing is to come: each of its channels had its last before.
    pub(crate) fn is_over(&self) -> bool {
        self.opening.is_some_and(|position| self.readings.iter().all(|reading| reading.channel.is_over(position.epoch, position.offset)))
    }

    /// Its channels, joined and joining.
    pub(crate) fn channels(&self) -> impl Iterator<Item = &Arc<Channel>> {
        self.readings.iter().map(|reading| &reading.channel).chain(self.joining.iter().map(|joining| &joining.reading.channel))
    }

    /// Looks at what a read will look at first, and gives something of it.
    pub(crate) fn touch(&self) -> usize {
        self.readings.first().map_or(0, |reading| usize::from(reading.fresh))
    }

    /// Fills an empty batch with what goes out next; false where there is nothing: then its seat is woken when there may be.
    pub(crate) fn read(&mut self, batch: &mut Batch) -> bool {
        batch.more = true;
        loop {
            if let Some(position) = self.opening.take() {
                batch.outputs.push(Output::Heartbeat(position));
                return true;
            }
            if self.midway {
                if self.rests() {
                    return false;
                }
                if self.opens_behind_states() {
                    continue;
                }
            }
            let look = self.head.look();
            let step = match self.start {
                Start::Since { since, opens, ticket } => self.begin(since, opens, ticket, look, batch),
                Start::At(position) => match look.head {
                    None => Step::Wait,
                    Some(head) if head.epoch != position.epoch => self.restart(head, batch),
                    Some(head) if self.joins() => self.join_next(position, head, look, batch),
                    Some(head) => self.read_on(position, head, batch),
                },
            };
            match step {
                Step::Out => return true,
                Step::Again => {}
                Step::Wait => {
                    // The head may have moved, or a mark come, between the look and the wait.
                    self.head.wait(&self.seat);
                    if self.head.look() == look {
                        return false;
                    }
                }
                Step::Done => return false,
            }
        }
    }

    /// Resolves the start.
    fn begin(&mut self, since: Since, opens: bool, ticket: Option<u64>, look: Look, batch: &mut Batch) -> Step {
        let Some(head) = look.head else { return Step::Wait };
        let (position, known) = match since {
            Since::Now => (head, false),
            Since::Earliest => (Position { offset: 0, ..head }, true),
            Since::At(position) if position.epoch == head.epoch => (position, position.offset <= head.offset),
            Since::At(_) | Since::Lost => return self.restart(head, batch),
        };
        match ticket {
            _ if known => {}
            None => {
                let ticket = Some(self.head.ask());
                self.start = Start::Since { since, opens, ticket };
                return Step::Again;
            }
            Some(ticket) if !look.answers(ticket) => return Step::Wait,
            // The broker was asked and is not as far: the position is no place here.
            Some(_) if position.offset > head.offset => return self.restart(head, batch),
            Some(_) => {}
        }
        let from = (since != Since::Earliest).then_some(position.offset);
        if let Err(step) = self.readings.iter_mut().try_for_each(|reading| reading.begin(position, from)) {
            return step;
        }
        self.start = Start::At(position);
        self.opening = (opens && since == Since::Now).then_some(position);
        Step::Again
    }

    /// The position is of another epoch: every channel is told, and goes on with all that is kept of the new one.
    fn restart(&mut self, head: Position, batch: &mut Batch) -> Step {
        let position = Position { offset: 0, ..head };
        if let Err(step) = self.readings.iter_mut().try_for_each(|reading| reading.begin(position, None)) {
            return step;
        }
        self.start = Start::At(position);
        self.owed.iter_mut().for_each(|(offset, _)| *offset = 0);
        self.joining.iter_mut().for_each(Joining::restart);
        batch.outputs.extend(self.readings.iter_mut().map(|reading| reading.reset(position)));
        self.midway = self.rests();
        if !self.midway {
            batch.outputs.push(Output::Heartbeat(position));
        }
        Step::Out
    }

    /// The ordinary read: everything after the position, of all channels, up to the head.
    fn read_on(&mut self, position: Position, head: Position, batch: &mut Batch) -> Step {
        let want = Want { up_to: head.offset, most: self.most };
        let Batch { taken, recent, .. } = batch;
        for (at, reading) in self.readings.iter().enumerate() {
            if reading.seen == Some(reading.channel.version()) {
                continue;
            }
            let mut place = reading.place;
            place.after = place.after.max(position.offset);
            let step = match reading.channel.read(reading.slot, head.epoch, &mut place, want, recent) {
                (Read::Found(found), version) => {
                    taken.push(Taken { at, place, found, version });
                    continue;
                }
                (Read::Detached, _) => Step::Done,
                (Read::Epoch, _) => Step::Again,
            };
            taken.clear();
            return step;
        }
        let behind = taken.iter().any(|taken| taken.found.more);
        let found = taken.iter().any(|taken| taken.found.run.is_some());
        let position = if self.owes_states(taken) { self.take_gaps(batch, position, head) } else { self.take(batch, position, head) };
        self.start = Start::At(position);
        batch.more = behind || position.offset < head.offset || !self.owed.is_empty();
        if !batch.outputs.is_empty() {
            return Step::Out;
        }
        if found {
            // There was something, but not for this client: what is behind it may be.
            return Step::Again;
        }
        // A log that is ahead of the head is woken with the head.
        if behind { Step::Wait } else { Step::Done }
    }

    /// Takes over what the channels gave: gaps, then entries by offset up to the limits. Gives the new position.
    fn take(&mut self, batch: &mut Batch, position: Position, head: Position) -> Position {
        let Batch { outputs, taken, .. } = batch;
        // Where a channel was cut it has more above, which nothing of another channel may pass.
        let mut bound = None;
        for Taken { at, place, found, version } in &*taken {
            let reading = &mut self.readings[*at];
            outputs.extend(reading.accept(*place, found, head));
            reading.seen = (!found.more).then_some(*version);
            if found.cut {
                let last = found.run.as_ref().map_or(place.after, Run::last);
                bound = Some(bound.map_or(last, |bound: u64| bound.min(last)));
            }
        }
        let ended: Vec<usize> = taken.iter().filter(|taken| taken.found.ended).map(|taken| taken.at).collect();
        let (run, fits) = self.merge(taken.drain(..).filter_map(|taken| Some((taken.at, taken.found.run?))), bound);
        let whole = fits && bound.is_none();
        let last = run.as_ref().map_or(position.offset, Run::last);
        let position = Position { offset: position.offset.max(if whole { head.offset } else { last }), ..head };
        let run = run.and_then(|run| self.shown(run));
        // Behind a gap, and before an end, the client has a position to come back with.
        let told = std::mem::take(&mut self.midway) || !outputs.is_empty() || !ended.is_empty();
        if told && run.as_ref().is_none_or(Run::is_volatile) {
            outputs.push(Output::Heartbeat(position));
        }
        outputs.extend(run.map(Output::Run));
        outputs.extend(self.readings.iter_mut().filter_map(Reading::give_list));
        self.owed.retain(|(offset, tag)| {
            let reached = *offset <= position.offset;
            if reached {
                outputs.push(Output::Joined(*tag, position));
            }
            !reached
        });
        // One whose last did not fit is looked at again.
        for at in ended {
            let reading = &mut self.readings[at];
            if reading.seen.is_none() {
                continue;
            }
            if self.owed.is_empty() {
                outputs.push(Output::Ended(Box::new((reading.channel.name().clone(), End { reason: EndReason::Ended }))));
            } else {
                // It may be what was asked for, and the answer comes before its end.
                reading.seen = None;
            }
        }
        position
    }

    /// Makes one run of those of several channels, up to the bound and the limits, and moves their places. Says whether all of them fits.
    fn merge(&mut self, mut runs: impl Iterator<Item = (usize, Run)>, bound: Option<u64>) -> (Option<Run>, bool) {
        let Some((at, run)) = runs.next() else { return (None, true) };
        let Some(other) = runs.next() else {
            run.entries().iter().for_each(|(order, _)| self.readings[at].place.pass(*order));
            return (Some(run), true);
        };
        let mut entries = Vec::new();
        for (at, run) in [(at, run), other].into_iter().chain(runs) {
            entries.extend(run.entries().iter().map(|(order, entry)| (*order, at, entry.clone())));
        }
        entries.sort_by_key(|(order, ..)| *order);
        let within = entries.partition_point(|(order, ..)| bound.is_none_or(|bound| order.offset <= bound));
        let fit = self.most.fit(entries[..within].iter().map(|(.., entry)| entry.item().len()));
        for (_, at, _) in &entries[fit..] {
            self.readings[*at].seen = None;
        }
        let fits = fit == entries.len();
        entries.truncate(fit);
        entries.iter().for_each(|(order, at, _)| self.readings[*at].place.pass(*order));
        (Run::new(entries.into_iter().map(|(order, _, entry)| (order, entry)).collect()), fits)
    }

    /// Lets a channel go. Nothing of it comes after this.
    pub(crate) fn leave(&mut self, name: &str, now: Timestamp) -> Option<Arc<Channel>> {
        let joined = self.readings.iter().position(|reading| **reading.channel.name() == *name).map(|at| self.readings.remove(at));
        let reading = joined.or_else(|| {
            let at = self.joining.iter().position(|joining| **joining.reading.channel.name() == *name)?;
            self.joining.remove(at).map(|joining| joining.reading)
        })?;
        reading.channel.unsubscribe(reading.slot, now);
        // It may have been what the others wait for.
        self.seat.wake();
        Some(reading.channel)
    }

    /// Lets everything go.
    pub(crate) fn close(&mut self, now: Timestamp) -> Vec<Arc<Channel>> {
        self.head.unwait(&self.seat);
        let joining = self.joining.drain(..).map(|joining| joining.reading);
        let readings = self.readings.drain(..).chain(joining);
        readings.inspect(|reading| reading.channel.unsubscribe(reading.slot, now)).map(|reading| reading.channel).collect()
    }
}

/// What one step of a read came to.
enum Step {
    /// What the batch has goes out.
    Out,
    /// The state moved: look again.
    Again,
    /// Nothing, until the head moves.
    Wait,
    /// Nothing: a channel wakes the seat.
    Done,
}

#[cfg(all(test, triwire_loom))]
mod loom;
#[cfg(test)]
mod tests;
