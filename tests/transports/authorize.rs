//! An `authorize` that panics, blocks its thread or never answers: it is one client's affair, and nobody else's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use serde_json::{Value, json};
use triwire::{Anyone, Denied, Limits};
use triwire_tests::exact::Exact;

use super::chat::ChatChannel;
use super::client::{PATIENCE, Sse, Ws, within};
use super::server::{Server, message};

/// A function may do what it does in its future, or before it gives one: here these are `late` and `early`.
fn is(channel: &ChatChannel, name: &str) -> bool {
    matches!(channel, ChatChannel::Room { room } if room == name)
}

fn subscribe(room: &str, reference: u64) -> String {
    json!({ "subscribe": format!("room:{room}"), "ref": reference }).to_string()
}

/// What a client is told of a channel that it may not have.
async fn is_denied(ws: &mut Ws, reference: u64) {
    let answer = ws.json().await;
    assert_eq!((&answer["ref"], &answer["error"]["code"]), (&json!(reference), &json!("denied")), "{answer}");
}

#[tokio::test]
async fn one_that_panics_is_a_no_and_its_connection_goes_on() {
    let may = |_: Anyone, channel: ChatChannel| {
        assert!(!is(&channel, "early"), "as the test asked");
        async move {
            assert!(!is(&channel, "late"), "as the test asked");
            Ok::<(), Denied>(())
        }
    };
    let server = Server::with(Limits::default(), |endpoints| endpoints.authorize(may)).await;
    let mut other = Sse::open(server.address, "channel=room:open").await;
    other.item().await;
    let mut ws = Ws::open(server.address, "channel=room:open").await;
    ws.text().await;
    for (reference, room) in [(1, "early"), (2, "late")] {
        ws.send(subscribe(room, reference)).await;
        is_denied(&mut ws, reference).await;
        // Of a request it is a handler's panic: the request has no answer.
        for endpoint in ["sse", "poll", "ws"] {
            let mut client = Exact::connect(server.address).await;
            let upgrade =
                "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
            client.get(&format!("/chat/{endpoint}?channel=room:{room}"), upgrade).await;
            client.ends().await;
        }
    }
    let id = server.say("open", "still here").await;
    assert_eq!(ws.text().await, message("open", "still here", id));
    assert_eq!(other.item().await.data(), message("open", "still here", id));
    assert_eq!(server.hub.stats().connections, 2);
}

/// Counts those that are not dropped.
struct Held(Arc<AtomicUsize>);

impl Held {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

async fn until(what: impl Fn() -> bool) {
    within(async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn one_that_never_answers_holds_up_what_its_client_asks_after_it_and_ends_with_the_client() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let may = move |_: Anyone, channel: ChatChannel| {
        let held = is(&channel, "never").then(|| Held::new(&counted));
        async move {
            if let Some(_held) = held {
                std::future::pending::<()>().await;
            }
            Ok::<(), Denied>(())
        }
    };
    let server = Server::with(Limits::default(), |endpoints| endpoints.authorize(may)).await;
    let mut ws = Ws::open(server.address, "channel=room:open").await;
    ws.text().await;
    ws.send(subscribe("never", 1)).await;
    ws.send(subscribe("more", 2)).await;
    let mut asking = Vec::new();
    for endpoint in ["sse", "poll"] {
        let mut client = Exact::connect(server.address).await;
        client.get(&format!("/chat/{endpoint}?channel=room:never"), "").await;
        asking.push(client);
    }
    until(|| count.load(SeqCst) == 3).await;
    for number in 0..20 {
        // Not its answer, which would be before its own.
        server.say("more", "not for you").await;
        let id = server.say("open", &number.to_string()).await;
        assert_eq!(ws.text().await, message("open", &number.to_string(), id));
    }
    drop(asking);
    ws.0.close(None).await.expect("it is said");
    assert_eq!(ws.close().await, (Vec::<Value>::new(), 1005));
    assert!(within(ws.0.next()).await.is_none());
    drop(ws);
    until(|| count.load(SeqCst) == 0 && server.hub.stats().connections == 0).await;
}

/// As many threads as can be blocked here at once, and those for the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn one_that_blocks_its_thread_holds_up_nobody_else() {
    let (release, blocked) = channel::<()>();
    let (blocked, count) = (Arc::new(Mutex::new(blocked)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    let block = move |blocked: &Mutex<Receiver<()>>| {
        let _held = Held::new(&counted);
        // Until there is no sender; and not for ever, where this is what holds up the test.
        let _ = blocked.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(PATIENCE);
    };
    let may = move |_: Anyone, channel: ChatChannel| {
        if is(&channel, "early") {
            block(&blocked);
        }
        let (block, blocked) = (block.clone(), Arc::clone(&blocked));
        async move {
            if is(&channel, "late") {
                block(&blocked);
            }
            Ok::<(), Denied>(())
        }
    };
    let server = Server::with(Limits::default(), |endpoints| endpoints.authorize(may)).await;
    let (mut sockets, mut streams) = (Vec::new(), Vec::new());
    // Some with each of those that are blocked, wherever that is.
    for _ in 0..12 {
        sockets.push(Ws::open(server.address, "channel=room:open").await);
        streams.push(Sse::open(server.address, "channel=room:open").await);
    }
    for (ws, sse) in sockets.iter_mut().zip(&mut streams) {
        ws.text().await;
        sse.item().await;
    }
    for (at, room) in ["early", "late"].iter().enumerate() {
        sockets[at].send(subscribe(room, 1)).await;
        let began = Instant::now();
        while count.load(SeqCst) == at {
            assert!(began.elapsed() < PATIENCE, "it is not asked");
            std::thread::sleep(Duration::from_millis(1));
        }
        // Where the thread that listened for tokio last is blocked, another listens only once it was woken for something.
        tokio::spawn(async {}).await.expect("it is done");
    }
    for number in 0..20 {
        let number = number.to_string();
        let id = server.say("open", &number).await;
        for (ws, sse) in sockets.iter_mut().zip(&mut streams) {
            assert_eq!(ws.text().await, message("open", &number, id));
            assert_eq!(sse.item().await.data(), message("open", &number, id));
        }
    }
    assert_eq!(count.load(SeqCst), 2, "all that came while they were blocked");
    drop(release);
    for ws in &mut sockets[..2] {
        assert!(ws.json().await["ok"].is_object());
    }
}
