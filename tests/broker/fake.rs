//! A store with several nodes that loses what it delivers and says so, delivers twice, takes its time, and rolls back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;
use triwire::broker::{Answer, Broker, Delivery, Mark, Publication, Record, Sink, Tail};
use triwire::{BrokerError, Epoch, Position, PublishError, Refusal};

/// The store; each of its nodes is a broker.
#[derive(Debug)]
pub(crate) struct Store {
    history: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    epoch: Epoch,
    newest: u64,
    streams: BTreeMap<Arc<str>, Stream>,
    links: Vec<Link>,
    random: u64,
}

#[derive(Debug, Default)]
struct Stream {
    kept: VecDeque<Record>,
    dropped: u64,
    ended: u64,
}

#[derive(Debug, Default)]
struct Link {
    cut: bool,
    subscribed: BTreeSet<Arc<str>>,
    queue: VecDeque<Delivery>,
    more: Arc<Notify>,
}

/// One node's link to the store.
#[derive(Debug)]
pub(crate) struct Fake {
    store: Arc<Store>,
    node: usize,
    /// Held over every delivery, and asked for by every call but `detach`: a node that calls back in a delivery stands still.
    feeding: Arc<Mutex<()>>,
}

impl State {
    /// One of so many, and not the same each time.
    fn chance(&mut self, of: u64) -> bool {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33).is_multiple_of(of)
    }

    fn feed(&mut self, node: usize, delivery: Delivery) {
        let link = &mut self.links[node];
        link.queue.push_back(delivery);
        link.more.notify_one();
    }
}

impl Store {
    pub(crate) fn new(history: usize, nodes: usize) -> Arc<Self> {
        let links = (0..nodes).map(|_| Link::default()).collect();
        let state = State { epoch: Epoch::random(), newest: 0, streams: BTreeMap::new(), links, random: 1 };
        Arc::new(Self { history, state: Mutex::new(state) })
    }

    pub(crate) fn node(self: &Arc<Self>, node: usize) -> Fake {
        Fake { store: self.clone(), node, feeding: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with the store")
    }

    /// A node's link breaks, or comes back: what was on its way is lost, and it is told so.
    pub(crate) fn cut_or_mend(&self, node: usize) {
        let mut state = self.state();
        let link = &mut state.links[node];
        link.cut = !link.cut;
        if link.cut {
            let arrives = link.queue.len() / 2;
            link.queue.truncate(arrives);
            link.subscribed.clear();
        } else {
            state.feed(node, Delivery::Lost);
        }
    }

    pub(crate) fn mend(&self) {
        let cut: Vec<bool> = self.state().links.iter().map(|link| link.cut).collect();
        (0..cut.len()).filter(|node| cut[*node]).for_each(|node| self.cut_or_mend(node));
    }

    /// The newest events are gone, as if they had never been; what is left is another store's. Gives the epochs, and the newest
    /// offset that is left.
    pub(crate) fn roll_back(&self, by: u64) -> (Epoch, Epoch, u64) {
        let mut state = self.state();
        let before = state.epoch;
        state.epoch = Epoch::random();
        state.newest = state.newest.saturating_sub(by);
        let newest = state.newest;
        for stream in state.streams.values_mut() {
            stream.kept.retain(|record| record.offset <= Some(newest));
            stream.dropped = stream.dropped.min(newest);
            stream.ended = if stream.ended > newest { 0 } else { stream.ended };
        }
        let epoch = state.epoch;
        for node in 0..state.links.len() {
            // A node that is cut hears of it when it is back.
            state.feed(node, Delivery::Epoch(epoch));
        }
        (before, epoch, newest)
    }
}

impl Fake {
    fn called(&self) -> MutexGuard<'_, ()> {
        self.feeding.lock().expect("nobody panics with it")
    }

