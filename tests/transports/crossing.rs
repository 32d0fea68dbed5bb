//! A kick that crosses everything its user does: what is published after it reaches them by no way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use fastrand::Rng;
use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::{Value, json};
use triwire::{Hub, Limits};

use super::chat::{ChatChannel, ChatEvent};
use super::client::{Sse, Ws, get, json, within};
use super::revoke::{kick, server};

fn text_of(item: &Value) -> Option<String> {
    item["event"]["text"].as_str().map(str::to_owned)
}

/// What a client was shown, and how it came to an end.
#[derive(Default)]
struct Seen {
    texts: Vec<String>,
    /// The channel was taken from it while it had it; else it was refused when it asked. A poll is refused in both.
    taken: bool,
}

/// Where a client begins: at the oldest, where it stood, or now.
fn since(dice: &mut Rng, last: Option<&String>) -> Option<String> {
    match (dice.u8(..3), last) {
        (0, _) => Some("earliest".into()),
        (1, Some(last)) => Some(last.clone()),
        _ => None,
    }
}

/// Subscribes, reads, leaves and subscribes again, in one connection.
async fn by_ws(address: SocketAddr, room: String, mut dice: Rng) -> Seen {
    let mut ws = Ws::open(address, "user=grace").await;
    let (mut seen, mut last, mut has) = (Seen::default(), None, false);
    loop {
        if !has || dice.u8(..3) == 0 {
            let asked = if has { "unsubscribe" } else { "subscribe" };
            let mut ask = json!({ asked: format!("room:{room}"), "ref": asked });
            if let (false, Some(since)) = (has, since(&mut dice, last.as_ref())) {
                ask["since"] = json!(since);
            }
            ws.send(ask.to_string()).await;
            has = !has;
        }
        let item = ws.json().await;
        seen.texts.extend(text_of(&item));
        last = item["id"].as_str().map(str::to_owned).or(last);
        seen.taken |= item["end"]["reason"] == "denied";
        if seen.taken || item["error"]["code"] == "denied" {
            break;
        }
    }
    // Whatever was still on its way is here by the time of the next answer.
    ws.send(r#"{"subscribe":"lobby","ref":"last"}"#).await;
    while let Some(Ok(text)) = within(ws.0.next()).await {
        let item: Value = serde_json::from_str(text.to_text().expect("a text")).expect("JSON");
        seen.texts.extend(text_of(&item));
        if item["ref"] == "last" {
            break;
        }
    }
    seen
}

/// Reads some, is cut, and resumes, until it is refused.
async fn by_sse(address: SocketAddr, room: String, mut dice: Rng) -> Seen {
    let (mut seen, mut last) = (Seen::default(), None::<String>);
    loop {
        let since = since(&mut dice, last.as_ref()).map(|since| ("last-event-id", since)).filter(|(_, since)| since != "earliest");
        let query = format!("channel=room:{room}&user=grace{}", if since.is_none() { "&since=earliest" } else { "" });
        let headers: Vec<_> = since.iter().map(|(name, since)| (*name, since.as_str())).collect();
        let response = get(address, &format!("/chat/sse?{query}"), &headers).await;
        if response.status() == 403 {
            return seen;
        }
        let mut sse = Sse::of(response);
        for _ in 0..dice.u8(1..6) {
            let Some(block) = sse.block().await else { break };
            last = block.field("id").map(str::to_owned).or(last);
            let Some(item) = block.field("data").map(|_| block.json()) else { continue };
            seen.texts.extend(text_of(&item));
            seen.taken |= item["end"]["reason"] == "denied";
        }
    }
}

/// Polls from wherever, waiting or not, until it is refused.
async fn by_polls(address: SocketAddr, room: String, mut dice: Rng) -> Seen {
    let (mut seen, mut last) = (Seen::default(), None);
    loop {
        let since = since(&mut dice, last.as_ref()).map(|since| format!("&since={since}")).unwrap_or_default();
        let query = format!("channel=room:{room}&user=grace&wait={}{since}", dice.u8(..2) * 5);
        let response = get(address, &format!("/chat/poll?{query}"), &[]).await;
        if response.status() == 403 {
            return seen;
        }
        let answer = json(response).await;
        seen.texts.extend(answer["items"].as_array().expect("items").iter().filter_map(text_of));
        last = Some(answer["position"].as_str().expect("a position").to_owned());
    }
}

/// However subscribes, resumes, polls and a kick cross each other, nothing that is published after the kick arrives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_crossing_of_subscribe_resume_and_kick_shows_an_event_after_the_kick() {
    // No person comes back so often.
    let server = server(Limits { subscribe_burst: 1_000_000, connections_per_identity: 1_000, ..Limits::default() }).await;
    let (mut shown, mut taken, mut refused) = (0, [0; 2], 0);
    for round in 0..200 {
        let mut dice = Rng::with_seed(round);
        let room = format!("crossing-{round}");
        server.say(&room, "before").await;
        let clients = [
            tokio::spawn(by_ws(server.address, room.clone(), dice.fork())),
            tokio::spawn(by_sse(server.address, room.clone(), dice.fork())),
            tokio::spawn(by_polls(server.address, room.clone(), dice.fork())),
        ];
        // By and by the kick comes later in their lives, among events.
        for _ in 0..dice.u8(..6) {
            tokio::time::sleep(Duration::from_micros(dice.u64(..2_000))).await;
            server.say(&room, "before").await;
        }
        kick(&server, "grace", &room).await;
        server.say(&room, "after").await;
        server.say(&room, "after").await;
        for (which, client) in clients.into_iter().enumerate() {
            let seen = client.await.expect("no panic");
            shown += seen.texts.iter().filter(|text| *text == "before").count();
            *if seen.taken { &mut taken[which] } else { &mut refused } += 1;
            assert!(!seen.texts.contains(&"after".to_owned()), "round {round}");
        }
    }
    eprintln!("{shown} shown before; taken by ws and sse {taken:?}, refused {refused}");
    assert!(
        shown > 100 && refused > 250 && taken.iter().all(|taken| *taken > 10),
        "the kick crossed too little: {shown} {taken:?} {refused}"
    );
}

