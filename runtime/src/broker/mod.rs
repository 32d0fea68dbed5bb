//! What keeps and orders a hub's events, between restarts and nodes. Floor 3.
//!
//! A broker gives every event of a hub its place in one sequence, keeps what readers may still ask for, and feeds each node
//! what concerns it, in order. This trait says what the hub relies on; the tests hold it against a broker that loses,
//! duplicates, delays and rolls back.

mod memory;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

pub use crate::contract::Audience;
pub use crate::entry::{Record, Timestamp};
use crate::error::{BrokerError, PublishError};
use crate::position::{Epoch, Position};

pub use memory::Memory;

/// What a broker will answer.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The store and the order of one hub's events.
pub trait Broker: Send + Sync + 'static {
    /// Opens the store and gives its epoch. From here on the sink is fed, by one feeder at a time, in the store's order.
    fn open(&self, sink: Sink) -> Answer<'_, Result<Epoch, BrokerError>>;

    /// Gives the event the next offset (a volatile one gets none), keeps it, and delivers it to every node attached to the
    /// channel, this one too. Offset, keeping and the order of deliveries are one atomic step.
    ///
    /// Of the events of one channel with the same `latest` the store keeps only the newest. An older one that it still has goes in that
    /// step, from the middle, as if it had never been: no [`Tail::dropped`] speaks of it. A store that keeps it makes readers be told
    /// of losses that are none.
    ///
    /// Behind an event that `ends` its channel none is taken, a volatile one neither: that is [`Refusal::Ended`](crate::Refusal::Ended). How long a store
    /// remembers that a channel ended is its own matter, but it says when it gives that up.
    fn publish(&self, publication: Publication) -> Answer<'_, Result<Option<Position>, PublishError>>;

    /// From the answer on, what is published on the channel is delivered here.
    fn attach(&self, channel: Arc<str>) -> Answer<'_, Result<(), BrokerError>>;

    /// The node no longer wants the channel; `dropped` is the offset of the last entry that its log let go.
    /// Called under a lock of the hub: it must not wait, nor call the sink.
    fn detach(&self, channel: &Arc<str>, dropped: u64);

    /// What the store keeps of the channel, oldest first, and up to where it keeps nothing.
    fn read(&self, channel: Arc<str>) -> Answer<'_, Result<Tail, BrokerError>>;

    /// Asks the store for its newest offset. The answer is a [`Delivery::Mark`] with this ticket, through the sink, behind
    /// everything up to that offset. It may come twice; it may be lost where [`Delivery::Lost`] says so, and the node asks again.
    fn mark(&self, ticket: u64);

    /// Whether the node's own logs are the only history, so that a node attaches what it publishes to.
    fn keeps_nothing(&self) -> bool {
        false
    }
}

/// An event on its way into a broker.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Where it goes.
    pub channel: Arc<str>,
    /// Whether it takes no offset.
    pub volatile: bool,
    /// When it was published.
    pub at: Timestamp,
    /// The event as serde wrote it.
    pub event: Bytes,
    /// The key of the command that led to it.
    pub cause: Option<Arc<str>>,
    /// Who may see it, where not everybody may see all of the channel. There, an event without is shown to nobody.
    pub audience: Option<Audience>,
    /// What it is the newest of; none for an event that takes nobody's place. A volatile event has none.
    pub latest: Option<Arc<str>>,
    /// Whether it is the last of its channel. A volatile event never is.
    pub ends: bool,
}

/// What a store keeps of one channel.
#[derive(Debug, Clone)]
pub struct Tail {
    /// The store's epoch when it was read: one that the node has not heard of yet is not taken for its own.
    pub epoch: Epoch,
    /// The entries, oldest first.
    pub entries: Vec<Record>,
    /// The offset of the event that ended the channel, kept or gone; 0 if none did.
    pub ended: u64,
    /// Everything up to this offset is gone: the offset of the newest entry that was dropped for its age, or for room.
    pub dropped: u64,
}

/// What a broker tells a node, in order.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Delivery {
    /// An event of an attached channel; it may come twice, never late.
    Entry {
        /// Its channel.
        channel: Arc<str>,
        /// The event.
        record: Record,
    },
    /// The store's newest offset.
    Mark(Mark),
    /// Deliveries and marks may be missing from here on: every attached channel has to be read again. It comes before
    /// anything that was published behind what is missing.
    Lost,
    /// The store was made anew, or may have lost the end of its sequence.
    Epoch(Epoch),
}

/// The answer to [`Broker::mark`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The ticket it was asked for with: what was published before that is at or below `offset`.
    pub ticket: u64,
    /// The newest offset of the store, everything up to which was delivered before.
    pub offset: u64,
}

/// Where a broker delivers to: one node of one hub.
#[derive(Clone)]
pub struct Sink(Arc<dyn Fn(Delivery) -> Wake + Send + Sync>);

impl Sink {
    /// A sink that hands every delivery to `take`.
    pub(crate) fn new(take: impl Fn(Delivery) -> Wake + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    /// Delivers. The broker is not called back in it. Readers are woken, and the broker is asked for what the node needs next,
    /// when the returned value is dropped: drop it outside of any lock.
    pub fn deliver(&self, delivery: Delivery) -> Wake {
        (self.0)(delivery)
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sink")
    }
}

/// What a delivery leads to, readers to be woken above all; dropping it does it, so it cannot be forgotten.
#[must_use = "hold it until no lock is held, then drop it"]
pub struct Wake(Option<Box<dyn FnOnce() + Send>>);

impl Wake {
    /// Nobody has to be woken.
    pub(crate) fn nobody() -> Self {
        Self(None)
    }

    /// Does this.
    pub(crate) fn by(wake: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(wake)))
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        if let Some(wake) = self.0.take() {
            wake();
        }
    }
}

impl fmt::Debug for Wake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wake")
    }
}
