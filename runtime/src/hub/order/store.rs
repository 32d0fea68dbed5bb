//! A store with several nodes, whose every answer and delivery waits until the test lets it go.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::Rule;
use super::dice::Dice;
use crate::broker::{Answer, Broker, Delivery, Mark, Publication, Record, Sink, Tail};
use crate::error::{BrokerError, PublishError};
use crate::position::{Epoch, Position};

pub(super) const EPOCH: Epoch = Epoch(7);

/// What is stored, and what is on its way to each node.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) rule: Option<Rule>,
    pub(super) history: usize,
    pub(super) newest: u64,
    streams: BTreeMap<Arc<str>, Stored>,
    pub(super) links: Vec<Link>,
}

#[derive(Debug, Default)]
struct Stored {
    kept: VecDeque<Record>,
    dropped: u64,
    /// The offset of the channel's last event, once it has ended.
    ended: u64,
    /// Every offset the channel ever had, and its key.
    truth: Vec<(u64, Option<Arc<str>>)>,
    /// The newest offset of each key.
    latest: BTreeMap<Arc<str>, u64>,
}

/// One node's connection to the store.
#[derive(Debug, Default)]
pub(super) struct Link {
    pub(super) connected: bool,
    sink: Option<Sink>,
    subscribed: BTreeSet<Arc<str>>,
    queue: VecDeque<Delivery>,
    /// Marks that were asked for and not yet answered by the store.
    marks: Vec<u64>,
    requests: Vec<Request>,
}

/// A request that waits for its answer. The store may look long before the answer arrives.
#[derive(Debug)]
struct Request {
    channel: Arc<str>,
    tail: Option<Tail>,
    answer: Reply,
}

#[derive(Debug)]
enum Reply {
    Attach(oneshot::Sender<()>),
    Read(oneshot::Sender<Tail>),
}

impl Stored {
    /// Keeps it, instead of an older one of its key, and drops what is too much.
    fn keep(&mut self, offset: u64, record: &Record, history: usize) {
        self.truth.push((offset, record.latest.clone()));
        if let Some(key) = &record.latest {
            self.kept.retain(|other| other.latest.as_ref() != Some(key));
            self.latest.insert(key.clone(), offset);
        }
        if record.ends {
            self.ended = offset;
        }
        self.kept.push_back(record.clone());
        if self.kept.len() > history {
            self.dropped = self.kept.pop_front().and_then(|record| record.offset).expect("it has an offset");
        }
    }
}

impl Store {
    pub(super) fn new(history: usize, nodes: usize, rule: Option<Rule>) -> Self {
        let links = (0..nodes).map(|_| Link { connected: true, ..Link::default() }).collect();
        Self { rule, history, newest: 0, streams: BTreeMap::new(), links }
    }

    pub(super) fn publish(&mut self, publication: Publication, dice: Option<&Dice>) -> Option<u64> {
        let Publication { channel, volatile, at, event, cause, audience, latest, ends } = publication;
        if self.ended(&channel).is_some() {
            return None;
        }
        let offset = (!volatile).then_some(self.newest + 1);
        let record = Record { offset, at, event, cause, audience, latest, ends };
        if let Some(offset) = offset {
            self.newest = offset;
            self.streams.entry(channel.clone()).or_default().keep(offset, &record, self.history);
        }
        for link in self.links.iter_mut().filter(|link| link.connected && link.subscribed.contains(&channel)) {
            let entry = Delivery::Entry { channel: channel.clone(), record: record.clone() };
            // Any delivery may come twice.
            if dice.is_some_and(|dice| dice.percent(10)) && offset.is_some() {
                link.queue.push_back(entry.clone());
            }
            link.queue.push_back(entry);
        }
        offset
    }

    /// The offset of the channel's last event, once it has ended.
    pub(super) fn ended(&self, channel: &str) -> Option<u64> {
        self.streams.get(channel).map(|stored| stored.ended).filter(|ended| *ended > 0)
    }

    /// The offsets of the channel in (`after`, `until`].
    pub(super) fn truth(&self, channel: &str, after: u64, until: u64) -> Vec<u64> {
        self.between(channel, after, until).iter().map(|(offset, _)| *offset).collect()
    }

    /// Those of them of whose key there is no newer: who has passed them must have had them, or be told.
    pub(super) fn owed(&self, channel: &str, after: u64, until: u64) -> Vec<u64> {
        let newest = |key: &Arc<str>| self.streams.get(channel).and_then(|stored| stored.latest.get(key)).copied();
        let between = self.between(channel, after, until).iter();
        between.filter(|(offset, key)| key.as_ref().is_none_or(|key| newest(key) == Some(*offset))).map(|(offset, _)| *offset).collect()
    }

    fn between(&self, channel: &str, after: u64, until: u64) -> &[(u64, Option<Arc<str>>)] {
        let all = self.streams.get(channel).map_or(&[][..], |stored| &stored.truth);
        let start = all.partition_point(|(offset, _)| *offset <= after);
        let end = all.partition_point(|(offset, _)| *offset <= until);
        &all[start..end.max(start)]
    }

    fn tail(&self, channel: &Arc<str>) -> Tail {
        let Some(stored) = self.streams.get(channel) else { return Tail { epoch: EPOCH, entries: Vec::new(), dropped: 0, ended: 0 } };
        let dropped = if self.rule == Some(Rule::NoDropped) { 0 } else { stored.dropped };
        Tail { epoch: EPOCH, entries: stored.kept.iter().cloned().collect(), ended: stored.ended, dropped }
    }

