//! A client that knows no more than the protocol, goes from node to node with one position, and holds what it gets against the
//! store's truth.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::dice::Dice;
use super::store::{EPOCH, Store};
use super::{CHANNELS, Node, Rule, Seen};
use tokio::time::Instant;

use crate::connection::Batch;
use crate::hub::stream::Stream;
use crate::output::Output;
use crate::position::{Position, Since};
use crate::protocol::{Gap, GapReason};
use crate::run::Run;

pub(super) struct Reader {
    stream: Option<Stream>,
    pub(super) node: usize,
    woken: Arc<Woken>,
    /// Up to where all of the joined channels was had or told: what it would resume with.
    position: Option<u64>,
    /// How far each of its channels has come by what this connection got.
    places: BTreeMap<&'static str, Place>,
    tags: u64,
    /// How many events it did not get because a newer of their key was there, and how many it got although one was.
    pub(super) passed: u64,
    pub(super) superseded: u64,
    /// What was wrong.
    pub(super) wrong: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    /// Had or told up to here; none while it begins with whatever is oldest.
    after: Option<u64>,
    /// The tag of a join that is not answered: the channel's place is its own, and its items move no other's.
    joining: Option<u64>,
    /// The newest offset when it was asked for from now on.
    now: Option<u64>,
}

