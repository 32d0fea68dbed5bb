//! Who may: the application's extractor and its answer, and which pages may come here.

use std::borrow::Cow;
use std::sync::Mutex;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use hyper::Version;
use triwire::{Denied, Hub, Identity, Limits};

use super::chat::{ChatChannel, ChatEvent};
use super::client::{Sse, Ws, get, poll, request, send, whole};
use super::server::{Server, listen};

/// Who has a ticket `ticket=NAME`; the state says whose are taken.
#[derive(Clone)]
struct User(String);

impl FromRequestParts<State> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Response> {
        let ticket = parts.uri.query().unwrap_or_default().split('&').find_map(|field| field.strip_prefix("ticket="));
        let ticket = ticket.ok_or_else(|| (StatusCode::UNAUTHORIZED, [("www-authenticate", "Ticket")], "who are you?").into_response())?;
        if ticket == state.banned {
            return Err((StatusCode::FORBIDDEN, "not you").into_response());
        }
        Ok(Self(ticket.to_owned()))
    }
}

impl Identity for User {
    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }
}

#[derive(Clone)]
struct State {
    banned: &'static str,
}

/// A user may have the room of their own name, until it is closed.
async fn own_room(user: User, channel: ChatChannel) -> Result<(), Denied> {
    let open = !CLOSED.lock().expect("not poisoned").contains(&user.0);
    if open && channel == (ChatChannel::Room { room: user.0 }) { Ok(()) } else { Err(Denied) }
}

static CLOSED: Mutex<Vec<String>> = Mutex::new(Vec::new());

async fn guarded() -> Server {
    let hub = Hub::<ChatEvent>::new();
    let endpoints = hub.endpoints().authorize(own_room).into_router();
    let app = Router::new().nest("/chat", endpoints).with_state(State { banned: "mallory" });
    Server { hub, address: listen(app).await }
}

const UPGRADE: [(&str, &str); 4] = [
    ("connection", "upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

#[tokio::test]
async fn the_rejection_of_the_extractor_is_the_answer_as_the_application_wrote_it() {
    let server = guarded().await;
    for endpoint in ["sse", "poll", "ws"] {
        let response = get(server.address, &format!("/chat/{endpoint}?channel=room:alice"), &UPGRADE).await;
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["www-authenticate"], "Ticket");
        assert_eq!(whole(response).await, "who are you?");
        let response = get(server.address, &format!("/chat/{endpoint}?channel=room:alice&ticket=mallory"), &UPGRADE).await;
        assert_eq!(response.status(), 403);
        assert_eq!(whole(response).await, "not you");
    }
    assert_eq!(server.hub.stats().refused, 6);
}

#[tokio::test]
async fn one_channel_that_is_not_allowed_refuses_the_request() {
    let server = guarded().await;
    for endpoint in ["sse", "poll", "ws"] {
        let query = "channel=room:alice&channel=room:bob&ticket=alice";
        assert_eq!(get(server.address, &format!("/chat/{endpoint}?{query}"), &UPGRADE).await.status(), 403);
    }
}

#[tokio::test]
async fn the_application_is_asked_again_at_every_resume_poll_and_subscribe() {
    let server = guarded().await;
    let query = "channel=room:carol&ticket=carol";
    let mut sse = Sse::open(server.address, query).await;
    let id = sse.item().await.field("id").expect("an id").to_owned();
    let (position, _) = poll(server.address, query).await;
    let mut ws = Ws::open(server.address, query).await;
    ws.text().await;
    CLOSED.lock().expect("not poisoned").push("carol".to_owned());
    assert_eq!(get(server.address, &format!("/chat/sse?{query}"), &[("last-event-id", &id)]).await.status(), 403);
    assert_eq!(get(server.address, &format!("/chat/poll?{query}&since={position}"), &[]).await.status(), 403);
    ws.send(r#"{"subscribe":"room:carol","ref":1}"#).await;
    assert_eq!(ws.json().await["error"]["code"], "denied");
    server.say("carol", "not for you").await;
    ws.send(r#"{"unsubscribe":"room:carol","ref":2}"#).await;
    assert_eq!(ws.json().await["ref"], 2, "a channel that is denied is left");
}

async fn options(server: &Server, origin: &str) -> axum::http::Response<hyper::body::Incoming> {
    let headers = [("origin", origin), ("access-control-request-method", "GET"), ("access-control-request-headers", "last-event-id")];
    let request = request(Version::HTTP_11, server.address, "OPTIONS", "/chat/sse?channel=lobby", &headers);
    send(Version::HTTP_11, server.address, request).await
}

#[tokio::test]
async fn cors_is_for_allowed_origins_only() {
    let server = Server::with(Limits::default(), |endpoints| endpoints.allow_origins(["https://app.example/"])).await;
    let response = options(&server, "https://app.example").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["access-control-allow-origin"], "https://app.example");
    assert_eq!(response.headers()["access-control-allow-credentials"], "true");
    assert_eq!(response.headers()["access-control-allow-headers"], "last-event-id,content-type,idempotency-key");
    assert_eq!(response.headers()["access-control-allow-methods"], "GET,POST");
    let response = options(&server, "https://evil.example").await;
    assert!(!response.headers().contains_key("access-control-allow-origin"));

    for (origin, allowed) in [("https://app.example", true), ("https://evil.example", false)] {
        for path in ["/chat/sse?channel=lobby", "/chat/poll?channel=lobby", "/chat/schema.json", "/chat/poll?channel=nothing"] {
            let response = get(server.address, path, &[("origin", origin)]).await;
            assert_eq!(response.headers().contains_key("access-control-allow-origin"), allowed, "{origin} {path}");
        }
    }

    let server = Server::new().await;
    let response = options(&server, "https://app.example").await;
    assert_eq!(response.status(), 405, "nobody is allowed");
    assert!(!response.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn nothing_of_a_query_is_in_the_log() {
    let lines = super::log::capture();
    let server = guarded().await;
    for endpoint in ["sse", "poll", "ws"] {
        for query in ["channel=room:alice&ticket=secret", "channel=%ff&ticket=secret", "channel=nothing&ticket=secret", "ticket=secret"] {
            get(server.address, &format!("/chat/{endpoint}?{query}"), &UPGRADE).await;
        }
    }
    let lines = lines.lock().expect("not poisoned");
    assert!(lines.iter().any(|line| line.contains("unknown_channel")), "the reason is: {lines:?}");
    assert!(!lines.iter().any(|line| line.contains("secret")), "{lines:?}");
}
