//! Whose connections are whose: what is taken from a person is taken from all of theirs. Floor 6.
//!
//! Where each connection is another user's, there are as many of these as connections: a person is one piece of memory, beside their key.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use smallvec::SmallVec;
use tokio::time::Instant;

use super::accounts::{Book, Open, Rates, stays};
use super::node::{Node, WAKE_BATCH};
use crate::head::{Seat, Word};
use crate::sync::{AtomicU32, Mutex, Ordering, lock};

/// Everybody who is connected, or about to be, or was of late, by the key of their identity.
pub(super) type People = Mutex<Book<ByKey, ()>>;

/// A person, found by their key.
#[derive(Debug)]
pub(super) struct ByKey(pub(super) Arc<Person>);

/// Somebody, for as long as one of their connections or requests goes on, and what they have had is not forgotten.
#[derive(Debug)]
pub(crate) struct Person {
    key: Box<str>,
    /// How often something was taken from them: what the application allowed before, it has not allowed.
    changes: AtomicU32,
    pub(super) open: Open,
    pub(super) rates: Rates,
    /// Most have one, or two.
    connections: Mutex<SmallVec<[Arc<Seat>; 2]>>,
}

/// That the application allowed something to a person.
pub(crate) struct Claim {
    pub(crate) person: Arc<Person>,
    /// As it was before the application was asked.
    pub(crate) changes: u32,
    pub(crate) expires: Option<Instant>,
}

impl Person {
    /// Their key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// How often something was taken from them.
    pub(crate) fn changes(&self) -> u32 {
        self.changes.load(Ordering::Acquire)
    }

    /// A connection more, unless something was taken since; from here on it is told what is.
    pub(super) fn admit(&self, changes: u32, seat: &Arc<Seat>) -> bool {
        let mut connections = lock(&self.connections);
        let holds = self.changes() == changes;
        if holds {
            connections.push(seat.clone());
        }
        holds
    }

    /// A connection less.
    pub(super) fn leave(&self, seat: &Arc<Seat>) {
        let mut connections = lock(&self.connections);
        if let Some(at) = connections.iter().position(|other| Arc::ptr_eq(other, seat)) {
            connections.swap_remove(at);
        }
    }

    /// Notes that something is taken, and gives those who must be told: who comes later has seen the note.
    fn change(&self) -> SmallVec<[Arc<Seat>; 2]> {
        let connections = lock(&self.connections);
        self.changes.fetch_add(1, Ordering::AcqRel);
        connections.clone()
    }
}

impl Borrow<str> for ByKey {
    fn borrow(&self) -> &str {
        &self.0.key
    }
}

impl Hash for ByKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.key.hash(state);
    }
}

impl PartialEq for ByKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl Eq for ByKey {}

impl Node {
    /// Whoever has this key.
    pub(super) fn person(&self, key: &str) -> Arc<Person> {
        let mut people = lock(&self.people);
        if let Some((ByKey(person), ())) = people.get(key) {
            return person.clone();
        }
        let (open, rates, connections) = (Open::default(), Rates::default(), Mutex::default());
        let person = Arc::new(Person { key: key.into(), changes: AtomicU32::new(0), open, rates, connections });
        let now = self.accounts.now();
        people.insert(ByKey(person.clone()), (), |ByKey(person), ()| stays(person, &person.rates, now));
        person
    }

    /// Tells all connections of a person something; after it they write nothing that they had read before.
    pub(super) async fn tell(&self, key: &str, word: &Word) {
        let person = lock(&self.people).get(key).map(|(ByKey(person), ())| person.clone());
        let seats = person.map(|person| person.change()).unwrap_or_default();
        // Somebody who has just gone is put out, too.
        let numbers: SmallVec<[usize; 2]> = seats.iter().map(Seat::number).collect();
        self.put_out_of(word, key, &numbers).await;
        for seats in seats.chunks(WAKE_BATCH) {
            seats.iter().for_each(|seat| seat.tell(word.clone()));
            tokio::task::yield_now().await;
        }
    }
}
