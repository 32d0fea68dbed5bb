//! Tickets: for those who can set no header, once, for a while, from where they were asked for.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::Full;
use hyper::Version;
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use triwire::{Client, Denied, Identity, Limits, Rejected, TicketSecret};

use super::chat::{ChatChannel, ChatCommand, ChatEvent};
use super::client::{Sse, Ws, get, json, post, request, send, whole};
use super::server::Server;

/// Who says `Authorization: Bearer NAME`; with more rooms than their own, and for so long, as other headers say.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct User {
    pub(super) name: String,
    #[serde(deserialize_with = "rooms")]
    pub(super) rooms: Vec<String>,
    until: Option<SystemTime>,
}

/// Reads rooms; a `trap` goes off.
fn rooms<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let rooms = Vec::<String>::deserialize(deserializer)?;
    assert!(!rooms.contains(&"trap".to_owned()), "as the test asks");
    Ok(rooms)
}

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let unknown = || (StatusCode::UNAUTHORIZED, "who are you?").into_response();
        let name = header("authorization").and_then(|bearer| bearer.strip_prefix("Bearer ")).ok_or_else(unknown)?;
        match name {
            "mallory" => return Err((StatusCode::FORBIDDEN, "not you").into_response()),
            "expired" => return Err((StatusCode::UNAUTHORIZED, "not any more").into_response()),
            _ => {}
        }
        let lasts = header("x-lasts").map(|lasts| Duration::from_millis(lasts.parse().expect("a number")));
        let rooms = header("x-rooms").map(|rooms| rooms.split(',').map(str::to_owned).collect()).unwrap_or_default();
        Ok(Self { name: name.to_owned(), rooms, until: lasts.map(|lasts| SystemTime::now() + lasts) })
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

/// The room of one's own name, those of the ticket, and whatever is no room.
async fn invited(user: User, channel: ChatChannel) -> Result<(), Denied> {
    let ChatChannel::Room { room } = channel else { return Ok(()) };
    assert!(!user.rooms.contains(&format!("{room}!")), "as the test asks");
    if room == user.name || user.rooms.contains(&room) { Ok(()) } else { Err(Denied) }
}

/// Says who it is, and what rooms they have.
async fn who(client: Client<ChatEvent, User>, _: ChatCommand) -> Result<serde_json::Value, Rejected> {
    Ok(format!("{} {}", client.user().name, client.user().rooms.join("+")).into())
}

pub(super) const SECRET: [u8; 32] = [7; 32];

pub(super) async fn with(limits: Limits, secret: [u8; 32]) -> Server {
    Server::with(limits, |endpoints| {
        let endpoints = endpoints.authorize(invited).commands(who).tickets(&TicketSecret::from(secret));
        endpoints.allow_origins(["https://app.example", "https://other.example"])
    })
    .await
}

pub(super) async fn server() -> Server {
    with(Limits::default(), SECRET).await
}

/// Asks for a ticket.
pub(super) async fn ask(address: SocketAddr, query: &str, headers: &[(&str, &str)]) -> hyper::Response<Incoming> {
    let request = request(Version::HTTP_11, address, "POST", &format!("/chat/ticket?{query}"), headers);
    send(Version::HTTP_11, address, request.map(|_| Full::new(Bytes::from_static(b"{}")))).await
}

/// A ticket of this user, with these headers.
pub(super) async fn ticket(address: SocketAddr, name: &str, headers: &[(&str, &str)]) -> String {
    let bearer = format!("Bearer {name}");
    let headers = [&[("authorization", bearer.as_str()), ("content-type", "application/json")], headers].concat();
    let response = ask(address, "", &headers).await;
    assert_eq!(response.status(), 200);
    json(response).await["ticket"].as_str().expect("a ticket").to_owned()
}

