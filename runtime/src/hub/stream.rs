//! A connection with its life: what it reads, its heartbeats, and its announced end. Every transport drives one. Floor 6.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::node::{Node, now, random_below};
use crate::connection::{Batch, Connection};
use crate::head::Seat;
use crate::item::Output;
use crate::position::{Position, Since};
use crate::protocol::{Bye, ByeReason};

/// See the module. Dropping it disconnects.
pub(crate) struct Stream {
    node: Arc<Node>,
    connection: Connection,
    seat: Arc<Seat>,
    slot: usize,
    heartbeat: Option<Duration>,
    /// When something was sent last: a heartbeat comes after so much silence.
    quiet_since: Instant,
    end: End,
    timer: Option<Pin<Box<Sleep>>>,
}

/// How far its end has come.
#[derive(Debug, Clone, Copy)]
enum End {
    /// It goes on.
    Open,
    /// The node drains; this stream's turn comes then.
    At(Instant),
    /// It ends with this reason, when it has come up to this offset: what the log has is sent first.
    Due { reason: ByeReason, offset: u64 },
    /// Its bye is out.
    Over,
}

impl Stream {
    pub(super) fn new(node: Arc<Node>, connection: Connection, seat: Arc<Seat>, slot: usize, heartbeat: Option<Duration>) -> Self {
        Self { node, connection, seat, slot, heartbeat, quiet_since: Instant::now(), end: End::Open, timer: None }
    }

    /// The next batch, never empty, in the order of the wire; none after the batch that ended with a bye.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Vec<Output>>> {
        // First the seat, then the look: what comes after the look wakes this task.
        self.seat.register(cx.waker());
        loop {
            self.plan_end();
            match self.end {
                End::Over => return Poll::Ready(None),
                End::Due { reason, offset } if self.connection.position().is_some_and(|position| position.offset >= offset) => {
                    return Poll::Ready(Some(self.bye(reason)));
                }
                _ => {}
            }
            if let Some(batch) = self.connection.read() {
                return Poll::Ready(Some(self.count(batch)));
            }
            if let End::Due { reason, .. } = self.end {
                return Poll::Ready(Some(self.bye(reason)));
            }
            match self.poll_timer(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(heartbeat)) => return Poll::Ready(Some(self.count(vec![heartbeat]))),
                Poll::Ready(None) => {}
            }
        }
    }

    /// Takes part in a drain: its turn is drawn once, within four fifths of the time, so that the ends are spread and the last has time.
    fn plan_end(&mut self) {
        if let (End::Open, Some(drain)) = (self.end, self.node.drain_plan()) {
            let spread = u64::try_from(drain.within.as_micros()).unwrap_or(u64::MAX) / 5 * 4;
            self.end = End::At(drain.began + Duration::from_micros(random_below(spread)));
        }
        if let End::At(turn) = self.end
            && turn <= Instant::now()
        {
            self.end(ByeReason::Drain);
        }
    }

    /// Waits for the heartbeat's or the end's time. Ready with nothing means: look again.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<Option<Output>> {
        let heartbeat = self.heartbeat.map(|silence| self.quiet_since + silence);
        let turn = if let End::At(turn) = self.end { Some(turn) } else { None };
        let Some(at) = heartbeat.into_iter().chain(turn).min() else { return Poll::Pending };
        if at > Instant::now() {
            let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
            if timer.deadline() != at {
                timer.as_mut().reset(at);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        if heartbeat.is_none_or(|heartbeat| heartbeat > Instant::now()) {
            return Poll::Ready(None);
        }
        // Just read to its head: the position is as fresh as it can be. Without one (a broker is away) there is nothing to tell.
        self.quiet_since = Instant::now();
        Poll::Ready(self.connection.position().map(Output::Heartbeat))
    }

    /// Its last batch.
    fn bye(&mut self, reason: ByeReason) -> Vec<Output> {
        self.end = End::Over;
        tracing::debug!(?reason, "a stream ends");
        self.count(vec![Output::Bye(Bye { reason, retry_ms: self.node.retry() })])
    }

    /// Counts what goes out.
    fn count(&mut self, batch: Vec<Output>) -> Vec<Output> {
        self.quiet_since = Instant::now();
        let metrics = &self.node.metrics;
        metrics.bytes.fetch_add(batch.iter().map(|output| output.bytes() as u64).sum(), Relaxed);
        for output in &batch {
            if let Output::Gap(channel, gap) = output {
                metrics.gaps.fetch_add(1, Relaxed);
                tracing::info!(%channel, reason = ?gap.reason, missed = gap.missed, until = %gap.until, "a gap is told");
            }
        }
        batch
    }

    /// Ends it: what the log has now is sent, then a bye.
    pub(crate) fn end(&mut self, reason: ByeReason) {
        if !matches!(self.end, End::Due { .. } | End::Over) {
            self.end = End::Due { reason, offset: self.node.head.offset() };
            self.seat.wake();
        }
    }

    /// A channel more; `Output::Joined` with the tag follows what it replays.
    pub(crate) fn join(&mut self, name: &str, since: Since, tag: u64) {
        let channel = self.node.channel(&Arc::from(name));
        self.connection.join(channel, since, tag);
    }

    /// A channel less: nothing of it comes after this.
    pub(crate) fn leave(&mut self, name: &str) {
        if let Some(channel) = self.connection.leave(name, now()) {
            self.node.release(channel);
        }
    }

    /// Its channels, joined and joining.
    pub(crate) fn channels(&self) -> usize {
        self.connection.channels().count()
    }

    /// Whether it has the channel.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.connection.channels().any(|channel| **channel.name() == *name)
    }

    /// How far it has come.
    pub(crate) fn position(&self) -> Option<Position> {
        self.connection.position()
    }

    /// Gives so much at once from now on.
    pub(crate) fn set_batch(&mut self, items: usize, bytes: usize) {
        self.connection.set_batch(Batch { items, bytes });
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let channels = self.connection.close(now());
        self.node.disconnect(self.slot, channels);
    }
}
