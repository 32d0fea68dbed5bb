//! A new identity over a WebSocket, in place.

use std::time::Duration;

use axum::Router;
use futures_util::SinkExt;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use triwire::{Denied, Hub, Limits, Realtime, TicketSecret};

use super::client::{Ws, get};
use super::server::{Server, listen};
use super::tickets::{SECRET, User, server, ticket, with};

/// A WebSocket of this user.
async fn open(server: &Server, name: &str, query: &str, headers: &[(&'static str, &str)]) -> Ws {
    let bearer = format!("Bearer {name}");
    let headers = [&[("authorization", bearer.as_str())], headers].concat();
    let mut ws = Ws::with(server.address, query, &headers).await.expect("an upgrade").0;
    if query.contains("channel=") {
        ws.text().await;
    }
    ws
}

fn renew(ticket: &str, reference: u64) -> String {
    json!({ "ticket": ticket, "ref": reference }).to_string()
}

fn ended(room: &str) -> Value {
    json!({ "channel": format!("room:{room}"), "end": { "reason": "denied" } })
}

#[tokio::test]
async fn a_ticket_of_the_same_user_goes_on_where_the_old_identity_ends() {
    let server = server().await;
    let mut ws = open(&server, "alice", "channel=room:alice", &[("x-lasts", "600")]).await;
    let position = server.say("alice", "before").await;
    ws.send(renew(&ticket(server.address, "alice", &[]).await, 1)).await;
    assert_eq!(ws.json().await["event"]["text"], "before");
    assert_eq!(ws.json().await, json!({ "ref": 1, "ok": { "position": position.to_string() } }));
    tokio::time::sleep(Duration::from_millis(700)).await;
    server.say("alice", "after").await;
    assert_eq!(ws.json().await["event"]["text"], "after");
    // And the new one's end is the connection's.
    ws.send(renew(&ticket(server.address, "alice", &[("x-lasts", "300")]).await, 2)).await;
    assert_eq!(ws.json().await["ref"], 2);
    let (texts, code) = ws.close().await;
    assert_eq!((texts[0]["bye"]["reason"].as_str(), code), (Some("expired"), 4401));
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_by_renewals_in_the_middle_of_a_stream() {
    let server = server().await;
    let mut ws = open(&server, "alice", "channel=room:alice", &[]).await;
    let hub = server.hub.clone();
    let publisher = tokio::spawn(async move {
        for at in 0..300 {
            let event = super::chat::ChatEvent::Message { room: "alice".into(), text: at.to_string() };
            hub.publish(event).await.expect("published");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let (mut next, mut renewed) = (0, 0);
    while next < 300 {
        if next / 15 > renewed {
            renewed += 1;
            ws.send(renew(&ticket(server.address, "alice", &[]).await, renewed)).await;
        }
        let item = ws.json().await;
        assert_eq!(item.get("error"), None);
        if let Some(text) = item["event"]["text"].as_str() {
            assert_eq!(text, next.to_string());
            next += 1;
        }
    }
    assert!(renewed > 10);
    publisher.await.expect("no panic");
}

#[tokio::test]
async fn a_ticket_of_another_user_or_a_bad_one_is_refused_and_the_connection_goes_on_as_it_was() {
    let server = with(Limits { ticket: Duration::from_millis(400), ..Limits::default() }, SECRET).await;
    let late = ticket(server.address, "alice", &[]).await;
    tokio::time::sleep(Duration::from_millis(450)).await;
    let used = ticket(server.address, "alice", &[]).await;
    let mut ws = open(&server, "alice", &format!("channel=room:alice&ticket={used}"), &[]).await;
    let bob = ticket(server.address, "bob", &[]).await;
    let elsewhere = ticket(server.address, "alice", &[("origin", "https://app.example")]).await;
    let trap = ticket(server.address, "alice", &[("x-rooms", "trap")]).await;
    for ticket in [&bob, &late, &used, &elsewhere, &trap, "x", ""] {
        ws.send(renew(ticket, 1)).await;
        let answer = ws.json().await;
        assert_eq!((&answer["error"]["code"], &answer["error"]["status"]), (&"ticket_refused".into(), &401.into()), "{ticket}");
    }
    ws.send(r#"{"command":"forbidden","ref":2}"#).await;
    assert_eq!(ws.json().await, json!({ "ref": 2, "ok": "alice " }));
    server.say("alice", "still here").await;
    assert_eq!(ws.json().await["event"]["text"], "still here");
    server.hub.disconnect("alice").await;
    assert_eq!(ws.close().await.1, 1008);
}

#[tokio::test]
async fn a_ticket_is_of_the_origin_of_the_upgrade() {
    let server = server().await;
    let app = ("origin", "https://app.example");
    let mut ws = open(&server, "alice", "", &[app]).await;
    ws.send(renew(&ticket(server.address, "alice", &[app]).await, 1)).await;
    assert!(ws.json().await["ok"]["position"].is_string());
    ws.send(renew(&ticket(server.address, "alice", &[]).await, 2)).await;
    assert_eq!(ws.json().await["error"]["code"], "ticket_refused");
}

#[tokio::test]
async fn every_channel_is_asked_about_again_and_what_is_refused_is_left() {
    let server = server().await;
    let mut ws = open(&server, "alice", "channel=room:alice&channel=room:tea&channel=room:den", &[("x-rooms", "tea,den")]).await;
    // `authorize` panics about the den: that is a no, too.
    let fewer = ticket(server.address, "alice", &[("x-rooms", "cellar,den!")]).await;
    ws.send(renew(&fewer, 1)).await;
    let mut told = [ws.json().await, ws.json().await];
    told.sort_by_key(|item| item["channel"].to_string());
    assert_eq!(told, [ended("den"), ended("tea")]);
    assert!(ws.json().await["ok"]["position"].is_string());
    for room in ["tea", "den", "alice"] {
        server.say(room, room).await;
    }
    assert_eq!(ws.json().await["event"]["text"], "alice");
    ws.send(r#"{"command":"forbidden","ref":2}"#).await;
    assert_eq!(ws.json().await, json!({ "ref": 2, "ok": "alice cellar+den!" }), "a command is the new identity's");
}

/// However it is sent, what stands behind a renewal is asked of the new identity, and what stands before it of the old.
#[tokio::test]
async fn what_is_asked_behind_a_renewal_is_asked_of_the_new_identity() {
    let server = server().await;
    server.say("tea", "before").await;
    let mut ws = open(&server, "alice", "", &[("x-rooms", "tea")]).await;
    let other = ticket(server.address, "alice", &[("x-rooms", "den")]).await;
    ws.send_at_once([
        r#"{"subscribe":"room:den","ref":1}"#.to_owned(),
        r#"{"subscribe":"room:tea","since":"earliest","ref":2}"#.to_owned(),
        renew(&other, 3),
        r#"{"subscribe":"room:tea","ref":4}"#.to_owned(),
        r#"{"subscribe":"room:den","ref":5}"#.to_owned(),
    ])
    .await;
    let mut answers = Vec::new();
    let mut items = Vec::new();
    while answers.len() < 5 {
        let text = ws.json().await;
        if text.get("ref").is_some() { answers.push(text) } else { items.push(text) }
    }
    let denied: Vec<bool> = answers.iter().map(|answer| answer["error"]["code"] == "denied").collect();
    assert_eq!(denied[..1], [true]);
    assert_eq!(denied[2..], [false, true, false], "{answers:?}");
    assert!(items.contains(&ended("tea")), "{items:?}");
    server.say("tea", "not any more").await;
    server.say("den", "here").await;
    assert_eq!(ws.json().await["event"]["text"], "here");
}

#[tokio::test]
async fn a_client_that_goes_in_the_middle_of_its_renewal_leaves_nothing_behind() {
    let server = server().await;
    for _ in 0..20 {
        let mut ws = open(&server, "alice", "channel=room:alice", &[]).await;
        let ticket = ticket(server.address, "alice", &[]).await;
        ws.0.send(Message::Text(renew(&ticket, 1).into())).await.expect("sent");
        drop(ws);
    }
    super::client::within(async {
        while server.hub.stats().connections > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// What is not for everybody.
#[derive(Realtime, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum LetterEvent {
    /// To those who have a room.
    #[realtime(channel = "letters", audience = "{to}")]
    Letter { to: String },
}

async fn anything(_: User, _: LetterChannel) -> Result<(), Denied> {
    Ok(())
}

#[tokio::test]
async fn the_new_identity_is_shown_what_is_for_it_and_nothing_that_was_for_the_old() {
    let hub = Hub::<LetterEvent>::new();
    let endpoints = hub.endpoints().authorize(anything).visible(|user: &User, to| user.rooms.iter().any(|room| room == to));
    let app = Router::new().nest("/chat", endpoints.tickets(&TicketSecret::from(SECRET)).into_router());
    let address = listen(app).await;
    let write = async |to: &str| hub.publish(LetterEvent::Letter { to: to.to_owned() }).await.map(drop).expect("published");

    let mut ws =
        Ws::with(address, "channel=letters", &[("authorization", "Bearer alice"), ("x-rooms", "tea")]).await.expect("an upgrade").0;
    ws.text().await;
    for to in ["den", "tea"] {
        write(to).await;
    }
    assert_eq!(ws.json().await["event"]["to"], "tea");
    ws.send(renew(&ticket(address, "alice", &[("x-rooms", "den")]).await, 1)).await;
    assert_eq!(ws.json().await["ref"], 1);
    for to in ["tea", "den"] {
        write(to).await;
    }
    assert_eq!(ws.json().await["event"]["to"], "den");

    let of_another_hub = ticket(server().await.address, "alice", &[]).await;
    let response = get(address, &format!("/chat/poll?channel=letters&ticket={of_another_hub}"), &[]).await;
    assert_eq!(response.status(), 401, "whoever has the same secret");
}
