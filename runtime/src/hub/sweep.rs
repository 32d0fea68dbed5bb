//! What a node lets go: what is too old, what is too much, and channels that nobody needs. Floor 6.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::runtime::Handle;

use super::node::{Node, milliseconds, now};
use crate::broker::Timestamp;
use crate::sync::lock;

/// Channels that the sweeper looks at before it lets others go on.
const SWEEP_BATCH: usize = 256;

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
        let names: Vec<_> = lock(&self.table).keys().cloned().collect();
        for names in names.chunks(SWEEP_BATCH) {
            for name in names {
                let channel = lock(&self.table).get(name).cloned();
                if let Some(channel) = channel {
                    self.grown(channel.expire(now()));
                }
                self.forget(name);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Forgets the channel if nothing needs it.
    pub(super) fn forget(&self, name: &Arc<str>) {
        let idle = (!self.broker.keeps_nothing()).then(|| Timestamp(now().0.saturating_sub(milliseconds(self.retention.keep))));
        let mut table = lock(&self.table);
        let Some(channel) = table.get(name) else { return };
        if Arc::strong_count(channel) > 1 {
            return;
        }
        if let Some(dropped) = channel.forgettable(idle) {
            self.grown(channel.bytes().cast_signed().wrapping_neg());
            self.broker.detach(name, dropped);
            table.remove(name);
        }
    }

    /// The history is over its budget: the hub's oldest events go, until an eighth is free.
    pub(super) fn make_room(&self) {
        let channels: Vec<_> = lock(&self.table).values().cloned().collect();
        let enough = self.limits.history_bytes - self.limits.history_bytes / 8;
        while self.metrics.history_bytes.load(Relaxed) > enough {
            let Some(oldest) = channels.iter().filter_map(|channel| channel.oldest()).min() else { return };
            // An eighth of the way to the head a round: a few dozen rounds at most, and little more is dropped than has to be.
            let bound = oldest + (self.head.offset().saturating_sub(oldest)) / 8;
            for channel in &channels {
                self.grown(channel.drop_to(bound));
            }
        }
        tracing::warn!(limit = self.limits.history_bytes, "the history is over `history_bytes`: the oldest events were dropped");
    }
}
