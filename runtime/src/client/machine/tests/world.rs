//! A hub with a log, and a network that follows a script: what it does to each attempt, until it is healed.

use std::time::Duration;

use proptest::prelude::*;

use super::super::*;
use crate::position::Epoch;
use crate::protocol::{End, EndReason, Gap, GapReason};

/// What a channel keeps.
const HISTORY: usize = 4;
/// Items of one read.
const BATCH: usize = 3;
/// When a quiet connection has a heartbeat, and a quiet poll an answer.
pub(super) const QUIET: Duration = Duration::from_secs(20);

/// What becomes of an attempt.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    /// Nobody is there.
    Unreachable,
    /// Nobody answers.
    Silent,
    /// Something else answers.
    Unfit,
    Status {
        status: u16,
        retry: Option<u64>,
    },
    /// So many items come through, after so many milliseconds each, and then this.
    Serve {
        items: usize,
        each: u64,
        end: Close,
    },
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Close {
    Cut,
    Silence,
    Code(u16),
    Bye(ByeReason, u64),
    /// The store is lost, and begun anew.
    Reset,
}

pub(super) fn fate() -> impl Strategy<Value = Fate> {
    let status = prop::sample::select(vec![301u16, 405, 408, 426, 429, 500, 502, 503]);
    prop_oneof![
        1 => Just(Fate::Unreachable),
        1 => Just(Fate::Silent),
        1 => Just(Fate::Unfit),
        2 => (status, prop::option::of(0u64..40)).prop_map(|(status, retry)| Fate::Status { status, retry }),
        8 => (0usize..12, 0u64..4_000, close()).prop_map(|(items, each, end)| Fate::Serve { items, each, end }),
    ]
}

fn close() -> impl Strategy<Value = Close> {
    use ByeReason::{Busy, Drain, Expired, Lifetime, Stalled};
    let bye = (prop::sample::select(vec![Busy, Drain, Expired, Lifetime, Stalled]), 0u64..3_000);
    prop_oneof![
        6 => Just(Close::Cut),
        1 => Just(Close::Silence),
        2 => prop::sample::select(vec![1000u16, 1001, 1002, 1006, 1009, 1012, 1013, 4401]).prop_map(Close::Code),
        2 => bye.prop_map(|(reason, retry)| Close::Bye(reason, retry)),
        1 => Just(Close::Reset),
    ]
}

/// One event that was published.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Published {
    pub(super) at: Position,
    pub(super) channel: String,
}

/// Where a connection stands; it lives as long as one does.
#[derive(Debug, Clone)]
pub(super) struct Place {
    channels: Vec<String>,
    pub(super) at: Option<Position>,
    is_open: bool,
    /// Up to where each channel's loss was told, or is none.
    pub(super) told: Vec<(String, Position)>,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) epoch: Epoch,
    pub(super) log: Vec<Published>,
    offset: u64,
    /// Whether every channel has ended.
    pub(super) ends: bool,
}

impl World {
    pub(super) fn new() -> Self {
        Self { epoch: Epoch(1), log: Vec::new(), offset: 0, ends: false }
    }

    pub(super) fn publish(&mut self, channel: &str) {
        self.offset += 1;
        self.log.push(Published { at: self.head(), channel: channel.to_owned() });
    }

    pub(super) fn reset(&mut self) {
        (self.epoch, self.offset) = (Epoch(self.epoch.0 + 1), 0);
    }

    pub(super) fn head(&self) -> Position {
        Position { epoch: self.epoch, offset: self.offset }
    }

    /// The events of a channel in this epoch.
    fn of(&self, channel: &str) -> Vec<u64> {
        let own = self.log.iter().filter(|event| event.at.epoch == self.epoch && event.channel == channel);
        own.map(|event| event.at.offset).collect()
    }

    /// A connection, as the hub opens it.
    pub(super) fn open(&self, attempt: &Attempt) -> Place {
        let at = match attempt.since {
            Since::At(position) => Some(position),
            Since::Earliest => Some(Position { offset: 0, ..self.head() }),
            Since::Now | Since::Lost => None,
        };
        let is_earliest = attempt.since == Since::Earliest;
        let dropped = |channel: &String| (channel.clone(), Position { offset: self.dropped(channel), ..self.head() });
        let told = if is_earliest { attempt.channels.iter().map(dropped).collect() } else { Vec::new() };
        Place { channels: attempt.channels.clone(), at, is_open: is_earliest, told }
    }

    /// The last that a channel keeps no more.
    fn dropped(&self, channel: &str) -> u64 {
        let own = self.of(channel);
        own.len().saturating_sub(HISTORY).checked_sub(1).map_or(0, |last| own[last])
    }

    /// What one read gives: gaps, then events, then where it stands.
    pub(super) fn read(&self, place: &mut Place) -> Vec<Item<u64>> {
        let mut items = Vec::new();
        let at = *place.at.get_or_insert(self.head());
        if !std::mem::replace(&mut place.is_open, true) {
            items.push(Item::Heartbeat(at));
        }
        let is_reset = at.epoch != self.epoch || at.offset > self.offset;
        let from = if is_reset { 0 } else { at.offset };
        let mut events = Vec::new();
        for channel in &place.channels {
            let own = self.of(channel);
            let dropped = self.dropped(channel);
            let told = place.told.iter().rfind(|(told, _)| told == channel).map_or(0, |(_, until)| until.offset);
            let is_lost = dropped > from.max(told);
            if is_reset || is_lost {
                let until = Position { epoch: self.epoch, offset: dropped };
                let missed =
                    (!is_reset).then(|| own.iter().filter(|offset| **offset > from.max(told) && **offset <= dropped).count() as u64);
                let reason = if is_reset { GapReason::Reset } else { GapReason::Expired };
                items.push(Item::Gap { channel: channel.clone(), gap: Gap { reason, missed, until } });
                place.told.push((channel.clone(), until));
            }
            events.extend(own.into_iter().filter(|offset| *offset > from && *offset > dropped).map(|offset| (offset, channel.clone())));
        }
        if is_reset {
            items.push(Item::Heartbeat(Position { epoch: self.epoch, offset: 0 }));
        }
        events.sort();
        let is_all = events.len() <= BATCH;
        events.truncate(BATCH);
        let last = events.last().map(|(offset, _)| *offset);
        for (offset, channel) in events {
            items.push(Item::Event { channel, id: Some(Position { epoch: self.epoch, offset }), cause: None, event: offset });
        }
        let reached = Position { epoch: self.epoch, offset: if is_all { self.offset } else { last.unwrap_or(self.offset) } };
        if place.at != Some(reached) {
            items.push(Item::Heartbeat(reached));
        }
        place.at = Some(reached);
        if self.ends && is_all {
            items.extend(place.channels.drain(..).map(|channel| Item::Ended { channel, end: End { reason: EndReason::Ended } }));
        }
        items
    }
}
