//! The channels of one node by their names, in shards, each behind a lock of its own. Floor 6.
//!
//! A table in one piece does some things in one piece: it doubles, and who looks at all of it holds all of it. Here each such step is a
//! shard's. A shard's lock comes before a channel's. A channel is made only under it, and is removed only under it and only while nobody
//! else holds it.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::channel::Channel;
use crate::sync::{Mutex, MutexGuard, lock};

/// Of a million channels one has four thousand: a millisecond to double it. Empty, all together take 14 KiB of a hub.
/// One under loom, which replays each order: a shard is chosen by chance.
pub(super) const SHARDS: usize = if cfg!(triwire_loom) { 1 } else { 256 };

type Shard = HashMap<Arc<str>, Arc<Channel>>;

/// See the module.
pub(super) struct Table {
    shards: Box<[Mutex<Shard>]>,
    /// Chooses the shard. Not by the hash of the shards' own tables: what has one shard in common would lie close together in it.
    chooser: RandomState,
    /// Moves under the shards' locks, and is read under none.
    len: AtomicUsize,
}

impl Table {
    pub(super) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::new(Shard::new())).collect();
        Self { shards, chooser: RandomState::new(), len: AtomicUsize::new(0) }
    }

    /// The shard that has the name, if any has.
    fn shard_of(&self, name: &str) -> MutexGuard<'_, Shard> {
        let hash = self.chooser.hash_one(name);
        lock(&self.shards[usize::try_from(hash % SHARDS as u64).expect("there are few shards")])
    }

    pub(super) fn get(&self, name: &str) -> Option<Arc<Channel>> {
        self.shard_of(name).get(name).cloned()
    }

    /// The channel of this name, or what `make` makes under the lock of its shard.
    pub(super) fn get_or_make(&self, name: &Arc<str>, make: impl FnOnce() -> Channel) -> Arc<Channel> {
        let mut shard = self.shard_of(name);
        if let Some(channel) = shard.get(name) {
            return channel.clone();
        }
        let channel = Arc::new(make());
        shard.insert(name.clone(), channel.clone());
        self.len.fetch_add(1, Relaxed);
        channel
    }

    /// Removes the channel if nobody else holds it and `let_go`, which is asked under the lock of its shard, says so.
    pub(super) fn forget(&self, name: &str, let_go: impl FnOnce(&Channel) -> bool) {
        let mut shard = self.shard_of(name);
        if shard.get(name).is_some_and(|channel| Arc::strong_count(channel) == 1 && let_go(channel)) {
            shard.remove(name);
            self.len.fetch_sub(1, Relaxed);
        }
    }

    /// The channels that one shard has now.
    pub(super) fn shard(&self, at: usize) -> Vec<Arc<Channel>> {
        lock(&self.shards[at]).values().cloned().collect()
    }

    /// One shard after another, each when it is asked for: a channel that is made meanwhile may be among them or not.
    pub(super) fn shards(&self) -> impl Iterator<Item = Vec<Arc<Channel>>> {
        (0..SHARDS).map(|at| self.shard(at))
    }

    /// How many channels there are.
    pub(super) fn len(&self) -> usize {
        self.len.load(Relaxed)
    }
}

#[cfg(all(test, triwire_loom))]
mod loom;
#[cfg(test)]
mod tests;
