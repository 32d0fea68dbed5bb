//! The announced end of a node. Floor 6.

use std::time::Duration;

use tokio::time::Instant;

use super::node::{Node, WAKE_BATCH};
use crate::sync::lock;

/// When the streams of a node end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drain {
    pub(super) began: Instant,
    pub(super) within: Duration,
}

impl Node {
    /// Ends every stream, spread over `within`, and returns when all have ended or the time is over.
    pub(super) async fn drain(&self, within: Duration) {
        let drain = *self.drain.get_or_init(|| Drain { began: Instant::now(), within });
        tracing::info!(connections = self.connected(), ?within, "the hub drains");
        lock(&self.connections).call();
        loop {
            let seats = lock(&self.connections).take_called(WAKE_BATCH);
            if seats.is_empty() {
                break;
            }
            seats.iter().for_each(|seat| seat.wake());
            tokio::task::yield_now().await;
        }
        let deadline = drain.began + drain.within;
        loop {
            let idle = self.idle.notified();
            if self.connected() == 0 {
                return;
            }
            if tokio::time::timeout_at(deadline, idle).await.is_err() {
                tracing::warn!(connections = self.connected(), "the drain's time is over");
                return;
            }
        }
    }

    /// Whether streams end.
    pub(crate) fn draining(&self) -> bool {
        self.drain.get().is_some()
    }

    /// When and how fast they end.
    pub(super) fn drain_plan(&self) -> Option<Drain> {
        self.drain.get().copied()
    }
}
