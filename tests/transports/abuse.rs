//! What one client may take of a server: connections, subscribes, commands and bytes, by identity and by address.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use serde_json::{Value, json};
use triwire::{Client, Denied, Hub, Limits, Rejected};

use super::chat::{ChatChannel, ChatCommand, ChatEvent};
use super::client::{Sse, Ws, get, json, post, within};
use super::server::{Server, listen, quick};
use super::user::User;

async fn anything(_: User, _: ChatChannel) -> Result<(), Denied> {
    Ok(())
}

async fn handle(_: Client<ChatEvent, User>, _: ChatCommand) -> Result<Value, Rejected> {
    Ok(Value::Null)
}

/// Puts every client where its `test-peer` says, behind a server that knows nothing of that where it says `unknown`.
async fn place(mut request: Request) -> Request {
    match request.headers().get("test-peer").map(|peer| peer.to_str().expect("a peer").to_owned()).as_deref() {
        None => {}
        Some("unknown") => drop(request.extensions_mut().remove::<ConnectInfo<SocketAddr>>()),
        Some(peer) => {
            let address = peer.parse().expect("an address");
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 4_711)));
        }
    }
    request
}

/// A server that has been told of so many proxies.
async fn server(limits: Limits, hops: Option<usize>) -> Server {
    let hub = Hub::builder().limits(limits).build();
    let endpoints = hub.endpoints().authorize(anything).commands(handle);
    let endpoints = if let Some(hops) = hops { endpoints.trust_forwarded(hops) } else { endpoints };
    let app = Router::new().nest("/chat", endpoints.into_router()).layer(axum::middleware::map_request(place));
    Server { hub, address: listen(app).await }
}

type Headers<'a> = &'a [(&'static str, &'a str)];

async fn poll_status(server: &Server, query: &str, headers: Headers<'_>) -> u16 {
    get(server.address, &format!("/chat/poll?channel=lobby&{query}"), headers).await.status().as_u16()
}

async fn sse(server: &Server, query: &str, headers: Headers<'_>) -> Sse {
    let mut sse = Sse::of(get(server.address, &format!("/chat/sse?channel=lobby&{query}"), headers).await);
    sse.item().await;
    sse
}

/// The problem of a client that has as much as it may.
fn is_over(problem: &Value, name: &str, limit: usize) {
    assert_eq!((&problem["code"], &problem["status"], &problem["limit"]), (&json!("too_many"), &json!(429), &json!(limit)), "{problem}");
    assert!(problem["detail"].as_str().expect("a detail").contains(&format!("`{name}`")), "{problem}");
    assert!(problem["retry_ms"].as_u64().is_some_and(|retry_ms| retry_ms > 0), "{problem}");
}

async fn poll_is_over(server: &Server, query: &str, headers: Headers<'_>, name: &str, limit: usize) {
    let response = get(server.address, &format!("/chat/poll?channel=lobby&{query}"), headers).await;
    assert_eq!(response.status(), 429);
    let after: u64 = response.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    let problem = json(response).await;
    is_over(&problem, name, limit);
    assert_eq!(after, problem["retry_ms"].as_u64().expect("a number").div_ceil(1_000));
}

/// On each of the three it is told in the words that its clients understand.
async fn all_are_over(server: &Server, query: &str, headers: Headers<'_>, name: &str, limit: usize) {
    poll_is_over(server, query, headers, name, limit).await;
    let mut sse = Sse::of(get(server.address, &format!("/chat/sse?channel=lobby&{query}"), headers).await);
    let block = sse.block().await.expect("a bye");
    let bye = &block.json()["bye"];
    assert_eq!((&bye["reason"], Some(&*bye["retry_ms"].to_string())), (&json!("busy"), block.field("retry")));
    assert_eq!(sse.block().await, None);
    let (mut ws, _) = Ws::with(server.address, &format!("channel=lobby&{query}"), headers).await.expect("an upgrade");
    let (texts, code) = ws.close().await;
    assert_eq!((texts.len(), &texts[0]["bye"]["reason"], code), (1, &json!("busy"), 1013));
}

/// Waits until the server has seen that somebody left.
async fn until_open(server: &Server, query: &str, headers: Headers<'_>) {
    within(async { while poll_status(server, query, headers).await != 200 {} }).await;
}

