//! Whose connections are whose: what is taken from a person is taken from all of theirs. Floor 6.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use tokio::time::Instant;

use super::node::{Node, WAKE_BATCH};
use crate::head::{Seat, Word};
use crate::sync::{AtomicU64, Mutex, Ordering, lock};

/// Everybody who is connected, or about to be, by the key of their identity.
pub(super) type People = Mutex<HashMap<Arc<str>, Weak<Person>>>;

/// Somebody, for as long as one of their connections or requests goes on.
pub(crate) struct Person {
    key: Arc<str>,
    node: Arc<Node>,
    /// How often something was taken from them: what the application allowed before, it has not allowed.
    changes: AtomicU64,
    connections: Mutex<Vec<(usize, Arc<Seat>)>>,
}

/// That the application allowed something to a person.
pub(crate) struct Claim {
    pub(crate) person: Arc<Person>,
    /// As it was before the application was asked.
    pub(crate) changes: u64,
    pub(crate) expires: Option<Instant>,
}

impl Person {
    /// Their key.
    pub(crate) fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// How often something was taken from them.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// A connection more, unless something was taken since; from here on it is told what is.
    pub(super) fn admit(&self, changes: u64, slot: usize, seat: &Arc<Seat>) -> bool {
        let mut connections = lock(&self.connections);
        let holds = self.changes() == changes;
        if holds {
            connections.push((slot, seat.clone()));
        }
        holds
    }

    /// A connection less.
    pub(super) fn leave(&self, slot: usize) {
        let mut connections = lock(&self.connections);
        if let Some(at) = connections.iter().position(|(other, _)| *other == slot) {
            connections.swap_remove(at);
        }
    }

    /// Notes that something is taken, and gives those who must be told: who comes later has seen the note.
    fn change(&self) -> Vec<(usize, Arc<Seat>)> {
        let connections = lock(&self.connections);
        self.changes.fetch_add(1, Ordering::AcqRel);
        connections.clone()
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        let mut people = lock(&self.node.people);
        // Somebody of the same key may have come since.
        if people.get(&self.key).is_some_and(|person| person.strong_count() == 0) {
            people.remove(&self.key);
        }
    }
}

impl Node {
    /// Whoever has this key.
    pub(crate) fn person(self: &Arc<Self>, key: &str) -> Arc<Person> {
        let mut people = lock(&self.people);
        if let Some(person) = people.get(key).and_then(Weak::upgrade) {
            return person;
        }
        let key: Arc<str> = key.into();
        let connections = Mutex::new(Vec::with_capacity(1));
        let person = Arc::new(Person { key: key.clone(), node: self.clone(), changes: AtomicU64::new(0), connections });
        people.insert(key, Arc::downgrade(&person));
        person
    }

    /// Tells all connections of a person something; after it they write nothing that they had read before.
    pub(super) async fn tell(&self, key: &str, word: &Word) {
        let person = lock(&self.people).get(key).and_then(Weak::upgrade);
        let connections = person.map(|person| person.change()).unwrap_or_default();
        // Somebody who has just gone is put out, too.
        let numbers: Vec<usize> = connections.iter().map(|(slot, _)| *slot).collect();
        self.put_out_of(word, key, &numbers).await;
        for connections in connections.chunks(WAKE_BATCH) {
            connections.iter().for_each(|(_, seat)| seat.tell(word.clone()));
            tokio::task::yield_now().await;
        }
    }
}
