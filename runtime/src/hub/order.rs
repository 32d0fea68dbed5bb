//! The order across nodes: two nodes of one hub over a store whose deliveries, answers and cuts come at any moment, and readers
//! that hop between them with one position and changing channels. Whatever happens, each channel's sequence is the store's, and
//! a hole is told before it. A reader looks only when it was woken, so a wake-up that is missed is found too.
//!
//! The same with each rule broken that a broker or a client could break: so it is seen that the rule is needed, and that this
//! test can fail. `tests/faults` has those that live inside the code.

mod dice;
mod reader;
mod store;

use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;

use super::node::{Facts, Node};
use crate::broker::{Publication, Timestamp};
use crate::connection::Batch;
use crate::limits::Limits;

use dice::Dice;
use reader::Reader;
use store::{Linked, Store};

const CHANNELS: [&str; 3] = ["a", "b", "c"];
/// `c` is quiet on a busy hub.
const BUSY: [&str; 10] = ["a", "a", "a", "a", "a", "a", "b", "b", "b", "c"];
const KEYS: [&str; 3] = ["k", "l", "m"];
const KEEP: Duration = Duration::from_secs(1);

/// A rule of the order that a broker or a client leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// The answer to a request moves the head past what is still on its way.
    HeadFromElsewhere,
    /// A tail does not say what is gone.
    NoDropped,
    /// A client takes the end of a gap for a position.
    GapWithId,
    /// Deliveries are lost, and nobody says so.
    LossUntold,
    /// Two deliveries change places.
    Reordered,
    /// A delivery is dropped.
    Dropped,
}

/// How often what is hard happened.
#[derive(Debug, Default)]
struct Seen {
    events: u64,
    lagged: u64,
    expired: u64,
    counted: u64,
    cut: u64,
    joined: u64,
    /// Events that a reader did not get because a newer of their key was there; and those that it got although one came.
    passed: u64,
    superseded: u64,
    ended: u64,
}

thread_local! {
    static CLOCK: Cell<Option<u64>> = const { Cell::new(None) };
}

/// The test's own time, where there is a test.
pub(super) fn clock() -> Option<Timestamp> {
    CLOCK.get().map(Timestamp)
}

struct Run {
    dice: Dice,
    store: Arc<Mutex<Store>>,
    links: Vec<Linked>,
    nodes: Vec<Arc<Node>>,
    readers: Vec<Reader>,
    /// What the readers share, as those of one driver do.
    room: Batch,
}

impl Run {
    async fn new(seed: u64, rule: Option<Rule>) -> Self {
        let dice = Dice::new(seed);
        let history = dice.pick(&[2, 5, 20]);
        let store = Arc::new(Mutex::new(Store::new(history, 2, rule)));
        let links: Vec<Linked> = (0..2).map(|node| Linked { store: store.clone(), node }).collect();
        let mut nodes = Vec::new();
        for link in &links {
            let limits = Limits {
                history,
                keep: KEEP,
                volatile: 3,
                remembered_offsets: dice.pick(&[0, 3, 1_000]),
                history_bytes: dice.pick(&[800, 256 << 20, 256 << 20]),
                batch_items: dice.pick(&[1, 3, 64]),
                ..Limits::default()
            };
            let node = Node::new(limits, Facts::default(), Arc::new(link.clone()));
            node.open().await.expect("the store is there");
            nodes.push(node);
        }
        let readers = (0..3).map(|_| Reader::new()).collect();
        Self { dice, store, links, nodes, readers, room: Batch::default() }
    }

