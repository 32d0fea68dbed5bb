//! What is taken from a user while they are connected: a channel, everything, or their identity, which ends.

use std::borrow::Cow;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use triwire::{Denied, Identity, Limits};

use super::chat::ChatChannel;
use super::client::{Sse, Ws, get, json, poll, within};
use super::server::{Server, quick};

/// Who says `user=NAME`; with `lasts=MS`, for so long.
#[derive(Clone)]
struct User {
    name: String,
    until: Option<SystemTime>,
}

impl FromRequestParts<()> for User {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, (): &()) -> Result<Self, Self::Rejection> {
        let field = |name: &str| {
            let fields = parts.uri.query().unwrap_or_default().split('&');
            fields.filter_map(|field| field.split_once('=')).find_map(|(field, value)| (field == name).then(|| value.to_owned()))
        };
        let lasts = field("lasts").map(|lasts| Duration::from_millis(lasts.parse().expect("a number")));
        Ok(Self { name: field("user").unwrap_or_default(), until: lasts.map(|lasts| SystemTime::now() + lasts) })
    }
}

impl Identity for User {
    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn expires(&self) -> Option<SystemTime> {
        self.until
    }
}

/// Who may no longer have a room.
static OUT: Mutex<Option<HashSet<(String, String)>>> = Mutex::new(None);

fn put_out(user: &str, room: &str) {
    OUT.lock().expect("not poisoned").get_or_insert_default().insert((user.to_owned(), room.to_owned()));
}

async fn not_out(user: User, channel: ChatChannel) -> Result<(), Denied> {
    let ChatChannel::Room { room } = channel else { return Ok(()) };
    let is_out = OUT.lock().expect("not poisoned").as_ref().is_some_and(|out| out.contains(&(user.name, room)));
    // The answer may be on its way for a while, and is of before.
    tokio::task::yield_now().await;
    if is_out { Err(Denied) } else { Ok(()) }
}

pub(super) async fn server(limits: Limits) -> Server {
    Server::with(limits, |endpoints| endpoints.authorize(not_out)).await
}

pub(super) async fn kick(server: &Server, user: &str, room: &str) {
    put_out(user, room);
    within(server.hub.revoke(user, &ChatChannel::room(room))).await;
}

fn ended(room: &str) -> Value {
    json!({ "channel": format!("room:{room}"), "end": { "reason": "denied" } })
}