pub(super) const UPGRADE: [(&str, &str); 4] = [
    ("connection", "upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// What a poll with this ticket is answered.
async fn polled(address: SocketAddr, ticket: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let response = get(address, &format!("/chat/poll?channel=lobby&ticket={ticket}"), headers).await;
    (response.status().as_u16(), whole(response).await)
}

async fn status(address: SocketAddr, ticket: &str, headers: &[(&str, &str)]) -> u16 {
    polled(address, ticket, headers).await.0
}

#[tokio::test]
async fn a_ticket_lets_its_user_in_on_every_way_in() {
    let server = server().await;
    let address = server.address;
    let headers = [("authorization", "Bearer alice"), ("content-type", "application/json")];
    let response = ask(address, "", &headers).await;
    assert_eq!((response.status().as_u16(), &response.headers()["cache-control"]), (200, &"no-store".parse().expect("text")));
    let given = json(response).await;
    assert_eq!(given["expires_ms"], 30_000);
    let mut sse = Sse::open(address, &format!("channel=room:alice&ticket={}", given["ticket"].as_str().expect("a ticket"))).await;
    sse.item().await;
    let mut ws = Ws::open(address, &format!("channel=room:alice&ticket={}", ticket(address, "alice", &[]).await)).await;
    ws.text().await;
    server.say("alice", "for your eyes").await;
    assert_eq!(sse.item().await.json()["event"]["text"], "for your eyes");
    assert_eq!(ws.json().await["event"]["text"], "for your eyes");
    let query = format!("channel=room:alice&since=earliest&ticket={}", ticket(address, "alice", &[]).await);
    let response = get(address, &format!("/chat/poll?{query}"), &[]).await;
    assert_eq!(json(response).await["items"][0]["event"]["text"], "for your eyes");
    let query = format!("ticket={}", ticket(address, "alice", &[("x-rooms", "tea")]).await);
    assert_eq!(whole(post(address, &query, &[], r#""forbidden""#).await).await, r#""alice tea""#);

    let query = format!("channel=room:bob&ticket={}", ticket(address, "alice", &[]).await);
    assert_eq!(get(address, &format!("/chat/sse?{query}"), &[]).await.status(), 403, "it says who, not what they may");
}

#[tokio::test]
async fn a_connection_by_ticket_is_its_users_and_ends_when_they_do() {
    let server = server().await;
    let alice = ticket(server.address, "alice", &[]).await;
    let mut sse = Sse::open(server.address, &format!("channel=room:alice&ticket={alice}")).await;
    sse.item().await;
    server.hub.disconnect("alice").await;
    assert_eq!(sse.item().await.json()["bye"]["reason"], "denied");
    let alice = ticket(server.address, "alice", &[("x-lasts", "300")]).await;
    let mut sse = Sse::open(server.address, &format!("channel=room:alice&ticket={alice}")).await;
    sse.item().await;
    assert_eq!(sse.item().await.json()["bye"]["reason"], "expired");
}

#[tokio::test]
async fn every_refusal_of_a_ticket_is_the_same_and_says_nothing() {
    let short = with(Limits { ticket: Duration::from_millis(1), ..Limits::default() }, SECRET).await;
    let late = ticket(short.address, "alice", &[]).await;
    let foreign = ticket(with(Limits::default(), [8; 32]).await.address, "alice", &[]).await;
    let server = server().await;
    let used = ticket(server.address, "alice", &[]).await;
    assert_eq!(status(server.address, &used, &[]).await, 200);
    let elsewhere = ticket(server.address, "alice", &[("origin", "https://other.example")]).await;
    let good = ticket(server.address, "alice", &[]).await;
    let twice = format!("{good}&ticket={good}");
    let long = "A".repeat(5_000);
    let refused = "{\"type\":\"about:blank\",\"code\":\"ticket_refused\",\"status\":401,\"title\":\"Unauthorized\",\
                   \"detail\":\"the ticket is not good: ask for a new one\"}";
    for ticket in [&late, &foreign, &used, &elsewhere, &twice, &long, &good[1..], "", "x", "AAAA", "%ff", &format!("{good}A")] {
        assert_eq!(polled(server.address, ticket, &[]).await, (401, refused.to_owned()), "{ticket}");
        for endpoint in ["sse", "ws"] {
            let response = get(server.address, &format!("/chat/{endpoint}?channel=lobby&ticket={ticket}"), &UPGRADE).await;
            assert_eq!(response.headers()["www-authenticate"], "Ticket");
            assert_eq!(whole(response).await, refused, "{endpoint} {ticket}");
        }
        // Who has a ticket has no other identity: a bad one is not made good by a cookie.
        assert_eq!(status(server.address, ticket, &[("authorization", "Bearer alice")]).await, 401);
        let response = post(server.address, &format!("ticket={ticket}"), &[], r#""forbidden""#).await;
        assert_eq!(whole(response).await, refused);
    }
    assert_eq!(status(server.address, &good, &[]).await, 200, "it was tried in other forms only");
}

#[tokio::test]
async fn no_sign_of_a_ticket_can_be_changed() {
    let server = server().await;
    let good = ticket(server.address, "alice", &[]).await;
    for at in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).expect("text");
        assert_eq!(status(server.address, &changed, &[]).await, 401, "at {at}");
    }
    assert_eq!(status(server.address, &good, &[]).await, 200);
}

#[tokio::test]
async fn of_many_who_use_a_ticket_at_once_one_gets_in() {
    let server = server().await;
    let good = ticket(server.address, "alice", &[]).await;
    let tried = (0..20).map(|_| status(server.address, &good, &[]));
    let statuses = futures_util::future::join_all(tried).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 19);
}

#[tokio::test]
async fn another_node_with_the_secret_opens_it() {
    let (one, other) = (server().await, server().await);
    let given = ticket(one.address, "alice", &[]).await;
    assert_eq!(status(other.address, &given, &[]).await, 200);
    assert_eq!(status(other.address, &given, &[]).await, 401, "once");
}

#[tokio::test]
async fn a_ticket_is_good_for_requests_from_where_it_was_asked_for() {
    let server = server().await;
    let own = format!("http://{}", server.address);
    let app: &[(&str, &str)] = &[("origin", "https://app.example")];
    let own: &[(&str, &str)] = &[("origin", &own)];
    let silent: &[(&str, &str)] = &[("sec-fetch-site", "same-origin")];
    let cross: &[(&str, &str)] = &[("sec-fetch-site", "cross-site")];
    for (asked, used, good) in [
        (app, app, true),
        (app, &[("origin", "https://APP.example:443")][..], true),
        (app, &[("origin", "https://other.example")][..], false),
        (app, &[("origin", "http://app.example")][..], false),
        (app, &[("origin", "null")][..], false),
        (app, own, false),
        (app, &[], false),
        (app, silent, false),
        (own, own, true),
        // What a browser sends for an `EventSource` of the page's own host.
        (own, silent, true),
        (own, &[], true),
        (own, cross, false),
        (own, app, false),
        (&[], &[], true),
        (&[], silent, true),
        (&[], cross, false),
        (&[], own, false),
        (&[], app, false),
    ] {
        let given = ticket(server.address, "alice", asked).await;
        let status = status(server.address, &given, used).await;
        assert_eq!(status, if good { 200 } else { 401 }, "asked for with {asked:?}, used with {used:?}");
    }
}

#[tokio::test]
async fn used_tickets_are_remembered_up_to_a_limit_and_then_none_is_taken() {
    let limits =
        Limits { tickets_used: 1, ticket: Duration::from_millis(1_500), sse_retry: Duration::from_millis(100), ..Limits::default() };
    let server = with(limits, SECRET).await;
    let first = ticket(server.address, "alice", &[]).await;
    assert_eq!(status(server.address, &first, &[]).await, 200);
    let second = ticket(server.address, "alice", &[]).await;
    let response = get(server.address, &format!("/chat/poll?channel=lobby&ticket={second}"), &[]).await;
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].as_bytes()), (503, &b"1"[..]));
    assert_eq!(json(response).await["code"], "busy");
    let mut sse = Sse::open(server.address, &format!("channel=lobby&ticket={second}")).await;
    assert_eq!(sse.item().await.json()["bye"]["reason"], "busy");
    let (texts, code) = Ws::open(server.address, &format!("channel=lobby&ticket={second}")).await.close().await;
    assert_eq!((texts[0]["bye"]["reason"].as_str(), code), (Some("busy"), 1013));
    assert_eq!(status(server.address, &first, &[]).await, 401, "a used one is known all the same");
    tokio::time::sleep(Duration::from_millis(1_600)).await;
    let third = ticket(server.address, "alice", &[]).await;
    assert_eq!(status(server.address, &third, &[]).await, 200, "there is room again");
}

