//! All channels of one hub on this node, and its connections; knows nothing of the enum. Floor 6.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::accounts::Accounts;
use super::drain::Drain;
use super::driver::Drivers;
use super::people::People;
use super::presence::Reminders;
use super::replies::Replies;
use super::stream::Stream;
use super::sweep::Room;
use super::table::Table;
#[cfg(feature = "tickets")]
use super::used::Used;
use crate::broker::{Broker, Publication, Sink, Timestamp, Wake};
use crate::channel::Channel;
use crate::connection::Connection;
use crate::error::{BrokerError, PublishError};
use crate::head::{Head, Seat};
use crate::limits::Limits;
use crate::log::{Most, Retention};
use crate::metrics::{Metrics, Stats};
use crate::position::{Position, Since};
use crate::presence::Bounds;
use crate::subscribers::Subscribers;
use crate::sync::{Mutex, lock};

/// Readers that one call wakes before it lets others go on: a publisher never wakes ten thousand itself.
pub(super) const WAKE_BATCH: usize = 64;

/// See the module.
pub(crate) struct Node {
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) head: Arc<Head>,
    pub(super) broker: Arc<dyn Broker>,
    pub(super) retention: Retention,
    /// Which channels not everybody may see all of, where there are any.
    pub(crate) guards: Option<OfChannel>,
    /// Which channels tell who is in, where any do.
    pub(crate) presences: Option<OfChannel>,
    pub(super) reminders: Arc<Reminders>,
    pub(super) table: Table,
    pub(super) room: Mutex<Room>,
    /// A publish paid for room: the next one gives way first.
    pub(super) room_made: AtomicBool,
    pub(super) connections: Mutex<Subscribers<Arc<Seat>>>,
    pub(super) people: People,
    pub(super) accounts: Accounts,
    pub(crate) replies: Replies,
    #[cfg(feature = "tickets")]
    pub(crate) used: Used,
    /// A permit for each command that runs.
    pub(crate) commands: Semaphore,
    /// Poll the connections that own their sockets.
    pub(crate) drivers: Arc<Drivers>,
    pub(super) drain: OnceLock<Drain>,
    pub(super) idle: tokio::sync::Notify,
    pub(super) sweeping: AtomicBool,
    /// The runtime the broker was opened in: channels are attached there when who asks for one runs in none.
    pub(super) runtime: OnceLock<Handle>,
    pub(super) this: Weak<Self>,
}

/// Says something of the channel of this name.
pub(crate) type OfChannel = fn(&str) -> bool;

/// What a node knows of its enum.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Facts {
    pub(super) history: Option<usize>,
    pub(super) keep: Option<Duration>,
    /// Whether not everybody may see all of it.
    pub(super) guards: Option<OfChannel>,
    /// Whether it tells who is in.
    pub(super) presences: Option<OfChannel>,
}

/// Why nobody is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The hub has as many connections as it may have.
    Busy,
    /// The hub drains.
    Draining,
}

impl Node {
    /// A node of the hub that this broker keeps. Its broker is not open yet.
    pub(super) fn new(limits: Limits, facts: Facts, broker: Arc<dyn Broker>) -> Arc<Self> {
        let Facts { history, keep, guards, presences } = facts;
        let retention = Retention {
            history: history.unwrap_or(limits.history).max(1),
            keep: keep.unwrap_or(limits.keep),
            volatile: limits.volatile,
            remembered: limits.remembered_offsets,
        };
        let commands = Semaphore::new(limits.commands.min(Semaphore::MAX_PERMITS));
        Arc::new_cyclic(|this| {
            let ask = broker.clone();
            Self {
                limits,
                metrics: Metrics::default(),
                head: Arc::new(Head::new(move |ticket| ask.mark(ticket))),
                broker,
                retention,
                guards,
                presences,
                reminders: Arc::default(),
                table: Table::new(),
                room: Mutex::default(),
                room_made: AtomicBool::new(false),
                connections: Mutex::new(Subscribers::new()),
                people: People::default(),
                accounts: Accounts::new(),
                replies: Replies::default(),
                #[cfg(feature = "tickets")]
                used: Used::default(),
                commands,
                drivers: Arc::new(Drivers::new()),
                drain: OnceLock::new(),
                idle: tokio::sync::Notify::new(),
                sweeping: AtomicBool::new(false),
                runtime: OnceLock::new(),
                this: this.clone(),
            }
        })
    }

    /// Opens the broker: from here on it delivers.
    pub(super) async fn open(self: &Arc<Self>) -> Result<(), BrokerError> {
        if let Ok(runtime) = Handle::try_current() {
            let _ = self.runtime.set(runtime);
        }
        let node = Arc::downgrade(self);
        let sink = Sink::new(move |delivery| node.upgrade().map_or_else(Wake::nobody, |node| node.deliver(delivery)));
        self.head.reset(self.broker.open(sink).await?);
        self.head.ask();
        Ok(())
    }

