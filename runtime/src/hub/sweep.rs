//! What a node lets go: what is too old, what is too much, and channels that nobody needs. Floor 6.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::node::{Node, milliseconds, now};
use super::table::SHARDS;
use crate::broker::Timestamp;
use crate::sync::lock;

/// Channels that the sweeper looks at before it lets others go on.
pub(super) const SWEEP_BATCH: usize = 256;
/// Channels that a delivery looks at to make room, give or take a shard, and events that it drops of one: a millisecond or two.
const ROOM_BATCH: usize = 1_024;

/// How far the shards were gone through to make room. In each round, what came no later than a bound goes, shard after shard, as room is
/// needed; what is left says the next round's bound.
#[derive(Default)]
pub(super) struct Room {
    bound: u64,
    /// The shard that is next.
    next: usize,
    /// The oldest that this round left.
    oldest: Option<u64>,
}

impl Node {
    /// Starts the sweeper, once there is a runtime to run it. It ends with the node.
    pub(super) fn sweep_from_now_on(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        if self.sweeping.swap(true, Relaxed) {
            return;
        }
        let every = (self.retention.keep / 16).clamp(Duration::from_millis(50), Duration::from_secs(15));
        let node = self.this.clone();
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(every).await;
                let Some(node) = node.upgrade() else { return };
                node.sweep().await;
            }
        });
    }

    /// Drops what is too old everywhere, and forgets what nobody needs.
    pub(super) async fn sweep(&self) {
        self.replies.expire(&self.limits, Instant::now());
        #[cfg(feature = "tickets")]
        self.used.expire(now());
        self.forget_callers();
        let mut looked = 0;
        for channel in self.table.shards().flatten() {
            self.grown(channel.expire(now()));
            self.release(channel);
            looked += 1;
            if looked % SWEEP_BATCH == 0 {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Forgets the channel if nothing needs it.
    pub(super) fn forget(&self, name: &Arc<str>) {
        let idle = (!self.broker.keeps_nothing()).then(|| Timestamp(now().0.saturating_sub(milliseconds(self.retention.keep))));
        self.table.forget(name, |channel| {
            let Some(dropped) = channel.forgettable(idle) else { return false };
            self.grown(channel.bytes().cast_signed().wrapping_neg());
            self.broker.detach(name, dropped);
            true
        });
    }

    /// The history is over its budget: the hub's oldest events go until it is not, or until a bounded number of channels is looked
    /// at; the next delivery goes on from there.
    pub(super) fn make_room(&self) {
        let mut room = lock(&self.room);
        let mut looked = 0;
        while looked < ROOM_BATCH && self.metrics.history_bytes.load(Relaxed) > self.limits.history_bytes {
            if room.next == SHARDS {
                let Some(oldest) = std::mem::take(&mut *room).oldest else { break };
                // An eighth of the way to the head: little goes before what is older, and a few dozen rounds are enough, however
                // much older than the rest the oldest is.
                let bound = oldest + self.head.offset().saturating_sub(oldest) / 8;
                room.bound = bound;
                tracing::warn!(limit = self.limits.history_bytes, "the history is over `history_bytes`: the oldest events are dropped");
            }
            for channel in self.table.shard(room.next) {
                self.grown(channel.drop_to(room.bound, ROOM_BATCH));
                room.oldest = room.oldest.into_iter().chain(channel.oldest()).min();
                looked += 1;
            }
            room.next += 1;
        }
        self.room_made.store(true, Relaxed);
    }

    /// Lets others go on first, where somebody paid for room since: a publisher in a loop holds a thread no longer than a step.
    pub(super) async fn give_way(&self) {
        if self.room_made.load(Relaxed) {
            self.room_made.store(false, Relaxed);
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests;