    fn linked(&self) -> Result<MutexGuard<'_, State>, BrokerError> {
        drop(self.called());
        let state = self.store.state();
        if state.links[self.node].cut { Err(BrokerError("the link is cut".into())) } else { Ok(state) }
    }

    fn take(&self, publication: Publication) -> Result<Option<Position>, Refusal> {
        let Publication { channel, volatile, at, event, cause, audience, latest, ends } = publication;
        let mut state = self.linked().map_err(Refusal::Broker)?;
        if state.streams.get(&channel).is_some_and(|stream| stream.ended > 0) {
            return Err(Refusal::Ended);
        }
        let offset = (!volatile).then_some(state.newest + 1);
        let record = Record { offset, at, event, cause, audience, latest, ends };
        if let Some(offset) = offset {
            state.newest = offset;
            let history = self.store.history;
            let stream = state.streams.entry(channel.clone()).or_default();
            if ends {
                stream.ended = offset;
            }
            if record.latest.is_some() {
                stream.kept.retain(|other| other.latest != record.latest);
            }
            stream.kept.push_back(record.clone());
            if stream.kept.len() > history {
                stream.dropped = stream.kept.pop_front().and_then(|record| record.offset).expect("it has an offset");
            }
        }
        for node in 0..state.links.len() {
            if state.links[node].cut || !state.links[node].subscribed.contains(&channel) {
                continue;
            }
            let entry = Delivery::Entry { channel: channel.clone(), record: record.clone() };
            if state.chance(8) {
                state.feed(node, entry.clone());
            }
            state.feed(node, entry);
        }
        Ok(offset.map(|offset| Position { epoch: state.epoch, offset }))
    }

    fn tail(&self, channel: &Arc<str>) -> Result<Tail, BrokerError> {
        let state = self.linked()?;
        let empty = Stream::default();
        let stream = state.streams.get(channel).unwrap_or(&empty);
        Ok(Tail { epoch: state.epoch, entries: stream.kept.iter().cloned().collect(), ended: stream.ended, dropped: stream.dropped })
    }

    async fn pause(&self) {
        while !self.store.state().chance(3) {
            tokio::task::yield_now().await;
        }
    }

    async fn feed(store: Arc<Store>, node: usize, feeding: Arc<Mutex<()>>, sink: Sink) {
        let more = store.state().links[node].more.clone();
        loop {
            let next = if store.state().links[node].cut { None } else { store.state().links[node].queue.pop_front() };
            let Some(delivery) = next else {
                more.notified().await;
                continue;
            };
            let held = feeding.lock().expect("nobody panics with it");
            let wake = sink.deliver(delivery);
            drop(held);
            drop(wake);
            while store.state().chance(3) {
                tokio::task::yield_now().await;
            }
        }
    }
}

impl Broker for Fake {
    fn open(&self, sink: Sink) -> Answer<'_, Result<Epoch, BrokerError>> {
        tokio::spawn(Self::feed(self.store.clone(), self.node, self.feeding.clone(), sink));
        Box::pin(std::future::ready(Ok(self.store.state().epoch)))
    }

    fn publish(&self, publication: Publication) -> Answer<'_, Result<Option<Position>, PublishError>> {
        Box::pin(async move {
            self.pause().await;
            Ok(self.take(publication)?)
        })
    }

    fn attach(&self, channel: Arc<str>) -> Answer<'_, Result<(), BrokerError>> {
        Box::pin(async move {
            self.pause().await;
            self.linked()?.links[self.node].subscribed.insert(channel);
            self.pause().await;
            Ok(())
        })
    }

    fn detach(&self, channel: &Arc<str>, _: u64) {
        self.store.state().links[self.node].subscribed.remove(channel);
    }

    fn read(&self, channel: Arc<str>) -> Answer<'_, Result<Tail, BrokerError>> {
        Box::pin(async move {
            self.pause().await;
            let tail = self.tail(&channel)?;
            self.pause().await;
            Ok(tail)
        })
    }

    fn mark(&self, ticket: u64) {
        if let Ok(mut state) = self.linked() {
            let offset = state.newest;
            state.feed(self.node, Delivery::Mark(Mark { ticket, offset }));
        }
    }
}