    /// The node's connection breaks: what it had received arrives still, the rest is lost.
    pub(super) fn cut(&mut self, node: usize, dice: &Dice) {
        let link = &mut self.links[node];
        link.connected = false;
        link.queue.truncate(dice.below(link.queue.len() + 1));
        link.marks.clear();
        // A tail that was on its way may arrive after the loss is told.
        link.requests.retain(|request| matches!(request.answer, Reply::Read(_)) && request.tail.is_some() && dice.percent(50));
        // Some brokers subscribe to the same channels again by themselves.
        if dice.percent(50) {
            link.subscribed.clear();
        }
    }

    pub(super) fn reconnect(&mut self, node: usize) {
        let untold = self.rule == Some(Rule::LossUntold);
        let link = &mut self.links[node];
        link.connected = true;
        if !untold {
            link.queue.push_back(Delivery::Lost);
        }
    }

    /// The store answers a mark that was asked for: the answer goes behind what is on its way.
    pub(super) fn answer_mark(&mut self, node: usize) -> bool {
        let offset = self.newest;
        let link = &mut self.links[node];
        let Some(ticket) = link.marks.pop() else { return false };
        link.queue.push_back(Delivery::Mark(Mark { ticket, offset }));
        true
    }

    /// The store looks at a request; its answer is on its way from now on.
    pub(super) fn look(&mut self, node: usize, at: usize) {
        let Some(channel) = self.links[node].requests.get(at).map(|request| request.channel.clone()) else { return };
        let tail = self.tail(&channel);
        self.links[node].requests[at].tail.get_or_insert(tail);
    }

    pub(super) fn requests(&self, node: usize) -> usize {
        self.links[node].requests.len()
    }

    /// Two deliveries change places, or one is gone: what a broker must not do.
    pub(super) fn spoil(&mut self, node: usize) {
        let queue = &mut self.links[node].queue;
        match self.rule {
            Some(Rule::Reordered) if queue.len() > 1 => queue.swap(0, 1),
            Some(Rule::Dropped) if matches!(queue.front(), Some(Delivery::Entry { .. })) => drop(queue.pop_front()),
            _ => {}
        }
    }
}

/// The store as one node's broker.
#[derive(Debug, Clone)]
pub(super) struct Linked {
    pub(super) store: Arc<Mutex<Store>>,
    pub(super) node: usize,
}

impl Linked {
    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Delivers the next of what is on its way.
    pub(super) fn step(&self) -> bool {
        let (sink, delivery) = {
            let mut store = self.store();
            let link = &mut store.links[self.node];
            (link.sink.clone(), link.queue.pop_front())
        };
        let (Some(sink), Some(delivery)) = (sink, delivery) else { return false };
        drop(sink.deliver(delivery));
        true
    }

    /// An answer arrives.
    pub(super) fn answer(&self, at: usize) {
        self.store().look(self.node, at);
        let mut store = self.store();
        let newest = store.newest;
        let early = store.rule == Some(Rule::HeadFromElsewhere);
        let link = &mut store.links[self.node];
        if at >= link.requests.len() {
            return;
        }
        let Request { channel, tail, answer } = link.requests.swap_remove(at);
        let sink = link.sink.clone().filter(|_| early);
        match answer {
            Reply::Attach(answer) => {
                link.subscribed.insert(channel);
                let _ = answer.send(());
            }
            Reply::Read(answer) => {
                let _ = answer.send(tail.expect("it was looked at"));
            }
        }
        drop(store);
        if let Some(sink) = sink {
            drop(sink.deliver(Delivery::Mark(Mark { ticket: 0, offset: newest })));
        }
    }

    fn request<T: Send + 'static>(
        &self,
        channel: Arc<str>,
        reply: impl FnOnce(oneshot::Sender<T>) -> Reply,
    ) -> Answer<'_, Result<T, BrokerError>> {
        let (answer, answered) = oneshot::channel();
        let mut store = self.store();
        let link = &mut store.links[self.node];
        if link.connected {
            link.requests.push(Request { channel, tail: None, answer: reply(answer) });
            link.requests.sort_by(|one, other| one.channel.cmp(&other.channel));
        }
        drop(store);
        Box::pin(answered.map(|answered| answered.map_err(|_| BrokerError("the connection is lost".into()))))
    }
}

impl Broker for Linked {
    fn open(&self, sink: Sink) -> Answer<'_, Result<Epoch, BrokerError>> {
        self.store().links[self.node].sink = Some(sink);
        Box::pin(std::future::ready(Ok(EPOCH)))
    }

    fn publish(&self, publication: Publication) -> Answer<'_, Result<Option<Position>, PublishError>> {
        let offset = self.store().publish(publication, None);
        Box::pin(std::future::ready(Ok(offset.map(|offset| Position { epoch: EPOCH, offset }))))
    }

    fn attach(&self, channel: Arc<str>) -> Answer<'_, Result<(), BrokerError>> {
        self.request(channel, Reply::Attach)
    }

    fn detach(&self, channel: &Arc<str>, _: u64) {
        self.store().links[self.node].subscribed.remove(channel);
    }

    fn read(&self, channel: Arc<str>) -> Answer<'_, Result<Tail, BrokerError>> {
        self.request(channel, Reply::Read)
    }

    fn mark(&self, ticket: u64) {
        let mut store = self.store();
        let link = &mut store.links[self.node];
        if link.connected {
            link.marks.push(ticket);
        }
    }
}