    fn store(&self) -> std::sync::MutexGuard<'_, Store> {
        self.links[0].store()
    }

    /// One thing happens somewhere.
    async fn step(&mut self, seen: &mut Seen) {
        let node = self.dice.below(self.nodes.len());
        let link = self.links[node].clone();
        let dice = &self.dice;
        match dice.below(100) {
            0..22 => {
                let publication = publication(dice);
                self.store().publish(publication, Some(dice));
            }
            22..24 => drop(self.nodes[node].publish(Publication { volatile: false, ..publication(dice) }).now_or_never()),
            24..50 => drop(link.step()),
            50..56 => drop(self.store().answer_mark(node)),
            56..66 => {
                let requests = self.store().requests(node).max(1);
                if dice.percent(30) { self.store().look(node, dice.below(requests)) } else { link.answer(dice.below(requests)) }
            }
            66..90 => self.read(seen),
            90..92 => self.cut_or_mend(node),
            92..93 => {
                CLOCK.set(CLOCK.get().map(|now| now + dice.below(400) as u64));
                tokio::time::advance(Duration::from_millis(250)).await;
            }
            93..95 => self.nodes[node].sweep().await,
            95..97 => {
                let (newest, reader) = (self.store().newest, dice.below(3));
                self.readers[reader].change(newest, &self.dice);
            }
            _ => self.store().spoil(node),
        }
        tokio::task::yield_now().await;
    }

    fn cut_or_mend(&self, node: usize) {
        let mut store = self.store();
        if store.links[node].connected { store.cut(node, &self.dice) } else { store.reconnect(node) }
    }

    fn read(&mut self, seen: &mut Seen) {
        let store = self.store.clone();
        let reader = &mut self.readers[self.dice.below(3)];
        if !reader.connected() || self.dice.percent(8) {
            return reader.move_on(&self.nodes, || store.lock().expect("nobody panics").newest, &self.dice);
        }
        reader.step(&mut self.room, |look| look(&store.lock().expect("nobody panics")), seen, &self.dice);
    }

    /// Everything arrives at last, and nobody has to come back for it.
    async fn settle(&mut self, seen: &mut Seen) {
        for node in 0..self.nodes.len() {
            if !self.store().links[node].connected {
                self.store().reconnect(node);
            }
        }
        let mut idle = 0;
        while idle < 4 {
            idle += 1;
            tokio::time::advance(Duration::from_millis(250)).await;
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
            for link in self.links.clone() {
                while self.store().requests(link.node) > 0 {
                    link.answer(0);
                    idle = 0;
                }
                tokio::task::yield_now().await;
                while self.store().answer_mark(link.node) {}
                while link.step() {
                    idle = 0;
                }
            }
            let store = self.store.clone();
            for reader in &mut self.readers {
                while reader.step(&mut self.room, |look| look(&store.lock().expect("nobody panics")), seen, &self.dice) {
                    idle = 0;
                }
            }
        }
    }
}

/// An event: now and then one that is not kept, or of which only the newest is.
fn publication(dice: &Dice) -> Publication {
    let volatile = dice.percent(10);
    let latest = (!volatile && dice.percent(30)).then(|| dice.pick(&KEYS).into());
    let (channel, at) = (dice.pick(&BUSY).into(), clock().expect("the test has a clock"));
    let ends = !volatile && latest.is_none() && dice.below(300) == 0;
    Publication { channel, volatile, at, event: Bytes::from_static(b"1"), cause: None, audience: None, latest, ends }
}

/// One run; what was wrong in it.
fn run(seed: u64, rule: Option<Rule>, seen: &mut Seen) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime starts");
    CLOCK.set(Some(1_000_000));
    let wrong = runtime.block_on(async {
        let mut run = Run::new(seed, rule).await;
        for _ in 0..400 {
            run.step(seen).await;
            if run.readers.iter().any(|reader| !reader.wrong.is_empty()) {
                break;
            }
        }
        run.settle(seen).await;
        let store = run.store.clone();
        let store = store.lock().expect("nobody panics");
        run.readers.iter_mut().for_each(|reader| reader.finish(&store));
        seen.passed += run.readers.iter().map(|reader| reader.passed).sum::<u64>();
        seen.superseded += run.readers.iter().map(|reader| reader.superseded).sum::<u64>();
        let wrong: Vec<String> = run.readers.iter_mut().flat_map(|reader| std::mem::take(&mut reader.wrong)).collect();
        drop(store);
        wrong
    });
    CLOCK.set(None);
    wrong
}

#[test]
fn one_sequence_per_channel_on_every_node_and_every_hole_told() {
    let mut seen = Seen::default();
    for seed in 0..3_000 {
        let wrong = run(seed, None, &mut seen);
        assert!(wrong.is_empty(), "run {seed}: {wrong:#?}");
    }
    let Seen { events, lagged, expired, counted, cut, joined, passed, superseded, ended } = seen;
    let least = [events, lagged, expired, counted, cut, joined, passed, superseded, ended].into_iter().min();
    assert!(least >= Some(500), "too little happened: {seen:?}");
}

/// Breaks the rule until it is noticed.
fn notices(rule: Rule) {
    let mut seen = Seen::default();
    let caught = (0..300).find_map(|seed| Some(run(seed, Some(rule), &mut seen)).filter(|wrong| !wrong.is_empty()));
    assert!(caught.is_some(), "{rule:?} was left out, and nobody noticed");
}

#[test]
fn a_head_that_moves_by_an_answer_is_noticed() {
    notices(Rule::HeadFromElsewhere);
}

#[test]
fn a_tail_that_hides_what_is_gone_is_noticed() {
    notices(Rule::NoDropped);
}

#[test]
fn the_end_of_a_gap_taken_for_a_position_is_noticed() {
    notices(Rule::GapWithId);
}

#[test]
fn a_loss_that_no_broker_tells_is_noticed() {
    notices(Rule::LossUntold);
}

#[test]
fn deliveries_out_of_order_are_noticed() {
    notices(Rule::Reordered);
}

#[test]
fn a_dropped_delivery_is_noticed() {
    notices(Rule::Dropped);
}
