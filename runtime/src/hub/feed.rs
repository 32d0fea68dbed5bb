//! What the broker feeds a node with: tails, deliveries, and who is woken by them. Floor 6.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::runtime::Handle;

use super::node::{Node, WAKE_BATCH, now};
use super::sweep::Room;
use crate::broker::{Delivery, Record, Wake};
use crate::channel::Channel;
use crate::error::BrokerError;
use crate::position::Epoch;
use crate::sync::lock;

/// How long to wait before a broker that did not answer is asked again.
const ATTACH_RETRY: Duration = Duration::from_millis(200);

impl Node {
    /// Subscribes to the channel at the broker and reads its tail: at once where the broker answers at once.
    pub(super) fn attach(&self, channel: Arc<Channel>) {
        let Some(node) = self.this.upgrade() else { return };
        let mut attaching = Box::pin(async move {
            while let Err(error) = node.attach_once(&channel).await {
                tracing::warn!(channel = %channel.name(), %error, "the channel is not attached, asking again");
                tokio::time::sleep(ATTACH_RETRY).await;
            }
        });
        if attaching.as_mut().now_or_never().is_some() {
            return;
        }
        match Handle::try_current().ok().or_else(|| self.runtime.get().cloned()) {
            Some(runtime) => drop(runtime.spawn(attaching)),
            None => tracing::error!("a channel is not attached: its broker was opened outside of a tokio runtime"),
        }
    }

    async fn attach_once(&self, channel: &Arc<Channel>) -> Result<(), BrokerError> {
        let losses = channel.losses();
        self.broker.attach(channel.name().clone()).await?;
        let tail = self.broker.read(channel.name().clone()).await?;
        self.grown(channel.attach(losses, &tail, now())?);
        if !self.broker.keeps_nothing() {
            // A tail moves no head: the mark behind it does.
            self.head.ask();
        }
        drop(self.wake(channel.clone()));
        Ok(())
    }

    /// Takes one delivery of the broker.
    pub(super) fn deliver(&self, delivery: Delivery) -> Wake {
        match delivery {
            Delivery::Entry { channel, record } => self.deliver_entry(&channel, &record),
            Delivery::Mark(mark) => {
                self.head.mark(mark);
                self.wake_head()
            }
            Delivery::Lost => self.lose(),
            Delivery::Epoch(epoch) => self.reset(epoch),
        }
    }

    fn deliver_entry(&self, name: &Arc<str>, record: &Record) -> Wake {
        let Some(channel) = self.table.get(name) else {
            self.head.advance(record.offset.unwrap_or(0));
            return self.wake_head();
        };
        let (grown, waited_for) = channel.deliver(record, &self.head, now());
        let over = self.grown(grown) > self.limits.history_bytes;
        if !waited_for && !over && !self.head.waited_for() {
            return Wake::nobody();
        }
        let Some(node) = self.this.upgrade() else { return Wake::nobody() };
        Wake::by(move || {
            drop(node.wake(channel));
            drop(node.wake_head());
            if over {
                node.make_room();
            }
        })
    }

    /// Deliveries may be missing: every channel is read again, and a mark that was asked for is asked for again.
    fn lose(&self) -> Wake {
        let channels: Vec<_> = self.table.shards().flatten().collect();
        // One that is on its way may have read its tail before the loss: it is read again too.
        channels.iter().for_each(|channel| channel.lose());
        self.attach_again(channels)
    }

    /// The store is another: nothing that is here is of it.
    fn reset(&self, epoch: Epoch) -> Wake {
        // First the head: what is made from now on is of the new epoch, and is left as it is; what was made before is in a shard.
        self.head.reset(epoch);
        let channels: Vec<_> = self.table.shards().flatten().collect();
        for channel in &channels {
            self.grown(channel.reset(epoch));
        }
        *lock(&self.room) = Room::default();
        self.attach_again(channels)
    }

    /// Asks the broker for the tails of these, and for a mark that answers whoever waits for one. Not in the delivery itself: a
    /// broker may hold a lock there.
    fn attach_again(&self, channels: Vec<Arc<Channel>>) -> Wake {
        let Some(node) = self.this.upgrade() else { return Wake::nobody() };
        Wake::by(move || {
            channels.into_iter().for_each(|channel| node.attach(channel));
            node.head.ask();
        })
    }

    /// Wakes who waits for the head.
    fn wake_head(&self) -> Wake {
        let mut seats = self.head.take_waiting().into_iter();
        if seats.len() == 0 {
            return Wake::nobody();
        }
        in_batches(move || {
            seats.by_ref().take(WAKE_BATCH).for_each(|seat| seat.wake());
            seats.len() > 0
        })
    }

    /// Wakes who waits for the channel.
    pub(super) fn wake(&self, channel: Arc<Channel>) -> Wake {
        in_batches(move || channel.wake(WAKE_BATCH))
    }
}

/// A bounded batch at once; the rest, while there is more, from a task.
fn in_batches(mut batch: impl FnMut() -> bool + Send + 'static) -> Wake {
    Wake::by(move || {
        if !batch() {
            return;
        }
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move {
                while batch() {
                    tokio::task::yield_now().await;
                }
            })),
            Err(_) => while batch() {},
        }
    })
}

#[cfg(test)]
pub(super) mod tests;