/// Says numbers, until it is stopped, and the last that it began; so what began after a moment is known.
struct Speaker {
    begun: AtomicUsize,
    stopped: AtomicBool,
}

impl Speaker {
    async fn speak(self: Arc<Self>, hub: Hub<ChatEvent>) -> usize {
        loop {
            let number = self.begun.fetch_add(1, SeqCst) + 1;
            let event = ChatEvent::Message { room: "full".into(), text: number.to_string() };
            hub.publish(event).await.expect("published");
            if self.stopped.load(SeqCst) {
                return number;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// One connection of a user in the room and in the lobby.
enum Connected {
    Ws(Box<Ws>),
    Sse(Sse),
}

impl Connected {
    async fn open(address: SocketAddr, number: usize, user: &str) -> Self {
        let query = format!("channel=room:full&channel=lobby&user={user}");
        let mut connected = if number.is_multiple_of(2) {
            Self::Ws(Ws::open(address, &query).await.into())
        } else {
            Self::Sse(Sse::open(address, &query).await)
        };
        connected.item().await;
        connected
    }

    async fn item(&mut self) -> Value {
        match self {
            Self::Ws(ws) => ws.json().await,
            Self::Sse(sse) => sse.item().await.json(),
        }
    }

    /// The numbers that it hears until the lobby's notice, and how often it is told that the room is taken from it.
    async fn hear(mut self) -> (Vec<usize>, usize) {
        let (mut numbers, mut ends) = (Vec::new(), 0);
        loop {
            let item = self.item().await;
            match text_of(&item) {
                Some(text) if item["channel"] == "lobby" => {
                    assert_eq!(text, "to all");
                    return (numbers, ends);
                }
                Some(text) => numbers.push(text.parse().expect("a number")),
                None => ends += usize::from(item["channel"] == "room:full" && item["end"]["reason"] == "denied"),
            }
        }
    }
}

/// One that polls until it is refused, and the numbers that it was answered.
async fn hear_by_polls(address: SocketAddr) -> Vec<usize> {
    let (mut numbers, mut query) = (Vec::new(), String::new());
    loop {
        let response = get(address, &format!("/chat/poll?channel=room:full&user=heidi{query}"), &[]).await;
        if response.status() == 403 {
            return numbers;
        }
        let answer = json(response).await;
        numbers.extend(
            answer["items"].as_array().expect("items").iter().filter_map(text_of).map(|text| text.parse::<usize>().expect("a number")),
        );
        query = format!("&since={}", answer["position"].as_str().expect("a position"));
    }
}

/// A thousand connections, two hundred of which poll; the room goes on speaking all the while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_kicked_is_out_on_a_thousand_connections_when_the_kick_returns() {
    let limits = Limits { connections_per_identity: 2_000, subscribe_burst: 1_000_000, history: 10_000, ..Limits::default() };
    let server = server(limits).await;
    let address = server.address;
    let kicked = join_all((0..800).map(|number| Connected::open(address, number, "heidi"))).await;
    let others = join_all((0..100).map(|number| Connected::open(address, number, "ivan"))).await;
    let polls: Vec<_> = (0..200).map(|_| tokio::spawn(hear_by_polls(address))).collect();
    let speaker = Arc::new(Speaker { begun: AtomicUsize::new(0), stopped: AtomicBool::new(false) });
    let speaking = tokio::spawn(speaker.clone().speak(server.hub.clone()));
    within(async {
        while server.hub.subscribers(&ChatChannel::room("full")) < 900 || speaker.begun.load(SeqCst) < 20 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;

    let began = Instant::now();
    kick(&server, "heidi", "full").await;
    let (took, before) = (began.elapsed(), speaker.begun.load(SeqCst));
    eprintln!("out on a thousand connections in {took:?}");
    within(async {
        while speaker.begun.load(SeqCst) < before + 20 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    speaker.stopped.store(true, SeqCst);
    let last = speaking.await.expect("no panic");
    server.notice("to all").await;

    for (numbers, ends) in join_all(kicked.into_iter().map(Connected::hear)).await {
        assert_eq!(ends, 1, "each is told, once");
        assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
        assert!(numbers.len() <= before, "{} was said after the kick, {before} were said before", numbers.len());
    }
    for poll in polls {
        assert!(poll.await.expect("no panic").into_iter().all(|number| number <= before));
    }
    for (numbers, ends) in join_all(others.into_iter().map(Connected::hear)).await {
        assert_eq!((numbers, ends), ((1..=last).collect::<Vec<_>>(), 0), "nobody else misses a word");
    }
}