#[derive(Debug, Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Reader {
    pub(super) fn new() -> Self {
        let woken = Arc::new(Woken::default());
        Self { stream: None, node: 0, woken, position: None, places: BTreeMap::new(), tags: 0, passed: 0, superseded: 0, wrong: Vec::new() }
    }

    /// Is cut, and comes back at any node, with other channels, from where it was.
    pub(super) fn move_on(&mut self, nodes: &[Arc<Node>], store: impl Fn() -> u64, dice: &Dice) {
        self.stream = None;
        self.node = dice.below(nodes.len());
        let before = std::mem::take(&mut self.places);
        let since = match self.position {
            Some(offset) => Since::At(Position { epoch: EPOCH, offset }),
            None if dice.percent(20) => Since::Earliest,
            None => Since::Now,
        };
        let now = (since == Since::Now).then(store);
        for channel in CHANNELS.iter().filter(|_| dice.percent(50)) {
            // What was joining has a place of its own, so it can only join again.
            if before.get(channel).is_none_or(|place| place.joining.is_none()) {
                self.places.insert(channel, Place { after: self.position, joining: None, now });
            }
        }
        if self.places.is_empty() {
            let channel = CHANNELS[0];
            self.places.insert(channel, Place { after: self.position, joining: None, now });
        }
        let names: Vec<String> = self.places.keys().map(ToString::to_string).collect();
        self.stream = Some(nodes[self.node].connect(&names, since, None).expect("there is room"));
        self.woken.0.store(true, Ordering::Relaxed);
        for (channel, place) in before.into_iter().filter(|(_, place)| place.joining.is_some()) {
            if let (Some(after), true) = (place.after, dice.percent(80)) {
                self.join(channel, Some(after));
            }
        }
    }

    fn join(&mut self, channel: &'static str, after: Option<u64>) {
        let Some(stream) = &mut self.stream else { return };
        self.tags += 1;
        if self.places.contains_key(channel) {
            stream.join(channel, Since::Now, u64::MAX, None, false);
            return;
        }
        let since = after.map_or(Since::Earliest, |offset| Since::At(Position { epoch: EPOCH, offset }));
        stream.join(channel, since, self.tags, None, false);
        self.places.insert(channel, Place { after, joining: Some(self.tags), now: None });
    }

    /// A channel more or less, on the way.
    pub(super) fn change(&mut self, newest: u64, dice: &Dice) {
        let channel = dice.pick(&CHANNELS);
        if self.places.contains_key(channel) && self.places.len() > 1 && dice.percent(80) {
            if let Some(stream) = &mut self.stream {
                stream.leave(channel);
                self.places.remove(channel);
            }
            return;
        }
        let after = match dice.below(4) {
            0 => None,
            1 => Some(newest),
            _ => Some(dice.below(usize::try_from(newest).expect("it is small") + 1) as u64),
        };
        self.join(channel, after);
    }

    /// Reads a batch, if it was woken: who is not woken does not look. May be cut within it. Its room is that of all readers, as in a driver.
    pub(super) fn step(&mut self, room: &mut Batch, store: impl Fn(&mut dyn FnMut(&Store)), seen: &mut Seen, dice: &Dice) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        if !self.woken.0.swap(false, Ordering::Relaxed) {
            return false;
        }
        let waker = Waker::from(self.woken.clone());
        let Poll::Ready(next) = stream.poll_next(&mut Context::from_waker(&waker), Instant::now(), room) else { return false };
        self.woken.0.store(true, Ordering::Relaxed);
        next.expect("the stream has no end");
        let batch: Vec<Output> = room.outputs.drain(..).flat_map(single).collect();
        let cut = if dice.percent(5) { dice.below(batch.len()) } else { batch.len() };
        store(&mut |store| self.take(&batch[..cut], store, seen));
        if cut < batch.len() {
            seen.cut += 1;
            self.stream = None;
        }
        true
    }

    pub(super) fn connected(&self) -> bool {
        self.stream.is_some()
    }

    fn take(&mut self, batch: &[Output], store: &Store, seen: &mut Seen) {
        let mut event = false;
        for output in batch {
            match output {
                Output::Run(run) => {
                    event = true;
                    let (_, entry) = &run.entries()[0];
                    let written: serde_json::Value = serde_json::from_slice(entry.item()).expect("an item is JSON");
                    let channel = CHANNELS.iter().copied().find(|channel| written["channel"] == **channel).expect("it is of the channels");
                    if let Some(position) = entry.position() {
                        seen.events += 1;
                        self.event(channel, position.offset, store);
                    } else if !self.places.contains_key(channel) {
                        self.wrong.push(format!("{channel} was not asked for"));
                    }
                }
                Output::Gap(gap) => {
                    let (channel, gap) = &**gap;
                    self.expect(!event, || format!("a gap of {channel} behind an event"));
                    let channel = CHANNELS.iter().copied().find(|other| **other == **channel).expect("it is of the channels");
                    self.gap(channel, *gap, store, seen);
                }
                Output::Heartbeat(position) => self.heartbeat(position.offset, store),
                Output::Joined(tag, position) => {
                    seen.joined += 1;
                    let joined = self.places.iter_mut().find(|(_, place)| place.joining == Some(*tag));
                    if let Some((channel, place)) = joined {
                        place.joining = None;
                        if let (Some(after), Some(before)) = (place.after, self.position) {
                            let (channel, late) = (*channel, position.offset < before.min(after));
                            self.expect(!late, || format!("{channel} joined at {} before {before} and {after}", position.offset));
                        }
                    }
                    self.heartbeat(position.offset, store);
                }
                Output::Ended(ended) => {
                    seen.ended += 1;
                    self.ended(&ended.0, store);
                }
                Output::Bye(_) | Output::Snapshot(_) => self.wrong.push("an end".into()),
            }
        }
    }

    fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(otherwise());
        }
    }

    /// Nothing of the channel up to `until` is missing.
    fn covered(&mut self, channel: &str, place: Place, until: u64, store: &Store) {
        // The oldest that is kept is each node's own matter, by age and by room.
        let Some(after) = place.after else { return };
        let missing = store.owed(channel, after, until);
        self.passed += (store.truth(channel, after, until).len() - missing.len()) as u64;
        self.expect(missing.is_empty(), || format!("{channel} misses {missing:?} after {after}, at {until}"));
    }

    /// The position moves: it says that all joined channels are had up to it.
    fn reach(&mut self, offset: u64, store: &Store) {
        let before = self.position.unwrap_or(0);
        self.expect(before <= offset, || format!("the position goes from {before} back to {offset}"));
        for (channel, mut place) in self.places.clone().into_iter().filter(|(_, place)| place.joining.is_none()) {
            if let Some(now) = place.now.take() {
                self.expect(now <= offset, || format!("now was {now}, and the stream begins at {offset}"));
                place.after = Some(offset);
            }
            self.covered(channel, place, offset, store);
            // What begins with the oldest has begun when it has something: the oldest may be above the position.
            place.after = place.after.map(|after| after.max(offset));
            self.places.insert(channel, place);
        }
        self.position = Some(offset.max(before));
    }

    fn event(&mut self, channel: &'static str, offset: u64, store: &Store) {
        let Some(mut place) = self.places.get(channel).copied() else {
            return self.wrong.push(format!("{channel} was not asked for"));
        };
        self.expect(place.after.is_none_or(|after| after < offset), || format!("{channel} has {offset} again, after {:?}", place.after));
        self.expect(store.truth(channel, offset - 1, offset) == [offset], || format!("{channel} never had {offset}"));
        self.superseded += u64::from(store.owed(channel, offset - 1, offset).is_empty());
        self.covered(channel, place, offset - 1, store);
        place.after = Some(offset);
        self.places.insert(channel, place);
        if place.joining.is_none() {
            self.reach(offset, store);
        }
    }

    /// The channel has ended: it had its last before this, or was told that it is lost.
    fn ended(&mut self, channel: &str, store: &Store) {
        let place = self.places.remove(channel);
        let (ended, after) = (store.ended(channel), place.and_then(|place| place.after.or(self.position)));
        self.expect(place.is_some_and(|place| place.joining.is_none()), || format!("{channel} ends and was not there"));
        self.expect(ended.is_some() && after >= ended, || format!("{channel} ends at {after:?}, in truth at {ended:?}"));
    }

    fn heartbeat(&mut self, offset: u64, store: &Store) {
        self.reach(offset, store);
    }

    fn gap(&mut self, channel: &'static str, gap: Gap, store: &Store, seen: &mut Seen) {
        let Some(place) = self.places.get_mut(channel) else {
            return self.wrong.push(format!("{channel} was not asked for"));
        };
        let until = gap.until.offset;
        let Some(after) = place.after.replace(until) else { return };
        self.expect(after < until, || format!("{channel} is told a gap to {until} at {after}"));
        let lost = store.truth(channel, after, until);
        match gap.reason {
            GapReason::Lagged => seen.lagged += 1,
            GapReason::Expired => seen.expired += 1,
            GapReason::Reset => self.wrong.push(format!("{channel} is reset, from {after}, {:?}", self.position)),
        }
        seen.counted += u64::from(gap.missed.is_some());
        self.expect(!lost.is_empty(), || format!("{channel} lost nothing in ({after}, {until}]"));
        // One that a newer took the place of counts where it was dropped before, which is each node's own matter.
        let least = store.owed(channel, after, until).len() as u64;
        let right = gap.missed.is_none_or(|missed| (least.max(1)..=lost.len() as u64).contains(&missed));
        self.expect(right, || format!("{channel} missed {:?}, but {lost:?} in ({after}, {until}], {least} at least", gap.missed));
        if store.rule == Some(Rule::GapWithId) {
            self.position = self.position.max(Some(until));
        }
    }

    /// At the end everything was had or told.
    pub(super) fn finish(&mut self, store: &Store) {
        if self.stream.is_none() {
            return;
        }
        for (channel, place) in self.places.clone() {
            self.expect(place.joining.is_none(), || format!("{channel} never joined"));
            self.expect(place.now.is_none(), || format!("{channel} never began"));
            self.covered(channel, place, u64::MAX, store);
            self.expect(store.ended(channel).is_none(), || format!("{channel} has ended, and it was not told"));
        }
    }
}

/// The output's items, each by itself: a connection may be cut between any two.
fn single(output: Output) -> Vec<Output> {
    let Output::Run(run) = &output else { return vec![output] };
    run.entries().iter().cloned().filter_map(|entry| Run::new(vec![entry])).map(Output::Run).collect()
}