#[tokio::test]
async fn a_user_that_fits_into_no_url_gets_no_ticket_and_the_log_says_why() {
    let lines = super::log::capture();
    let server = server().await;
    let rooms = "r".repeat(3_500);
    let headers = [("authorization", "Bearer alice"), ("content-type", "application/json"), ("x-rooms", rooms.as_str())];
    let response = ask(server.address, "", &headers).await;
    assert_eq!(response.status(), 500);
    assert_eq!(json(response).await["code"], "internal");
    let lines = lines.lock().expect("not poisoned").clone();
    assert!(lines.iter().any(|line| line.contains("a ticket at most 4096")), "{lines:?}");
}

#[tokio::test]
async fn where_they_are_not_switched_on_there_are_none() {
    let server = Server::with(Limits::default(), |endpoints| endpoints.authorize(invited)).await;
    let headers = [("authorization", "Bearer alice"), ("content-type", "application/json")];
    assert_eq!(ask(server.address, "", &headers).await.status(), 404);
    // The parameter is the application's own then.
    assert_eq!(status(server.address, "x", &[("authorization", "Bearer alice")]).await, 200);
    let mut ws = Ws::with(server.address, "", &[("authorization", "Bearer alice")]).await.expect("an upgrade").0;
    ws.send(r#"{"ticket":"x","ref":1}"#).await;
    assert_eq!(ws.json().await["error"]["code"], "not_understood");
}

#[tokio::test]
async fn nothing_of_a_ticket_is_in_the_log_but_why_it_was_refused() {
    let lines = super::log::capture();
    let server = server().await;
    let short = with(Limits { ticket: Duration::from_millis(1), ..Limits::default() }, SECRET).await;
    let foreign = ticket(with(Limits::default(), [8; 32]).await.address, "carlotta", &[]).await;
    let late = ticket(short.address, "carlotta", &[]).await;
    let elsewhere = ticket(server.address, "carlotta", &[("origin", "https://other.example")]).await;
    let other = ticket(server.address, "dorothea", &[]).await;
    let good = ticket(server.address, "carlotta", &[]).await;
    let all = [&foreign, &late, &elsewhere, &good, "carlotta"];
    for ticket in all {
        for endpoint in ["sse", "poll", "ws", "sse"] {
            get(server.address, &format!("/chat/{endpoint}?channel=lobby&ticket={ticket}"), &UPGRADE).await;
        }
        post(server.address, &format!("ticket={ticket}"), &[], r#""forbidden""#).await;
    }
    let mut ws = Ws::with(server.address, "channel=lobby", &[("authorization", "Bearer carlotta")]).await.expect("an upgrade").0;
    ws.text().await;
    for ticket in [&other, &good] {
        ws.send(format!(r#"{{"ticket":"{ticket}","ref":1}}"#)).await;
        assert_eq!(ws.json().await["error"]["code"], "ticket_refused");
    }
    let lines = lines.lock().expect("not poisoned").clone();
    for why in ["another key", "has expired", "another origin", "used before", "no ticket", "another user's"] {
        assert!(lines.iter().any(|line| line.contains(why)), "{why}: {lines:?}");
    }
    for secret in all.iter().chain([&other.as_str()]).map(|ticket| &ticket[..ticket.len().min(24)]).chain(["carlotta", "dorothea"]) {
        assert!(!lines.iter().any(|line| line.contains(secret)), "{secret}: {lines:?}");
    }
}