#[tokio::test]
async fn a_channel_that_is_revoked_ends_on_every_connection_of_its_user_and_on_no_others() {
    let server = server(Limits::default()).await;
    let both = "channel=room:den&channel=lobby";
    let mut ws = Ws::open(server.address, &format!("{both}&user=alice")).await;
    ws.text().await;
    let mut sse = Sse::open(server.address, &format!("{both}&user=alice")).await;
    sse.item().await;
    let mut only = Sse::open(server.address, "channel=room:den&user=alice").await;
    only.item().await;
    let mut other = Ws::open(server.address, &format!("{both}&user=bob")).await;
    other.text().await;
    let (position, _) = poll(server.address, "channel=room:den&user=alice").await;
    let waiting = tokio::spawn(waiting_poll(server.address, format!("channel=room:den&user=alice&since={position}")));
    within(async {
        while server.hub.subscribers(&ChatChannel::room("den")) < 5 {
            tokio::task::yield_now().await;
        }
    })
    .await;

    kick(&server, "alice", "den").await;
    server.say("den", "not for alice").await;
    server.notice("for all").await;

    assert_eq!(ws.json().await, ended("den"));
    assert_eq!(ws.json().await["event"]["text"], "for all");
    assert_eq!(sse.item().await.json(), ended("den"));
    assert_eq!(sse.item().await.json()["event"]["text"], "for all");
    assert_eq!(only.item().await.json(), ended("den"));
    assert_eq!(only.item().await.json()["bye"]["reason"], "denied");
    assert_eq!(only.block().await, None);
    assert_eq!(waiting.await.expect("no panic"), (403, "denied".to_owned()));
    assert_eq!(other.json().await["event"]["text"], "not for alice");
    assert_eq!(other.json().await["event"]["text"], "for all");
    assert_eq!(get(server.address, "/chat/sse?channel=room:den&user=alice", &[("last-event-id", &position)]).await.status(), 403);
    ws.send(r#"{"subscribe":"room:den","since":"earliest","ref":1}"#).await;
    assert_eq!(ws.json().await["error"]["code"], "denied");
}

async fn waiting_poll(address: SocketAddr, query: String) -> (u16, String) {
    let response = get(address, &format!("/chat/poll?{query}"), &[]).await;
    let status = response.status().as_u16();
    (status, json(response).await["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_user_who_is_disconnected_is_told_on_every_connection_and_may_come_back() {
    let server = server(Limits::default()).await;
    let mut ws = Ws::open(server.address, "channel=lobby&user=dave").await;
    ws.text().await;
    let mut sse = Sse::open(server.address, "channel=lobby&user=dave").await;
    sse.item().await;
    let (position, _) = poll(server.address, "channel=lobby&user=dave").await;
    let waiting = tokio::spawn(waiting_poll(server.address, format!("channel=lobby&user=dave&since={position}")));
    within(async {
        while server.hub.stats().connections < 3 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    within(server.hub.disconnect("dave")).await;
    server.notice("not to these").await;
    let (texts, code) = ws.close().await;
    assert_eq!((texts[0]["bye"]["reason"].as_str(), texts.len(), code), (Some("denied"), 1, 1008));
    assert_eq!(sse.item().await.json()["bye"]["reason"], "denied");
    assert_eq!(sse.block().await, None);
    assert_eq!(waiting.await.expect("no panic").0, 403);
    let (_, items) = poll(server.address, &format!("channel=lobby&user=dave&since={position}")).await;
    assert_eq!(items[0]["event"]["text"], "not to these");
}

#[tokio::test]
async fn an_identity_that_expires_ends_its_connections_and_the_next_one_resumes() {
    let server = server(Limits::default()).await;
    let mut ws = Ws::open(server.address, "channel=lobby&user=erin&lasts=300").await;
    ws.text().await;
    let mut sse = Sse::open(server.address, "channel=lobby&user=erin&lasts=300").await;
    let position = sse.item().await.field("id").expect("an id").to_owned();
    let (texts, code) = ws.close().await;
    assert_eq!((texts[0]["bye"]["reason"].as_str(), code), (Some("expired"), 4401));
    assert_eq!(sse.item().await.json()["bye"]["reason"], "expired");
    assert_eq!(sse.block().await, None);
    server.notice("meanwhile").await;
    let mut sse = Sse::resume(server.address, "channel=lobby&user=erin&lasts=60000", Some(&position)).await;
    sse.item().await;
    assert_eq!(sse.item().await.json()["event"]["text"], "meanwhile");
    let mut gone = Sse::open(server.address, "channel=lobby&user=erin&lasts=0").await;
    while gone.item().await.json()["bye"]["reason"] != "expired" {}
}

#[tokio::test]
async fn what_a_client_has_not_taken_yet_is_taken_back_with_the_channel() {
    let server = server(Limits { stalled: Duration::from_secs(60), ..quick() }).await;
    for way in ["ws", "sse"] {
        let room = format!("flood-{way}");
        let mut socket = raw(server.address, way, &format!("channel=room:{room}&user=frank")).await;
        let text = "x".repeat(64 << 10);
        // More than the kernel takes for one who reads nothing.
        for _ in 0..200 {
            server.say(&room, &text).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        kick(&server, "frank", &room).await;
        let last = server.say(&room, "after").await;
        let mut bytes = Vec::new();
        within(async { while socket.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {} }).await;
        let taken = String::from_utf8_lossy(&bytes);
        assert!(taken.contains("xxx"), "{way}: it had something before");
        assert!(!taken.contains(&last.to_string()), "{way}: it had what came after");
        // A WebSocket is its own to cut; an SSE stream may be hyper's.
        assert!(way == "sse" || !taken.contains("denied"), "the rest went out before the word of its end");
    }
}

/// A client that reads when the test says so.
async fn raw(address: SocketAddr, way: &str, query: &str) -> tokio::net::TcpStream {
    use tokio::io::AsyncWriteExt;
    let upgrade =
        "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    // The end of the bytes is the end of the stream under every server.
    let upgrade = if way == "ws" { upgrade } else { "connection: close\r\n" };
    let mut socket = tokio::net::TcpStream::connect(address).await.expect("connects");
    let head = format!("GET /chat/{way}?{query} HTTP/1.1\r\nhost: {address}\r\n{upgrade}\r\n");
    socket.write_all(head.as_bytes()).await.expect("written");
    let mut first = [0; 12];
    socket.read_exact(&mut first).await.expect("an answer");
    socket
}
