//! Who is in a channel, by the key of their identity, and what is told of it. Floor 2.
//!
//! Somebody is in while a connection of theirs is, and for a while after: a reload is no leave. Up to a number of people each who comes and
//! goes is told by name; above it only how many there are, now and then, so that a crowd that comes at once is not told a crowd of names.
//! No lock, no clock (it is handed `now`) and no tokio.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::protocol::Presence;

/// Between two counts of a crowd: soon enough for a number on a page, and it costs each reader one item.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// People who are taken for gone in one step, under the channel's lock.
const STEP: usize = 1_024;

/// How presence is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// How long somebody without a connection is still in.
    pub(crate) debounce: Duration,
    /// So many are told by name.
    pub(crate) listed: usize,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Present {
    bounds: Bounds,
    people: BTreeMap<Arc<str>, Stay>,
    /// Those who have no connection, by when they are gone.
    leaving: BTreeSet<(Instant, Arc<str>)>,
    /// Whether only counts are told: there are more than are listed, or there were and nobody has been told the list since.
    counts: bool,
    /// When the next count is told, if one is due; and when the last was.
    due: Option<Instant>,
    told: Option<Instant>,
}

/// Somebody who is in.
#[derive(Debug, Default)]
struct Stay {
    /// The numbers of their connections.
    connections: Vec<usize>,
    /// When they are gone, where they have none.
    until: Option<Instant>,
}

impl Present {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let (people, leaving) = (BTreeMap::new(), BTreeSet::new());
        Self { bounds, people, leaving, counts: false, due: None, told: None }
    }

    /// A connection of theirs more. Gives what is told, if anything.
    pub(crate) fn enter(&mut self, key: &str, connection: usize, now: Instant) -> Option<Presence> {
        let is_new = !self.people.contains_key(key);
        let stay = self.people.entry(key.into()).or_default();
        if let Some(until) = stay.until.take() {
            self.leaving.remove(&(until, key.into()));
        }
        if !stay.connections.contains(&connection) {
            stay.connections.push(connection);
        }
        if is_new { self.change(now, |count| Presence::joined(key, count)).or_else(|| self.tell(now)) } else { None }
    }

    /// A connection of theirs less; without one, they are gone after the debounce.
    pub(crate) fn leave(&mut self, key: &str, connection: usize, now: Instant) {
        let Some(stay) = self.people.get_mut(key) else { return };
        stay.connections.retain(|other| *other != connection);
        if stay.connections.is_empty() && stay.until.is_none() {
            let until = now + self.bounds.debounce;
            stay.until = Some(until);
            self.leaving.insert((until, key.into()));
        }
    }

    /// These connections of theirs less; without one, they are gone at once. Gives what is told, if anything.
    pub(crate) fn put_out(&mut self, key: &str, connections: &[usize], now: Instant) -> Option<Presence> {
        let stay = self.people.get_mut(key)?;
        stay.connections.retain(|other| !connections.contains(other));
        if !stay.connections.is_empty() {
            return None;
        }
        if let Some(until) = stay.until {
            self.leaving.remove(&(until, key.into()));
        }
        self.people.remove(key);
        self.change(now, |count| Presence::left(key, count)).or_else(|| self.tell(now))
    }

    /// Those who are gone by now leave, a bounded number of them; gives what is told.
    pub(crate) fn tick(&mut self, now: Instant) -> Vec<Presence> {
        let mut told = Vec::new();
        for _ in 0..STEP {
            let Some((_, key)) = self.leaving.first().filter(|(until, _)| *until <= now).cloned() else { break };
            self.leaving.pop_first();
            self.people.remove(&key);
            told.extend(self.change(now, |count| Presence::left(&key, count)));
        }
        told.extend(self.tell(now));
        told
    }

    /// When something is to be done without anybody coming or going.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.leaving.first().map(|(until, _)| *until).into_iter().chain(self.due).min()
    }

    /// One more or less: told by name, or counted.
    fn change(&mut self, now: Instant, by_name: impl FnOnce(usize) -> Presence) -> Option<Presence> {
        let count = self.people.len();
        self.counts |= count > self.bounds.listed;
        if !self.counts {
            return Some(by_name(count));
        }
        let next = self.told.map_or(now, |told| told + COUNT_EVERY);
        self.due.get_or_insert(next.max(now));
        None
    }

    /// Tells the count, if it is due. Where there are few enough again it is told with all their names: of those who came and went
    /// meanwhile nobody was told.
    fn tell(&mut self, now: Instant) -> Option<Presence> {
        self.due.take_if(|due| *due <= now)?;
        self.told = Some(now);
        self.counts = self.people.len() > self.bounds.listed;
        Some(self.list())
    }

    /// What a client begins with: what is told after it changes this, and together they are the truth.
    pub(crate) fn list(&self) -> Presence {
        self.with_names(!self.counts)
    }

    /// Who is in at this moment.
    pub(crate) fn now(&self) -> Presence {
        self.with_names(self.people.len() <= self.bounds.listed)
    }

    fn with_names(&self, names: bool) -> Presence {
        Presence::here(names.then(|| self.people.keys().map(ToString::to_string).collect()), self.people.len())
    }

    /// Whether nobody is in.
    pub(crate) fn is_empty(&self) -> bool {
        self.people.is_empty()
    }
}

#[cfg(test)]
mod tests;
