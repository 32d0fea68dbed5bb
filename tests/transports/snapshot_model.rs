//! The law with states: what a client makes of snapshots and items is the server's state for this user, for many clients on random
//! transports, under random cuts, with a history so short that they lose much, and with events that are for some, or of which only the
//! newest is kept.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use fastrand::Rng;
use futures_util::future::join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::timeout;
use triwire::{Denied, Hub, Limits, Position, Realtime};

use super::client::{PATIENCE, Sse, Ws, poll};
use super::server::{listen, quick};
use super::user::User;

const CLIENTS: u64 = 200;
const EVENTS: u64 = 400;
const USERS: u64 = 5;
const TABLES: [&str; 2] = ["a", "b"];

/// What happens at a table. Each event has the number of its kind: a hole would be seen.
#[derive(Debug, Realtime, Serialize, Deserialize, JsonSchema)]
#[realtime(state = Table, history = 4)]
#[serde(tag = "type", rename_all = "snake_case")]
enum GameEvent {
    /// A card is played, for all to see.
    #[realtime(channel = "table:{table}")]
    Played { table: String, number: u64 },
    /// A card is dealt to one.
    #[realtime(channel = "table:{table}", audience = "{to}")]
    Dealt { table: String, to: String, number: u64 },
    /// A piece stands elsewhere.
    #[realtime(channel = "table:{table}", latest, key = piece)]
    Moved { table: String, piece: u64, number: u64 },
}

/// A table as one sees it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Table {
    played: u64,
    dealt: u64,
    moved: BTreeMap<u64, u64>,
}

/// A table as the application has it, and the newest that is in it.
#[derive(Default)]
struct Whole {
    seen_by_all: Table,
    dealt: BTreeMap<String, u64>,
    newest: Option<Position>,
}

/// The application: each change and its event under one lock, so that it knows what a state is good for.
#[derive(Clone)]
struct Game {
    hub: Hub<GameEvent>,
    tables: Arc<tokio::sync::Mutex<BTreeMap<String, Whole>>>,
    /// Whether it says what its states are good for.
    exact: bool,
}

impl Game {
    async fn next(&self, table: &str, dice: &mut Rng) -> Position {
        let mut tables = self.tables.lock().await;
        let whole = tables.entry(table.to_owned()).or_default();
        let table = table.to_owned();
        let next = |number: &mut u64| {
            *number += 1;
            *number
        };
        let event = match dice.u8(..3) {
            0 => GameEvent::Played { table, number: next(&mut whole.seen_by_all.played) },
            1 => {
                let to = dice.u64(..USERS).to_string();
                GameEvent::Dealt { table, number: next(whole.dealt.entry(to.clone()).or_default()), to }
            }
            _ => {
                let piece = dice.u64(..3);
                GameEvent::Moved { table, piece, number: next(whole.seen_by_all.moved.entry(piece).or_default()) }
            }
        };
        whole.newest = self.hub.publish(event).await.expect("published");
        whole.newest.expect("with a position")
    }

    async fn table(&self, user: &str, table: &str) -> (Table, Option<Position>) {
        let tables = self.tables.lock().await;
        let Some(whole) = tables.get(table) else { return Default::default() };
        let dealt = whole.dealt.get(user).copied().unwrap_or_default();
        (Table { dealt, ..whole.seen_by_all.clone() }, whole.newest)
    }

    async fn listen(&self) -> SocketAddr {
        let game = self.clone();
        let endpoints = self.hub.endpoints().authorize(may).visible(|user, audience| user.0 == audience);
        let endpoints = endpoints.snapshot(move |user: User, GameChannel::Table { table }: GameChannel| {
            let game = game.clone();
            async move {
                let (table, newest) = game.table(&user.0, &table).await;
                tokio::task::yield_now().await;
                (table, newest.filter(|_| game.exact))
            }
        });
        listen(Router::new().nest("/chat", endpoints.into_router())).await
    }
}

/// The answer is on its way for a while.
async fn may(_: User, _: GameChannel) -> Result<(), Denied> {
    tokio::task::yield_now().await;
    Ok(())
}

/// What a client knows of one table, and what its state was good for.
#[derive(Debug, Default)]
struct Known {
    table: Option<Table>,
    good: u64,
}

struct Client {
    address: SocketAddr,
    user: u64,
    exact: bool,
    tables: Vec<&'static str>,
    known: BTreeMap<&'static str, Known>,
    since: Option<Position>,
    dice: Rng,
    gaps: Arc<AtomicUsize>,
}

impl Client {
    fn query(&self) -> String {
        let channels: Vec<String> = self.tables.iter().map(|name| format!("channel=table:{name}")).collect();
        let since = self.since.map(|since| format!("&since={since}")).unwrap_or_default();
        format!("{}&snapshot=1&user={}{since}", channels.join("&"), self.user)
    }

