//! The law over real sockets: random transports, cuts, sets and pauses, and nothing is lost, doubled or out of order unsaid.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use tokio::sync::{RwLock, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use triwire::{Denied, Hub, Identity, Limits, Position, Realtime};
use triwire_tests::client::{Failure, PATIENCE};
use triwire_tests::law::{Noted, Place, Truth};
use triwire_tests::reader::{Reader, SIDES, Seen, Shared};
use triwire_tests::remote::Remote;
use triwire_tests::server::{By, Server};

/// What is published.
#[derive(Realtime, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[realtime(history = 32, state = Standing)]
enum LawEvent {
    #[realtime(channel = "{room}")]
    Said { room: String, number: u64, text: String },
    #[realtime(channel = "{room}", latest, key = piece)]
    Moved { room: String, piece: u8, number: u64, text: String },
    #[realtime(channel = "{room}", volatile)]
    Seen { room: String },
    #[realtime(channel = "hall:{hall}", presence)]
    Told { hall: u8, number: u64, text: String },
    #[realtime(channel = "hall:{hall}", audience = "{to}")]
    Whispered { hall: u8, to: u8, number: u64, text: String },
    #[realtime(channel = "hall:{hall}", audience = "{to}", latest, key = piece)]
    Shown { hall: u8, to: u8, piece: u8, number: u64, text: String },
}

/// Of what was published on a channel and one may see: how many, and their numbers in all.
#[derive(Debug, Clone, Copy, Default, Serialize, schemars::JsonSchema)]
struct Standing {
    count: u64,
    sum: u64,
}

/// A channel, as the application has it: for each kind of reader, and the newest of it.
#[derive(Default)]
struct Book {
    standings: [Standing; SIDES as usize],
    newest: Option<Position>,
}

/// Who publishes shares a channel's lock, and who takes its state has it alone: so no event is between the hub and the book.
type Books = Arc<HashMap<String, RwLock<Mutex<Book>>>>;

impl Book {
    fn enter(&mut self, event: Noted, position: Position) {
        for (side, standing) in (0..).zip(&mut self.standings) {
            if event.to.is_none_or(|to| to == side) {
                standing.count += 1;
                standing.sum += event.number;
            }
        }
        // Those who share the lock come here in any order.
        self.newest = self.newest.filter(|newest| newest.offset > position.offset).or(Some(position));
    }
}

/// What a channel keeps: the enum says so.
const HISTORY: usize = 32;
const READERS: usize = 200;
/// Of the Rust client, each behind a proxy that cuts it; one for so many of the others.
const REMOTE: usize = 10;
const EVENTS: u64 = 10_000;
const CUTS: u64 = 2_000;
const PUBLISHERS: u64 = 4;
/// How often a little more is published for want of cuts.
const ROUNDS: usize = 20;
/// How often each hard thing must have happened for the run to mean anything.
const OFTEN: u64 = 50;

fn channels() -> Vec<String> {
    ["busy-0", "busy-1", "busy-2", "busy-3", "some-0", "some-1", "quiet-0", "quiet-1", "hall:0", "hall:1"].map(String::from).to_vec()
}

fn hub() -> Hub<LawEvent> {
    let limits = Limits {
        sse_heartbeat: Duration::from_millis(300),
        ws_ping: Duration::from_millis(300),
        batch_items: 16,
        remembered_offsets: 200,
        // Above it the names are not told; who is in is gone before their like comes again.
        presence_listed: 1_000,
        presence_debounce: Duration::from_millis(100),
        // A kind of reader is one person to the hub, who comes and goes as two hundred do.
        subscribes_per_second: 100_000,
        subscribe_burst: 100_000,
        ..Limits::default()
    };
    Hub::builder().limits(limits).build()
}

/// The law holds under every server: `law_axum.rs` is this file once more.
fn by() -> By {
    By::of(env!("CARGO_CRATE_NAME"))
}

/// A reader of a kind; every other request is of one who was never here, the rest are of one for each kind.
#[derive(Clone)]
struct Member {
    side: u8,
    key: String,
}

impl<S: Sync> FromRequestParts<S> for Member {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        static REQUESTS: AtomicU64 = AtomicU64::new(0);
        let side = parts.uri.query().unwrap_or_default().split('&').find_map(|field| field.strip_prefix("side="));
        let header = || parts.headers.get("side").and_then(|side| side.to_str().ok());
        let side = side.or_else(header).and_then(|side| side.parse().ok()).expect("a reader says what it is");
        let request = REQUESTS.fetch_add(1, Relaxed);
        Ok(Self { side, key: if request.is_multiple_of(2) { format!("{side}") } else { format!("{side} of {request}") } })
    }
}

impl Identity for Member {
    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.key)
    }
}

/// The answer is on its way for a while.
async fn may(_: Member, _: LawChannel) -> Result<(), Denied> {
    tokio::task::yield_now().await;
    Ok(())
}

fn books() -> Books {
    Arc::new(channels().into_iter().map(|channel| (channel, RwLock::default())).collect())
}

