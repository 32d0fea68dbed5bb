//! The law with states: what a client makes of snapshots and items is the server's state, for many clients on random transports, under
//! random cuts, with a history so short that they lose much.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use triwire::{Limits, Position};

use super::client::{Sse, Ws, poll};
use super::counts::Counts;
use super::server::quick;

const CLIENTS: u64 = 60;
const EVENTS: u64 = 400;
const NAMES: [&str; 2] = ["a", "b"];

/// Random enough, and the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// What a client knows of one channel: a number, and what its state was good for.
#[derive(Debug, Default)]
struct Known {
    total: Option<u64>,
    good: u64,
}

struct Client {
    address: SocketAddr,
    /// Whether the application says what its states are good for.
    exact: bool,
    channels: Vec<&'static str>,
    known: BTreeMap<&'static str, Known>,
    since: Option<Position>,
    dice: Dice,
    gaps: Arc<AtomicUsize>,
}

impl Client {
    fn query(&self) -> String {
        let channels: Vec<String> = self.channels.iter().map(|name| format!("channel=count:{name}")).collect();
        let since = self.since.map(|since| format!("&since={since}")).unwrap_or_default();
        format!("{}&snapshot=1{since}", channels.join("&"))
    }

    /// Takes one item as any client would.
    fn take(&mut self, item: &Value) {
        let position = |value: &Value| value.as_str().expect("a position").parse::<Position>().expect("a position");
        let name = item["channel"].as_str().map(|channel| *NAMES.iter().find(|name| channel == format!("count:{name}")).expect("ours"));
        let Some(name) = name else {
            self.since = Some(position(&item["position"]));
            return;
        };
        let alone = self.channels.len() == 1;
        let known = self.known.entry(name).or_default();
        if item["gap"].is_object() {
            self.gaps.fetch_add(1, Relaxed);
            known.total = None;
        } else if let Some(total) = item["snapshot"]["total"].as_u64() {
            (known.total, known.good) = (Some(total), position(&item["position"]).offset);
        } else {
            let id = position(&item["id"]);
            self.since = Some(id);
            let number = item["event"]["by"].as_u64().expect("a number");
            let total = known.total.expect("after a gap the state comes before any event");
            assert!(number <= total + 1, "a hole: {number} after {total}, {item}");
            if self.exact && alone {
                assert!(id.offset > known.good, "in the state already: {item}");
            }
            if self.exact && id.offset > known.good {
                assert_eq!(number, total + 1, "exactly once: {item}");
            }
            known.total = Some(total.max(number));
        }
    }

    /// Reads some items by some transport, and cuts.
    async fn part(&mut self) {
        let (query, items) = (self.query(), 1 + self.dice.below(12));
        let patience = Duration::from_millis(150 + self.dice.below(300));
        let address = self.address;
        match self.dice.below(3) {
            0 => {
                let (position, items) = poll(address, &format!("{query}&wait=0")).await;
                items.iter().for_each(|item| self.take(item));
                self.since = Some(position.parse().expect("a position"));
            }
            1 => {
                let mut sse = Sse::open(address, &query).await;
                let read = async {
                    for _ in 0..items {
                        self.take(&sse.item().await.json());
                    }
                };
                let _ = tokio::time::timeout(patience, read).await;
            }
            _ => {
                let mut ws = Ws::open(address, &query).await;
                let read = async {
                    for _ in 0..items {
                        self.take(&ws.json().await);
                    }
                };
                let _ = tokio::time::timeout(patience, read).await;
            }
        }
    }
}

async fn model(counts: Counts, address: SocketAddr, exact: bool) {
    let (last, gaps) = (Arc::new(OnceLock::new()), Arc::new(AtomicUsize::new(0)));
    let clients = (0..CLIENTS).map(|number| {
        let (last, gaps) = (last.clone(), gaps.clone());
        tokio::spawn(async move {
            let channels = if number % 3 == 0 { NAMES.to_vec() } else { vec![NAMES[(number % 2) as usize]] };
            let dice = Dice(0x9e37_79b9 + number * 0x1234_5677);
            let mut client = Client { address, exact, channels, known: BTreeMap::new(), since: None, dice, gaps };
            let done = |client: &Client| last.get().is_some_and(|last: &Position| client.since.is_some_and(|at| at.offset >= last.offset));
            while !done(&client) {
                client.part().await;
                if client.dice.below(3) == 0 {
                    tokio::time::sleep(Duration::from_millis(client.dice.below(100))).await;
                }
            }
            client
        })
    });
    let clients: Vec<_> = clients.collect();
    let mut position = None;
    for number in 0..EVENTS {
        position = Some(counts.next(NAMES[(number % 2) as usize]).await);
        if number % 3 == 0 {
            tokio::time::sleep(Duration::from_millis(8)).await;
        }
    }
    last.set(position.expect("some were made")).expect("once");
    for client in join_all(clients).await {
        let client = client.expect("no panic");
        for name in &client.channels {
            assert_eq!(client.known[name].total, Some(EVENTS / 2), "{name} of {:?}", client.channels);
        }
    }
    let gaps = gaps.load(Relaxed);
    assert!(gaps > 20, "only {gaps} gaps: the history is too long for this test");
}

fn limits() -> Limits {
    Limits { history: 4, ..quick() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_and_items_are_the_server_s_state_exactly_once() {
    let counts = Counts::new(limits());
    let address = counts.exact().await;
    model(counts, address, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_and_items_are_the_server_s_state_without_a_position_of_its_own() {
    let counts = Counts::new(limits());
    let given = |counts: Counts, channel| async move {
        let (state, _) = counts.state(channel).await;
        tokio::task::yield_now().await;
        state
    };
    let address = counts.gives(given).await;
    model(counts, address, false).await;
}