    /// Takes one item as any client would.
    fn take(&mut self, item: &Value) {
        let position = |value: &Value| value.as_str().expect("a position").parse::<Position>().expect("a position");
        let name = item["channel"].as_str().map(|channel| *TABLES.iter().find(|name| channel == format!("table:{name}")).expect("ours"));
        let Some(name) = name else {
            self.since = Some(position(&item["position"]));
            return;
        };
        let known = self.known.entry(name).or_default();
        if item["gap"].is_object() {
            self.gaps.fetch_add(1, Relaxed);
            assert_eq!(item["gap"]["missed"], Value::Null, "nobody counted how much was for this one");
            known.table = None;
        } else if item["snapshot"].is_object() {
            let table = serde_json::from_value(item["snapshot"].clone()).expect("a table");
            (known.table, known.good) = (Some(table), position(&item["position"]).offset);
        } else {
            let id = position(&item["id"]);
            self.since = Some(id);
            let (is_behind, is_alone) = (id.offset > known.good, self.tables.len() == 1);
            assert!(is_behind || !(self.exact && is_alone), "in the state already: {item}");
            let event: GameEvent = serde_json::from_value(item["event"].clone()).expect("an event");
            let table = known.table.as_mut().expect("after a gap the state comes before any event");
            table.apply(event, self.user, self.exact && is_behind);
        }
    }

    /// Reads some items by some transport, and cuts.
    async fn part(&mut self) {
        let (query, items, address) = (self.query(), self.dice.u8(1..13), self.address);
        let patience = Duration::from_millis(self.dice.u64(150..450));
        match self.dice.u8(..3) {
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
                let _ = timeout(patience, read).await;
            }
            _ => {
                let mut ws = Ws::open(address, &query).await;
                let read = async {
                    for _ in 0..items {
                        self.take(&ws.json().await);
                    }
                };
                let _ = timeout(patience, read).await;
            }
        }
    }
}

impl Table {
    /// Applies an event that `is_new`, or that may be in the state already.
    fn apply(&mut self, event: GameEvent, user: u64, is_new: bool) {
        let told = format!("{event:?} to {self:?}");
        let (had, number, skips) = match event {
            GameEvent::Played { number, .. } => (&mut self.played, number, false),
            GameEvent::Dealt { number, to, .. } => {
                assert_eq!(to, user.to_string(), "another's");
                (&mut self.dealt, number, false)
            }
            // Only the newest of a piece is kept.
            GameEvent::Moved { piece, number, .. } => (self.moved.entry(piece).or_default(), number, true),
        };
        assert!(skips || number <= *had + 1, "a hole: {told}");
        assert!(!is_new || number > *had, "twice: {told}");
        *had = number.max(*had);
    }
}

async fn model(exact: bool) {
    let limits = Limits { subscribes_per_second: 100_000, subscribe_burst: 100_000, connections_per_identity: 1_000, ..quick() };
    let game = Game { hub: Hub::builder().limits(limits).build(), tables: Arc::default(), exact };
    let address = game.listen().await;
    let (last, gaps) = (Arc::new(OnceLock::<Position>::new()), Arc::new(AtomicUsize::new(0)));
    let clients = (0..CLIENTS).map(|number| {
        let (last, gaps) = (last.clone(), gaps.clone());
        tokio::spawn(async move {
            let tables = if number % 3 == 0 { TABLES.to_vec() } else { vec![TABLES[(number % 2) as usize]] };
            let (known, dice) = (BTreeMap::new(), Rng::with_seed(number));
            let mut client = Client { address, user: number % USERS, exact, tables, known, since: None, dice, gaps };
            while last.get().is_none_or(|last| client.since.is_none_or(|since| since.offset < last.offset)) {
                client.part().await;
                if client.dice.bool() {
                    tokio::time::sleep(Duration::from_millis(client.dice.u64(..150))).await;
                }
            }
            client
        })
    });
    let clients: Vec<_> = clients.collect();
    let (mut position, mut dice) = (None, Rng::with_seed(1));
    for number in 0..EVENTS {
        position = Some(game.next(TABLES[(number % 2) as usize], &mut dice).await);
        tokio::time::sleep(Duration::from_millis(dice.u64(..12))).await;
    }
    last.set(position.expect("some were made")).expect("once");
    for client in timeout(PATIENCE * 6, join_all(clients)).await.expect("all come to the end") {
        let client = client.expect("no panic");
        for name in &client.tables {
            let (table, _) = game.table(&client.user.to_string(), name).await;
            assert_eq!(client.known[name].table, Some(table), "{name} of {:?}, for {}", client.tables, client.user);
        }
    }
    let gaps = gaps.load(Relaxed);
    eprintln!("{CLIENTS} clients, {EVENTS} events, {gaps} gaps");
    assert!(gaps > 200, "only {gaps} gaps: the history is too long for this test");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_and_items_are_the_server_s_state_exactly_once() {
    model(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_and_items_are_the_server_s_state_without_a_position_of_its_own() {
    model(false).await;
}