fn app(hub: &Hub<LawEvent>, books: &Books) -> Router {
    let (of, books) = (hub.clone(), books.clone());
    let endpoints = hub.endpoints().authorize(may).visible(|member, audience| *audience == member.side.to_string());
    let endpoints = endpoints.snapshot(move |member: Member, channel: LawChannel| {
        let (hub, books) = (of.clone(), books.clone());
        async move {
            let mut book = books[&channel.to_string()].write().await;
            let book = book.get_mut().expect("nothing panics with it");
            // What it is good for is the channel's newest; and as well the hub's, while nobody publishes here.
            let good = if fastrand::bool() { Some(hub.position().await) } else { book.newest };
            (book.standings[usize::from(member.side)], good)
        }
    });
    Router::new().nest("/hub", endpoints.into_router())
}

/// An event of a channel, whose number is its own.
fn event(rng: &mut fastrand::Rng, channel: &str, number: u64) -> (LawEvent, Noted) {
    let text = "x".repeat(rng.usize(..600));
    // One in four is of a piece of which only the newest place is kept.
    let piece = (rng.u8(..4) == 0).then(|| rng.u8(..6));
    let Some(hall) = channel.strip_prefix("hall:") else {
        let room = channel.to_owned();
        let event = match piece {
            Some(piece) => LawEvent::Moved { room, piece, number, text },
            None => LawEvent::Said { room, number, text },
        };
        return (event, Noted { number, key: piece, to: None });
    };
    let (hall, to) = (hall.parse().expect("a number"), rng.u8(..SIDES));
    match piece {
        Some(piece) => (LawEvent::Shown { hall, to, piece, number, text }, Noted { number, key: Some(piece), to: Some(to) }),
        None if rng.bool() => (LawEvent::Whispered { hall, to, number, text }, Noted { number, key: None, to: Some(to) }),
        None => (LawEvent::Told { hall, number, text }, Noted { number, key: None, to: None }),
    }
}

/// Where it is published: what the hub has, and what the application has.
#[derive(Clone)]
struct At {
    hub: Hub<LawEvent>,
    books: Books,
}

impl At {
    fn new() -> Self {
        Self { hub: hub(), books: books() }
    }

    fn serve(&self) -> Server {
        Server::start(by(), app(&self.hub, &self.books)).expect("the loopback listens")
    }
}

/// One publisher: bursts that overrun the history, pauses, and now and then a word in a quiet channel.
async fn publish(at: At, seed: u64, events: u64, truth: Arc<Truth>, shared: Arc<Shared>) -> Result<(), Failure> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut number = seed << 32;
    let mut left = events;
    while left > 0 {
        let channel = match rng.u16(..400) {
            0..240 => format!("busy-{}", rng.u8(..4)),
            240..320 => format!("hall:{}", rng.u8(..2)),
            320..399 => format!("some-{}", rng.u8(..2)),
            _ => format!("quiet-{}", rng.u8(..2)),
        };
        let burst = if rng.u8(..20) == 0 { rng.u64(20..80) } else { rng.u64(1..4) };
        for _ in 0..burst.min(left) {
            number += 1;
            left -= 1;
            let (event, noted) = event(&mut rng, &channel, number);
            let book = at.books[&channel].read().await;
            let position = at.hub.publish(event).await?.ok_or("it is kept")?;
            book.lock().expect("nothing panics with it").enter(noted, position);
            drop(book);
            truth.note(&Place::read(&position.to_string()), &channel, noted);
            shared.newest.fetch_max(position.offset, Relaxed);
        }
        let is_room = !channel.starts_with("hall:");
        if is_room && rng.u8(..4) == 0 && at.hub.publish(LawEvent::Seen { room: channel }).await?.is_some() {
            return Err("a volatile event was given a position".into());
        }
        tokio::time::sleep(Duration::from_millis(rng.u64(..14))).await;
    }
    Ok(())
}

/// Lets every reader come to the end, and judges what they claim.
async fn judge(mut readers: JoinSet<Result<Vec<triwire_tests::law::Claim>, Failure>>, truth: &Truth) -> Vec<String> {
    let mut wrong = Vec::new();
    loop {
        let Ok(next) = timeout(PATIENCE * 3, readers.join_next()).await else {
            wrong.push(format!("{} readers do not come to the end", readers.len()));
            break;
        };
        let Some(claims) = next else { break };
        match claims.expect("a reader does not panic") {
            Ok(claims) => wrong.extend(claims.iter().flat_map(|claim| truth.judge(claim))),
            Err(failure) => wrong.push(failure.to_string()),
        }
    }
    wrong
}

