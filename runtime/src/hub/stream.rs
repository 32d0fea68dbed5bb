//! A connection with its life: what it reads, its heartbeats, and its announced end. Every transport drives one. Floor 6.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::accounts::Counted;
use super::node::{Node, now, random_below};
use super::people::Claim;
use super::states::{States, Waiting};
use crate::channel::Channel;
use crate::connection::{Batch, Connection};
use crate::entry::Sees;
use crate::head::{Seat, Word, Words};
use crate::log::Most;
use crate::output::Output;
use crate::position::{Position, Since};
use crate::protocol::{Bye, ByeReason, End, EndReason};

/// See the module. Dropping it disconnects.
pub(crate) struct Stream {
    node: Arc<Node>,
    connection: Connection,
    seat: Arc<Seat>,
    slot: usize,
    heartbeat: Option<Duration>,
    /// When something was sent last: a heartbeat comes after so much silence.
    quiet_since: Instant,
    end: Ending,
    /// Whether it is over when the last of its channels has ended.
    with_channels: bool,
    /// Whose it is, where the application says so, and its places among the connections of that identity and of its address.
    counted: Counted,
    /// The states that its client waits for, if it wants any.
    states: Option<Box<Waiting>>,
}

/// How far its end has come.
#[derive(Debug, Clone, Copy)]
enum Ending {
    /// It goes on.
    Open,
    /// It ends then: the node drains and this is its turn, or its identity expires.
    At { turn: Instant, reason: ByeReason },
    /// It ends with this reason, when it has come up to this offset: what the log has is sent first. Without one, at once.
    Due { reason: ByeReason, offset: Option<u64> },
    /// Its bye is out.
    Over,
}

impl Stream {
    pub(super) fn new(node: Arc<Node>, connection: Connection, seat: Arc<Seat>, slot: usize, heartbeat: Option<Duration>) -> Self {
        let (quiet_since, end) = (Instant::now(), Ending::Open);
        let (with_channels, counted, states) = (false, Counted::default(), None);
        Self { node, connection, seat, slot, heartbeat, quiet_since, end, with_channels, counted, states }
    }

    /// The same, but over when the last of its channels has ended: nothing can come of it any more.
    pub(crate) fn with_channels(mut self) -> Self {
        self.with_channels = true;
        self
    }