    /// Publishes what is encoded already.
    pub(super) async fn publish(&self, mut publication: Publication) -> Result<Option<Position>, PublishError> {
        self.sweep_from_now_on();
        // Held until the event is in: a channel that somebody holds is not forgotten.
        let channel = self.broker.keeps_nothing().then(|| self.channel(&publication.channel));
        if let Some(channel) = &channel {
            publication.channel = channel.name().clone();
        }
        let published = self.broker.publish(publication).await;
        drop(channel);
        self.metrics.published.fetch_add(u64::from(published.is_ok()), Relaxed);
        published
    }

    /// One client more, of these channels since there; a heartbeat comes after so much silence.
    pub(crate) fn connect(self: &Arc<Self>, channels: &[String], since: Since, heartbeat: Option<Duration>) -> Result<Stream, Refused> {
        if self.draining() {
            return Err(Refused::Draining);
        }
        self.sweep_from_now_on();
        let seat = Arc::new(Seat::default());
        let mut connections = lock(&self.connections);
        if connections.len() >= self.limits.connections {
            return Err(Refused::Busy);
        }
        let slot = connections.insert(seat.clone());
        connections.wait(slot);
        drop(connections);
        let channels = channels.iter().map(|name| self.channel(&Arc::from(name.as_str()))).collect();
        let most = Most { items: self.limits.batch_items, bytes: self.limits.batch_bytes };
        let connection = Connection::new(self.head.clone(), seat.clone(), channels, since, most);
        Ok(Stream::new(self.clone(), connection, seat, slot, heartbeat))
    }

    /// A client less.
    pub(super) fn disconnect(&self, slot: usize, channels: Vec<Arc<Channel>>) {
        lock(&self.connections).remove(slot);
        channels.into_iter().for_each(|channel| self.release(channel));
        if self.connected() == 0 {
            self.idle.notify_waiters();
        }
    }

    /// A reader of the channel is gone: the channel too, if nothing needs it.
    pub(super) fn release(&self, channel: Arc<Channel>) {
        let name = channel.name().clone();
        drop(channel);
        self.forget(&name);
    }

    /// The channel of this name, made and attached where it is not here.
    pub(super) fn channel(&self, name: &Arc<str>) -> Arc<Channel> {
        let mut made = false;
        // The epoch is read under the shard's lock. A new epoch is known before any shard is looked at for channels of the old one:
        // so none is left behind in it.
        let channel = self.table.get_or_make(name, || {
            made = true;
            let is = |of: Option<OfChannel>| of.is_some_and(|of| of(name));
            let bounds = Bounds { debounce: self.limits.presence_debounce, listed: self.limits.presence_listed };
            let channel = Channel::new(name.clone(), self.retention, self.head.epoch(), now()).guarded(is(self.guards));
            channel.attended(is(self.presences).then_some(bounds))
        });
        if made {
            self.attach(channel.clone());
        }
        channel
    }

    /// Notes how the history grew, and gives its size.
    pub(super) fn grown(&self, bytes: isize) -> usize {
        let before = self.metrics.history_bytes.fetch_add(bytes.cast_unsigned(), Relaxed);
        before.wrapping_add_signed(bytes)
    }

    /// The newest position of the store: a mark is asked for, and its answer is the head.
    pub(crate) async fn newest(&self) -> Position {
        let seat = Arc::new(Seat::default());
        let ticket = self.head.ask();
        let newest = std::future::poll_fn(|cx| {
            seat.register(cx.waker());
            self.head.wait(&seat);
            let look = self.head.look();
            match look.head {
                Some(head) if look.answers(ticket) => std::task::Poll::Ready(head),
                _ => std::task::Poll::Pending,
            }
        })
        .await;
        self.head.unwait(&seat);
        newest
    }

    /// How long to wait before coming back, in milliseconds: the limit `sse_retry`, give or take a half.
    pub(crate) fn retry(&self) -> u64 {
        let retry = milliseconds(self.limits.sse_retry);
        retry / 2 + random_below(retry + 1)
    }

    pub(super) fn stats(&self) -> Stats {
        self.metrics.stats(self.connected(), self.table.len())
    }

    /// How many connections are open.
    pub(super) fn connected(&self) -> usize {
        lock(&self.connections).len()
    }

    /// How many connections read the channel.
    pub(super) fn subscribers(&self, name: &str) -> usize {
        self.table.get(name).map_or(0, |channel| channel.subscribers())
    }
}

/// The time on the wall: an event's age is the same on every node.
pub(crate) fn now() -> Timestamp {
    #[cfg(test)]
    if let Some(now) = super::order::clock() {
        return now;
    }
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, milliseconds))
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A number in `0..bound`, to spread what would otherwise happen at once; 0 for 0.
pub(super) fn random_below(bound: u64) -> u64 {
    getrandom::u64().unwrap_or(0).checked_rem(bound).unwrap_or(0)
}