fn report(seen: &Seen, truth: &Truth) -> Vec<(&'static str, u64)> {
    let count = |counter: &AtomicU64| counter.load(Relaxed);
    vec![
        ("lagged", count(&seen.lagged)),
        ("expired", count(&seen.expired)),
        ("replay", count(&seen.replays)),
        ("change of transport", count(&seen.transports)),
        ("change of set", count(&seen.sets)),
        ("cut between gap and event", count(&seen.cuts_behind_gap)),
        ("cut before ok", count(&seen.cuts_before_ok)),
        ("event had before a newer of its key", count(&truth.had)),
        ("event passed for a newer of its key", count(&truth.passed)),
        ("event that not all may see", count(&truth.shown)),
        ("event that one may not see", count(&truth.hidden)),
        ("state at the beginning", count(&seen.states)),
        ("state behind a gap", count(&seen.states_behind_gap)),
        ("change of who is in", count(&seen.people)),
    ]
}

struct Run {
    shared: Arc<Shared>,
    truth: Arc<Truth>,
    address: watch::Sender<SocketAddr>,
    finish: watch::Sender<Option<Place>>,
    readers: JoinSet<Result<Vec<triwire_tests::law::Claim>, Failure>>,
}

/// What tells a positioned event from all others.
fn number(event: &LawEvent) -> Option<u64> {
    match event {
        LawEvent::Said { number, .. }
        | LawEvent::Moved { number, .. }
        | LawEvent::Told { number, .. }
        | LawEvent::Whispered { number, .. }
        | LawEvent::Shown { number, .. } => Some(*number),
        LawEvent::Seen { .. } => None,
    }
}

/// Starts so many readers against a server.
fn start(address: SocketAddr, seed: u64, readers: usize) -> Run {
    let (address, at) = watch::channel(address);
    let (finish, finished) = watch::channel(None);
    let shared = Arc::new(Shared { channels: channels(), newest: AtomicU64::new(0), seen: Seen::default(), address: at, finish: finished });
    let mut run = Run { shared, truth: Arc::new(Truth::of(HISTORY)), address, finish, readers: JoinSet::new() };
    for who in 0..readers {
        let shared = run.shared.clone();
        run.readers.spawn(async move { Reader::new(who, seed, &shared).run().await });
    }
    for who in 0..readers / REMOTE {
        let shared = run.shared.clone();
        run.readers.spawn(async move { Remote::new(who, seed, &shared).await?.run(number).await });
    }
    run
}

/// Publishes from several tasks at once, until all have ended.
async fn publish_all(at: &At, run: &Run, seed: u64, events: u64) {
    let mut publishers = JoinSet::new();
    for publisher in 0..PUBLISHERS {
        let seed = seed * PUBLISHERS + publisher + 1;
        publishers.spawn(publish(at.clone(), seed, events / PUBLISHERS, run.truth.clone(), run.shared.clone()));
    }
    while let Some(published) = publishers.join_next().await {
        published.expect("a publisher does not panic").expect("every event is taken");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_or_out_of_order_unsaid() {
    let seed = std::env::var("TRIWIRE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let at = At::new();
    let hub = at.hub.clone();
    let server = at.serve();
    let run = start(server.address, seed, READERS);
    publish_all(&at, &run, seed, EVENTS).await;
    // The readers go on until they were cut often enough; those that stopped at a violation are cut no more.
    for _ in 0..ROUNDS {
        if run.shared.seen.cuts.load(Relaxed) >= CUTS {
            break;
        }
        publish_all(&at, &run, seed + run.truth.len() as u64, 200).await;
    }
    run.finish.send_replace(Some(Place::read(&hub.position().await.to_string())));
    let wrong = judge(run.readers, &run.truth).await;
    let seen = &run.shared.seen;
    eprintln!("{READERS} readers, {} published, {} received, {} cuts", run.truth.len(), seen.events.load(Relaxed), seen.cuts.load(Relaxed));
    for (what, times) in report(seen, &run.truth) {
        eprintln!("{what}: {times}");
    }
    assert!(wrong.is_empty(), "{} violations, the first:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    assert_eq!(seen.reset.load(Relaxed), 0, "no epoch ended here");
    let (people, anew) = (seen.people.load(Relaxed), seen.people_anew.load(Relaxed));
    assert!(anew * 100 < people, "of {people} times {anew} did not fit");
    assert!(run.truth.len() as u64 >= EVENTS && seen.cuts.load(Relaxed) >= CUTS);
    for (what, times) in report(seen, &run.truth) {
        assert!(times >= OFTEN, "{what} happened {times} times only: the run proves too little");
    }
    let gone = async {
        while hub.stats().connections > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, gone).await.expect("every reader is gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_every_client_is_told_reset_and_none_gets_a_wrong_event() {
    const FEW: usize = 40;
    let old = At::new();
    let server = old.serve();
    let run = start(server.address, 11, FEW);
    publish_all(&old, &run, 11, 800).await;
    server.kill().await;
    old.hub.drain(Duration::from_millis(100)).await;
    let new = At::new();
    let server = new.serve();
    run.address.send_replace(server.address);
    publish_all(&new, &run, 12, 800).await;
    run.finish.send_replace(Some(Place::read(&new.hub.position().await.to_string())));
    let wrong = judge(run.readers, &run.truth).await;
    assert!(wrong.is_empty(), "{} violations, the first:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    assert!(run.shared.seen.reset.load(Relaxed) >= FEW as u64, "every client was told");
}