    /// Fills the batch with what goes out next, in the order of the wire. Ready with none after the batch that ended with a bye, or with the
    /// end of the last channel where it is over with that.
    /// Pending means: poll again when woken, and at [`Self::due`].
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>, now: Instant, batch: &mut Batch) -> Poll<Option<()>> {
        batch.outputs.clear();
        // First the seat, then the look: what comes after the look wakes this task.
        self.seat.register(cx.waker());
        self.plan_end(now);
        let reason = match self.end {
            Ending::Over => return Poll::Ready(None),
            Ending::Due { reason, offset } => {
                Some((reason, offset.is_none_or(|offset| self.connection.position().is_some_and(|position| position.offset >= offset))))
            }
            Ending::Open | Ending::At { .. } => self.poll_states(cx, now, batch),
        };
        match reason {
            None if !batch.outputs.is_empty() => batch.more = true,
            Some((reason, true)) => self.bye(reason, batch),
            _ if self.connection.read(batch) => {}
            Some((reason, false)) => self.bye(reason, batch),
            None if self.heartbeat_at().is_some_and(|at| at <= now) => {
                // Just read to its head: the position is as fresh as it can be. Without one (a broker is away) there is nothing to tell.
                let Some(position) = self.position() else {
                    self.quiet_since = now;
                    return Poll::Pending;
                };
                batch.outputs.push(Output::Heartbeat(position));
                batch.more = false;
            }
            None => return Poll::Pending,
        }
        self.quiet_since = now;
        self.count(&batch.outputs);
        self.let_go(&batch.outputs);
        Poll::Ready(Some(()))
    }

    /// Lets the channels go that have ended.
    fn let_go(&mut self, outputs: &[Output]) {
        for output in outputs {
            let Output::Ended(ended) = output else { continue };
            self.leave(&ended.0);
            if self.with_channels && self.channels() == 0 {
                self.end = Ending::Over;
            }
        }
    }

    /// Whether its last batch is out.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.end, Ending::Over)
    }

    /// Whether it begins where nothing is to come any more.
    pub(crate) fn is_over(&self) -> bool {
        self.connection.is_over()
    }

    /// Puts out the states that were due and are there. If one cannot be had, it ends.
    fn poll_states(&mut self, cx: &mut Context<'_>, now: Instant, batch: &mut Batch) -> Option<(ByeReason, bool)> {
        let waiting = self.states.as_mut()?;
        waiting.poll(cx, now, &self.node, &mut self.connection, batch).err().map(|_| (ByeReason::Busy, true))
    }

    /// Looks at what a read will look at first, and gives something of it.
    pub(crate) fn touch(&self) -> usize {
        self.connection.touch() + self.slot + Arc::strong_count(&self.seat)
    }

    /// When it has something to say without being woken: a heartbeat, or its end.
    pub(crate) fn due(&self) -> Option<Instant> {
        let turn = if let Ending::At { turn, .. } = self.end { Some(turn) } else { None };
        let states = self.states.as_ref().and_then(|waiting| waiting.until());
        self.heartbeat_at().into_iter().chain(turn).chain(states).min()
    }

    fn heartbeat_at(&self) -> Option<Instant> {
        self.heartbeat.map(|silence| self.quiet_since + silence)
    }

    /// Takes part in a drain: its turn is drawn once, within four fifths of the time, so that the ends are spread and the last has time.
    fn plan_end(&mut self, now: Instant) {
        let is_planned = !matches!(self.end, Ending::Open | Ending::At { reason: ByeReason::Expired, .. });
        if let (false, Some(drain)) = (is_planned, self.node.drain_plan()) {
            let spread = u64::try_from(drain.within.as_micros()).unwrap_or(u64::MAX) / 5 * 4;
            self.end_at(drain.began + Duration::from_micros(random_below(spread)), ByeReason::Drain);
        }
        if let Ending::At { turn, reason } = self.end
            && turn <= now
        {
            self.end(reason);
        }
    }

    /// Ends it then, unless it ends before.
    fn end_at(&mut self, turn: Instant, reason: ByeReason) {
        match self.end {
            Ending::Open => self.end = Ending::At { turn, reason },
            Ending::At { turn: before, .. } if turn < before => self.end = Ending::At { turn, reason },
            _ => {}
        }
    }

    /// Its last batch.
    fn bye(&mut self, reason: ByeReason, batch: &mut Batch) {
        self.end = Ending::Over;
        tracing::debug!(?reason, "a stream ends");
        batch.outputs.push(Output::Bye(Bye { reason, retry_ms: self.node.retry() }));
    }

    /// Counts what goes out.
    fn count(&self, outputs: &[Output]) {
        let metrics = &self.node.metrics;
        metrics.bytes.fetch_add(outputs.iter().map(|output| output.bytes() as u64).sum(), Relaxed);
        for output in outputs {
            if let Output::Gap(gap) = output {
                let (channel, gap) = &**gap;
                metrics.gaps.fetch_add(1, Relaxed);
                tracing::info!(%channel, reason = ?gap.reason, missed = gap.missed, until = %gap.until, "a gap is told");
            }
        }
    }

    /// Ends it: what the log has now is sent, then a bye.
    pub(crate) fn end(&mut self, reason: ByeReason) {
        if !matches!(self.end, Ending::Due { .. } | Ending::Over) {
            self.end = Ending::Due { reason, offset: Some(self.node.head.offset()) };
            self.seat.wake();
        }
    }

    /// Makes it the stream of whom the application allowed it to. Says whether it is: if something was taken from them since, the answer is none.
    pub(crate) fn claim(&mut self, claim: &Claim) -> bool {
        if let Some(expires) = claim.expires {
            self.end_at(expires, ByeReason::Expired);
        }
        let is_theirs = claim.person.admit(claim.changes, &self.seat);
        if is_theirs {
            self.connection.channels().for_each(|channel| self.node.enter(channel, claim.person.key(), self.seat.number()));
        }
        is_theirs
    }

    /// Its client has a new identity, which ends then; the old one's end is none any more.
    pub(crate) fn renew(&mut self, expires: Option<Instant>) {
        if let Ending::At { reason: ByeReason::Expired, .. } = self.end {
            self.end = Ending::Open;
        }
        if let Some(expires) = expires {
            self.end_at(expires, ByeReason::Expired);
        }
    }

    /// Makes it one of the connections of its identity and of its address, until it is dropped.
    pub(crate) fn counts_as(&mut self, counted: Counted) {
        self.counted = counted;
    }

    /// Its seat, if it may be told something from outside.
    pub(crate) fn told(&self) -> Option<&Arc<Seat>> {
        self.counted.person().is_some().then_some(&self.seat)
    }

    /// Does what it was told, and gives what its client is told before all else. None where it does not concern this stream.
    pub(crate) fn obey(&mut self, words: &Words) -> Option<Vec<Output>> {
        let mut outputs = None;
        for word in &words.0 {
            match word {
                Word::Revoked(channel) if self.has(channel) => {
                    self.of_person(|node, other, key, slot| {
                        if other.name() == channel {
                            node.put_out(other, key, &[slot]);
                        }
                    });
                    self.leave(channel);
                    let ended = Output::Ended(Box::new((channel.clone(), End { reason: EndReason::Denied })));
                    outputs.get_or_insert_with(Vec::new).push(ended);
                }
                Word::Revoked(_) => {}
                Word::Disconnected => {
                    self.of_person(|node, channel, key, slot| node.put_out(channel, key, &[slot]));
                    self.deny();
                    outputs.get_or_insert_with(Vec::new);
                }
            }
        }
        outputs
    }

    /// Ends it at once: its client may have nothing more.
    pub(crate) fn deny(&mut self) {
        if !self.has_ended() {
            self.end = Ending::Due { reason: ByeReason::Denied, offset: None };
        }
    }

    /// A channel more; `Output::Joined` with the tag follows what it replays.
    /// With `states`, its client is given the channel's state, too; with `list`, who is in.
    pub(crate) fn join(&mut self, name: &str, since: Since, tag: u64, states: Option<Arc<dyn States>>, list: bool) {
        let channel = self.node.channel(&Arc::from(name));
        let is_new = !self.has(name);
        self.connection.join(channel.clone(), since, tag, states.is_some());
        if let Some(person) = self.counted.person() {
            self.node.enter(&channel, person.key(), self.seat.number());
        }
        if is_new && list {
            self.connection.want_list(name);
        }
        if let Some(states) = states {
            self.states.get_or_insert_with(|| Box::new(Waiting::new(states)));
        }
    }

    /// Gives its client the lists of who is in its channels.
    pub(crate) fn want_lists(&mut self) {
        self.connection.want_lists();
    }

    /// Those lists as they are now, for who reads no further.
    pub(crate) fn lists(&self) -> impl Iterator<Item = Output> {
        self.connection.channels().filter_map(|channel| channel.newest_list()).map(Output::Run)
    }

    /// Does something for each of its channels, where it is known whose they are.
    fn of_person(&self, with: impl Fn(&Node, &Arc<Channel>, &str, usize)) {
        if let Some(person) = self.counted.person().filter(|_| self.node.presences.is_some()) {
            self.connection.channels().for_each(|channel| with(&self.node, channel, person.key(), self.seat.number()));
        }
    }

    /// Gives its client, which came with this, the states of its channels.
    pub(crate) fn want_states(&mut self, since: Since, states: Arc<dyn States>) {
        self.connection.want_states(since);
        self.states = Some(Box::new(Waiting::new(states)));
    }

    /// Asks for states by its client's new identity from now on.
    pub(crate) fn renew_states(&mut self, states: Option<Arc<dyn States>>) {
        if let (Some(waiting), Some(states)) = (&mut self.states, states) {
            waiting.states = states;
        }
    }

    /// Whether its client waits for states.
    pub(crate) fn waits(&self) -> bool {
        self.states.as_ref().is_some_and(|waiting| waiting.until().is_some())
    }

    /// Whether its client had gaps or states, and not yet the position behind them.
    pub(crate) fn is_midway(&self) -> bool {
        self.states.is_some() && (self.connection.is_midway() || self.connection.position().is_none())
    }

    /// A channel less: nothing of it comes after this.
    pub(crate) fn leave(&mut self, name: &str) {
        if let Some(channel) = self.connection.leave(name, now()) {
            if let Some(person) = self.counted.person() {
                self.node.absent(&channel, person.key(), self.seat.number());
            }
            self.node.release(channel);
        }
    }

    /// The node it reads from.
    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Its channels, joined and joining.
    pub(crate) fn channels(&self) -> usize {
        self.connection.channels().count()
    }

    /// Their names.
    pub(crate) fn names(&self) -> Vec<String> {
        self.connection.channels().map(|channel| channel.name().to_string()).collect()
    }

    /// Whether it has the channel.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.connection.channels().any(|channel| **channel.name() == *name)
    }

    /// How far its client has come: nowhere in this epoch between a reset and the states that are due behind it, for who is cut there, and
    /// comes back with a position of this epoch, would not be told the reset again.
    pub(crate) fn position(&self) -> Option<Position> {
        self.connection.position().filter(|position| position.offset > 0 || !self.connection.is_midway())
    }

    /// Shows its client no more than that of channels that not everybody may see all of.
    pub(crate) fn show(&mut self, to: Arc<dyn Sees>) {
        self.connection.show(to);
    }

    /// Gives so much at once from now on.
    pub(crate) fn set_most(&mut self, items: usize, bytes: usize) {
        self.connection.set_most(Most { items, bytes });
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let channels = self.connection.close(now());
        if let Some(person) = self.counted.person() {
            person.leave(&self.seat);
            channels.iter().for_each(|channel| self.node.absent(channel, person.key(), self.seat.number()));
        }
        self.node.disconnect(self.slot, channels);
    }
}