#[tokio::test]
async fn an_identity_has_so_many_connections_on_whatever_transport() {
    let server = server(Limits { connections_per_identity: 2, ..Limits::default() }, None).await;
    let mut ws = Ws::open(server.address, "channel=lobby&user=alice").await;
    ws.text().await;
    let mut stream = sse(&server, "user=alice", &[]).await;
    all_are_over(&server, "user=alice", &[], "connections_per_identity", 2).await;
    // Others have their own, and nobody in particular has no such limit.
    let _others = [sse(&server, "user=bob", &[]).await, sse(&server, "", &[]).await, sse(&server, "", &[]).await];
    assert_eq!((poll_status(&server, "user=bob", &[]).await, poll_status(&server, "", &[]).await), (200, 200));
    server.notice("to both").await;
    assert_eq!(ws.json().await["event"]["text"], "to both");
    assert_eq!(stream.item().await.json()["event"]["text"], "to both");
    drop(ws);
    until_open(&server, "user=alice", &[]).await;
}

#[tokio::test]
async fn a_poll_is_a_connection_while_it_waits() {
    let server = server(Limits { connections_per_identity: 1, ..Limits::default() }, None).await;
    let (address, path) = (server.address, "/chat/poll?channel=lobby&user=alice&wait=50&since=earliest");
    let waiting = tokio::spawn(async move { get(address, path, &[]).await.status() });
    within(async {
        while server.hub.subscribers(&ChatChannel::lobby()) == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    all_are_over(&server, "user=alice", &[], "connections_per_identity", 1).await;
    server.notice("it is answered").await;
    assert_eq!(waiting.await.expect("no panic"), 200);
    until_open(&server, "user=alice", &[]).await;
}

#[tokio::test]
async fn an_address_has_so_many_connections_whoever_they_are() {
    // The connection's own address, which is of this machine: it counts where there is no proxy.
    let server = server(Limits { connections_per_address: 2, ..Limits::default() }, Some(0)).await;
    let mut ws = Ws::open(server.address, "channel=lobby&user=alice").await;
    ws.text().await;
    let _stream = sse(&server, "user=bob", &[]).await;
    for query in ["user=carol", ""] {
        all_are_over(&server, query, &[], "connections_per_address", 2).await;
    }
    assert_eq!(poll_status(&server, "user=carol", &[("test-peer", "203.0.113.1")]).await, 200);
    drop(ws);
    until_open(&server, "user=carol", &[]).await;
}

/// Whether the two are one address to a server that has been told of so many proxies.
async fn are_one(hops: Option<usize>, one: Headers<'_>, other: Headers<'_>) -> bool {
    let server = server(Limits { connections_per_address: 1, ..Limits::default() }, hops).await;
    let _first = sse(&server, "", one).await;
    poll_status(&server, "", other).await == 429
}

#[tokio::test]
async fn an_address_is_the_peer_s_and_what_a_client_writes_of_itself_changes_nothing() {
    for (one, other, same) in [
        ("203.0.113.1", "203.0.113.1", true),
        ("203.0.113.1", "203.0.113.2", false),
        ("::ffff:203.0.113.1", "203.0.113.1", true),
        // A network is one client: whoever has one address of it has them all.
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
    ] {
        let forwarded = |address, from| [("test-peer", address), ("x-forwarded-for", from)];
        assert_eq!(are_one(None, &forwarded(one, "192.0.2.1"), &forwarded(other, "192.0.2.2")).await, same, "{one} {other}");
        assert_eq!(are_one(Some(0), &forwarded(one, "192.0.2.1"), &forwarded(other, "192.0.2.2")).await, same, "{one} {other}");
    }
    // A proxy's, most likely, and so everybody's: until it is said that there is none.
    for peer in ["127.0.0.1", "::1", "10.1.2.3", "172.17.0.1", "192.168.0.1", "169.254.0.1", "100.64.0.1", "fd00::1", "fe80::1"] {
        assert!(!are_one(None, &[("test-peer", peer)], &[("test-peer", peer)]).await, "{peer}");
        assert!(are_one(Some(0), &[("test-peer", peer)], &[("test-peer", peer)]).await, "{peer}");
    }
    for hops in [None, Some(0)] {
        assert!(!are_one(hops, &[("test-peer", "unknown")], &[("test-peer", "unknown")]).await);
    }
}

#[tokio::test]
async fn with_trusted_proxies_the_address_is_the_one_that_the_outermost_of_them_saw() {
    for (hops, one, other, same) in [
        (1, "192.0.2.1", "192.0.2.1", true),
        (1, "192.0.2.1", "192.0.2.2", false),
        (1, "198.51.100.1, 192.0.2.1", "198.51.100.2,192.0.2.1", true),
        (1, "192.0.2.1, 198.51.100.1", "192.0.2.1, 198.51.100.2", false),
        (2, "198.51.100.7, 192.0.2.1, 10.0.0.1", "198.51.100.8, 192.0.2.1, 10.0.0.2", true),
        (2, "192.0.2.1, 10.0.0.1", "192.0.2.2, 10.0.0.1", false),
        (1, "192.0.2.1:80", "192.0.2.1:443", true),
        (1, "[2001:db8::1]:80", "2001:db8::2", true),
        (1, "[2001:db8::1]", "2001:db8:0:1::1", false),
        // A private one is a client's, once a proxy says so.
        (1, "10.0.0.1", "10.0.0.1", true),
        // What is no address is its peer's, and no way to more.
        (1, "192.0.2.1, unknown", "192.0.2.2, nonsense", true),
        (2, "192.0.2.1", "192.0.2.2", true),
        (1, "", "192.0.2.1,", true),
    ] {
        let behind = |list| [("test-peer", "10.9.9.9"), ("x-forwarded-for", list)];
        assert_eq!(are_one(Some(hops), &behind(one), &behind(other)).await, same, "{hops}: {one} | {other}");
    }
    let unknown = [("test-peer", "unknown"), ("x-forwarded-for", "192.0.2.1")];
    assert!(are_one(Some(1), &unknown, &unknown).await, "nobody has to be told the peer");
    // A list may be in several lines.
    let lines = |first, second| [("test-peer", "10.9.9.9"), ("x-forwarded-for", first), ("x-forwarded-for", second)];
    assert!(are_one(Some(2), &lines("198.51.100.1, 192.0.2.1", "10.0.0.1"), &lines("198.51.100.2, 192.0.2.1", "10.0.0.2")).await);
}

/// One a second, and two at once: whatever is slow here, the third of those that come together is one too many.
fn slow() -> Limits {
    Limits { subscribes_per_second: 1, subscribe_burst: 2, commands_per_second: 1, command_burst: 2, ..Limits::default() }
}

/// Sends these until one is refused, and gives how many were not, and the refusal.
async fn until_refused(ws: &mut Ws, ask: impl Fn(usize) -> Value) -> (usize, Value) {
    ws.send_at_once((0..20).map(|at| ask(at).to_string())).await;
    let (mut taken, mut refused) = (0, Value::Null);
    for _ in 0..20 {
        let answer = ws.json().await;
        if answer["error"].is_null() { taken += 1 } else { refused = answer }
    }
    (taken, refused["error"].clone())
}

fn subscribe(at: usize) -> Value {
    json!({ "subscribe": format!("room:{at}"), "ref": at })
}

fn command(at: usize) -> Value {
    json!({ "command": "forbidden", "ref": at })
}

/// That an ask is refused in the same breath as the one that took the last.
fn is_refused(problem: &Value, name: &str) {
    is_over(problem, name, 1);
    assert!(problem["retry_ms"].as_u64().is_some_and(|retry_ms| retry_ms <= 1_000), "{problem}");
}

#[tokio::test]
async fn subscribes_over_the_rate_are_refused_and_all_else_goes_on() {
    let server = server(slow(), None).await;
    let mut ws = Ws::open(server.address, "user=alice").await;
    let (taken, refused) = until_refused(&mut ws, subscribe).await;
    assert!((1..10).contains(&taken), "one is what opening it was: {taken}");
    is_refused(&refused, "subscribes_per_second");
    ws.send(r#"{"unsubscribe":"room:0","ref":1}"#).await;
    assert!(ws.json().await["ok"].is_object());
    let mut bob = Ws::open(server.address, "user=bob").await;
    bob.send(subscribe(1).to_string()).await;
    assert!(bob.json().await["ok"].is_object(), "of another identity");
    tokio::time::sleep(Duration::from_millis(refused["retry_ms"].as_u64().expect("a number"))).await;
    ws.send(subscribe(7).to_string()).await;
    assert!(ws.json().await["ok"].is_object(), "it came when it was told to");
}

/// Tries until it is refused: whatever is given back meanwhile is soon used up.
async fn until_over<T, Trying: Future<Output = Option<T>>>(attempt: impl Fn() -> Trying) -> T {
    within(async {
        loop {
            if let Some(refused) = attempt().await {
                return refused;
            }
        }
    })
    .await
}

async fn polled(server: &Server, query: &str) -> Option<hyper::Response<hyper::body::Incoming>> {
    let response = get(server.address, &format!("/chat/poll?channel=lobby&{query}"), &[]).await;
    (response.status() != 200).then_some(response)
}

async fn posted(server: &Server, query: &str) -> Option<hyper::Response<hyper::body::Incoming>> {
    let response = post(server.address, query, &[], r#""forbidden""#).await;
    (response.status() != 200).then_some(response)
}

/// What a refusal by HTTP says.
async fn is_later(response: hyper::Response<hyper::body::Incoming>, name: &str) -> Duration {
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"1".parse().expect("a value")));
    let problem = json(response).await;
    is_refused(&problem, name);
    Duration::from_millis(problem["retry_ms"].as_u64().expect("a number"))
}

#[tokio::test]
async fn streams_and_polls_are_subscribes_and_are_refused_each_in_its_way() {
    let server = server(slow(), None).await;
    let (query, address) = ("channel=lobby&user=alice", server.address);
    is_later(until_over(|| polled(&server, "user=alice")).await, "subscribes_per_second").await;
    let (retry, bye) = until_over(|| async {
        let mut sse = Sse::of(get(address, &format!("/chat/sse?{query}"), &[]).await);
        let first = sse.block().await.expect("a first");
        let bye = first.json()["bye"].clone();
        bye.is_object().then(|| (first.field("retry").expect("a time").to_owned(), bye))
    })
    .await;
    assert_eq!((&bye["reason"], bye["retry_ms"].to_string()), (&json!("busy"), retry));
    let closed = until_over(|| async {
        let mut ws = Ws::open(address, query).await;
        if ws.json().await["bye"]["reason"] == "busy" { Some(ws.close().await) } else { None }
    })
    .await;
    assert_eq!(closed, (Vec::new(), 1013));
    assert_eq!(poll_status(&server, "user=bob", &[]).await, 200);
}

#[tokio::test]
async fn commands_over_the_rate_are_refused_by_message_and_by_post() {
    let server = server(slow(), None).await;
    let mut ws = Ws::open(server.address, "user=alice").await;
    let (taken, refused) = until_refused(&mut ws, command).await;
    assert!((2..10).contains(&taken), "{taken}");
    is_refused(&refused, "commands_per_second");
    let wait = is_later(until_over(|| posted(&server, "user=carol")).await, "commands_per_second").await;
    // Of one identity it is one rate, and of another another.
    assert_eq!(post(server.address, "user=bob", &[], r#""forbidden""#).await.status(), 200);
    ws.send(subscribe(1).to_string()).await;
    assert!(ws.json().await["ok"].is_object(), "commands are no subscribes");
    tokio::time::sleep(wait).await;
    assert_eq!(post(server.address, "user=carol", &[], r#""forbidden""#).await.status(), 200);
}

#[tokio::test]
async fn without_an_identity_the_address_has_the_rate_and_without_an_address_the_connection() {
    let server = server(Limits { command_burst: 20, ..slow() }, None).await;
    let exhausted = |server: &Server, query: &'static str, peer: &'static str| {
        let address = server.address;
        async move {
            let (mut ws, _) = Ws::with(address, query, &[("test-peer", peer)]).await.expect("an upgrade");
            ws.send_at_once((0..40).map(|at| command(at).to_string())).await;
            let mut refused = 0;
            for _ in 0..40 {
                refused += usize::from(ws.json().await["error"]["code"] == "too_many");
            }
            refused
        }
    };
    let fresh = 10..=20;
    for (query, peer, other_query, other_peer, shared) in [
        ("", "203.0.113.1", "", "203.0.113.1", true),
        ("", "203.0.113.2", "", "203.0.113.3", false),
        ("user=ann", "203.0.113.4", "user=ann", "203.0.113.5", true),
        ("user=ben", "203.0.113.6", "user=cid", "203.0.113.6", false),
        ("", "unknown", "", "unknown", false),
    ] {
        let first = exhausted(&server, query, peer).await;
        assert!(fresh.contains(&first), "{query} {peer}: {first}");
        let second = exhausted(&server, other_query, other_peer).await;
        assert_eq!(!fresh.contains(&second), shared, "{other_query} {other_peer}: {second}");
    }
}

#[tokio::test]
async fn who_sends_bytes_too_fast_is_read_more_slowly_and_never_cut() {
    let limits = Limits { inbound_bytes_per_second: 100_000, inbound_burst: 1_000, ..quick() };
    let server = server(limits, None).await;
    let mut ws = Ws::open(server.address, "channel=lobby&user=alice").await;
    ws.text().await;
    let pad = "x".repeat(1_000);
    let begun = Instant::now();
    ws.send_at_once((0..200).map(|at| json!({ "unsubscribe": "room:a", "pad": pad, "ref": at }).to_string())).await;
    server.notice("meanwhile").await;
    let mut other = Ws::open(server.address, "user=bob").await;
    other.send(subscribe(1).to_string()).await;
    assert!(other.json().await["ok"].is_object());
    let (mut answers, mut before) = (Vec::new(), None);
    while answers.len() < 200 {
        let item = ws.json().await;
        if item["event"]["text"] == "meanwhile" {
            before = Some(answers.len());
        }
        answers.extend(item["ref"].as_u64());
    }
    assert_eq!(answers, (0..200).collect::<Vec<_>>(), "all are read in the end");
    assert!(before.is_some_and(|before| before < 200), "what goes out waits for nothing");
    // All but what the last read took had to wait for its time.
    assert!(begun.elapsed() > Duration::from_secs(1), "{:?}", begun.elapsed());
}
