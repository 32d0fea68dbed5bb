//! WebSocket: what is asked, what is answered, and in what order.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use serde_json::{Value, json};
use triwire::{Denied, Identity, Limits, Position};

use super::chat::ChatChannel;
use super::client::{PATIENCE, Ws};
use super::server::{Server, message, quick};

fn subscribe(channel: &str, since: Option<&str>, reference: u64) -> String {
    let mut ask = json!({ "subscribe": channel, "ref": reference });
    if let Some(since) = since {
        ask["since"] = since.into();
    }
    ask.to_string()
}

fn ok(reference: impl Into<Value>, position: Position) -> Value {
    json!({ "ref": reference.into(), "ok": { "position": position.to_string() } })
}

#[tokio::test]
async fn with_channels_in_the_query_the_stream_begins_as_it_does_on_sse() {
    let server = Server::new().await;
    let first = server.say("lobby", "1").await;
    let second = server.say("lobby", "2").await;
    let mut ws = Ws::open(server.address, "channel=room:lobby").await;
    assert_eq!(ws.text().await, format!(r#"{{"position":"{second}"}}"#));
    let third = server.say("lobby", "3").await;
    assert_eq!(ws.text().await, message("lobby", "3", third));
    let mut ws = Ws::open(server.address, &format!("channel=room:lobby&since={first}")).await;
    assert_eq!(ws.text().await, format!(r#"{{"position":"{first}"}}"#));
    assert_eq!(ws.text().await, message("lobby", "2", second));
    assert_eq!(ws.text().await, message("lobby", "3", third));
}

#[tokio::test]
async fn the_subprotocol_is_answered_where_it_is_offered() {
    let server = Server::new().await;
    for (offered, answered) in [(None, None), (Some("triwire.v1"), Some("triwire.v1")), (Some("v2.other, triwire.v1"), Some("triwire.v1"))]
    {
        let headers: Vec<_> = offered.map(|offered| ("sec-websocket-protocol", offered)).into_iter().collect();
        let (_, response) = Ws::with(server.address, "", &headers).await.expect("an upgrade");
        assert_eq!(response.headers().get("sec-websocket-protocol").map(|value| value.to_str().expect("text")), answered);
    }
}

#[tokio::test]
async fn what_a_subscribe_replays_comes_before_its_ok() {
    let server = Server::new().await;
    let first = server.say("lobby", "1").await;
    let [second, third] = [server.say("lobby", "2").await, server.say("lobby", "3").await];
    let mut ws = Ws::open(server.address, "").await;
    ws.send(subscribe("room:lobby", Some(&first.to_string()), 7)).await;
    assert_eq!(ws.text().await, message("lobby", "2", second));
    assert_eq!(ws.text().await, message("lobby", "3", third));
    assert_eq!(ws.json().await, ok(7, third));
    let fourth = server.say("lobby", "4").await;
    assert_eq!(ws.text().await, message("lobby", "4", fourth));
}

#[tokio::test]
async fn a_subscribe_without_since_begins_now_and_earliest_with_all_that_is_kept() {
    let server = Server::new().await;
    let first = server.say("lobby", "1").await;
    let mut ws = Ws::open(server.address, "").await;
    ws.send(r#"{"subscribe":"room:lobby","ref":"now"}"#).await;
    assert_eq!(ws.json().await, ok("now", first));
    let second = server.say("lobby", "2").await;
    assert_eq!(ws.text().await, message("lobby", "2", second));
    let mut ws = Ws::open(server.address, "").await;
    ws.send(subscribe("room:lobby", Some("earliest"), 1)).await;
    assert_eq!(ws.text().await, message("lobby", "1", first));
    assert_eq!(ws.text().await, message("lobby", "2", second));
    assert_eq!(ws.json().await, ok(1, second));
}

#[tokio::test]
async fn subscribing_twice_is_ok_and_changes_nothing() {
    let server = Server::new().await;
    let first = server.say("lobby", "1").await;
    let mut ws = Ws::open(server.address, "channel=room:lobby").await;
    ws.text().await;
    ws.send(subscribe("room:lobby", Some("earliest"), 1)).await;
    assert_eq!(ws.json().await, ok(1, first), "no replay");
    let second = server.say("lobby", "2").await;
    assert_eq!(ws.text().await, message("lobby", "2", second), "and once");
    ws.send(subscribe("room:lobby", None, 2)).await;
    assert_eq!(ws.json().await, ok(2, second));
}

#[tokio::test]
async fn after_the_ok_of_an_unsubscribe_nothing_of_the_channel_comes() {
    let server = Server::new().await;
    let mut ws = Ws::open(server.address, "channel=room:a&channel=room:b").await;
    ws.text().await;
    ws.send(r#"{"unsubscribe":"room:a","ref":1}"#).await;
    assert_eq!(ws.json().await["ref"], 1);
    server.say("a", "not for you").await;
    let id = server.say("b", "for you").await;
    assert_eq!(ws.text().await, message("b", "for you", id));
    ws.send(r#"{"unsubscribe":"room:never","ref":2}"#).await;
    assert_eq!(ws.json().await, ok(2, id), "what was never there is left as well");
}

#[tokio::test]
async fn what_is_left_and_asked_for_again_in_one_breath_is_replayed_behind_the_ok_of_the_first() {
    let server = Server::new().await;
    let mut ws = Ws::open(server.address, "channel=room:a").await;
    ws.text().await;
    let id = server.say("a", "once").await;
    assert_eq!(ws.text().await, message("a", "once", id));
    ws.send_at_once([r#"{"unsubscribe":"room:a","ref":1}"#.to_owned(), subscribe("room:a", Some("earliest"), 2)]).await;
    assert_eq!(ws.json().await, ok(1, id), "up to here the client takes what comes for what it has left");
    assert_eq!(ws.text().await, message("a", "once", id));
    assert_eq!(ws.json().await, ok(2, id));
}

#[tokio::test]
async fn a_reference_is_a_number_or_a_string_and_comes_back_as_it_was() {
    let server = Server::new().await;
    let mut ws = Ws::open(server.address, "").await;
    for reference in [json!(0), json!(-1), json!(1.5), json!(u64::MAX), json!(""), json!("a\"b\u{1F600}")] {
        ws.send(json!({ "subscribe": "lobby", "ref": reference }).to_string()).await;
        let answer = ws.json().await;
        assert_eq!(answer["ref"], reference);
        assert!(answer["ok"]["position"].is_string());
    }
    ws.send(r#"{"subscribe":"lobby"}"#).await;
    let answer = ws.json().await;
    assert_eq!(answer.get("ref"), None, "who gives none gets none");
    assert!(answer["ok"]["position"].is_string());
}

#[tokio::test]
async fn each_thing_that_cannot_be_done_is_an_error_to_its_ref_and_the_stream_goes_on() {
    let server = Server::new().await;
    let mut ws = Ws::open(server.address, "channel=lobby").await;
    ws.text().await;
    let long = format!("room:{}", "x".repeat(251));
    let cases = [
        (json!({ "subscribe": "nothing" }), 404, "unknown_channel"),
        (json!({ "subscribe": "" }), 404, "unknown_channel"),
        (json!({ "subscribe": "room:" }), 400, "parameter_empty"),
        (json!({ "subscribe": "room:%2" }), 400, "channel_malformed"),
        (json!({ "subscribe": "room:é" }), 404, "unknown_channel"),
        (json!({ "subscribe": long }), 400, "channel_too_long"),
        (json!({ "subscribe": "lobby", "since": "nonsense" }), 400, "position_malformed"),
        (json!({ "subscribe": "lobby", "since": 5 }), 400, "position_malformed"),
        (json!({ "subscribe": "lobby", "since": "" }), 400, "parameter_empty"),
        (json!({ "unsubscribe": "nothing" }), 404, "unknown_channel"),
        (json!({ "command": { "type": "say" } }), 404, "command_unsupported"),
        (json!({ "nothing": "known" }), 400, "not_understood"),
        (json!({ "subscribe": 5 }), 400, "not_understood"),
        (json!({ "subscribe": "lobby", "unsubscribe": "lobby" }), 400, "not_understood"),
    ];
    let count = cases.len() as u64;
    for (at, (mut ask, status, code)) in cases.into_iter().enumerate() {
        ask["ref"] = at.into();
        ws.send(ask.to_string()).await;
        let answer = ws.json().await;
        assert_eq!(answer["ref"], at, "{ask}");
        assert_eq!((&answer["error"]["code"], &answer["error"]["status"]), (&code.into(), &status.into()), "{ask}");
    }
    assert_eq!(server.hub.stats().refused, count);
    server.notice("still here").await;
    assert_eq!(ws.json().await["event"]["text"], "still here");
}

#[tokio::test]
async fn the_129th_channel_is_refused_with_the_limit_named() {
    let server = Server::new().await;
    let mut ws = Ws::open(server.address, "").await;
    for at in 0..129 {
        ws.send(subscribe(&format!("room:{at}"), None, at)).await;
    }
    for at in 0..128 {
        assert_eq!(ws.json().await["ref"], at);
    }
    let answer = ws.json().await;
    assert_eq!((&answer["error"]["code"], &answer["error"]["limit"]), (&"too_many_channels".into(), &128.into()));
    ws.send(subscribe("room:5", None, 200)).await;
    assert!(ws.json().await["ok"].is_object(), "one that is there already is not one more");
    ws.send(r#"{"unsubscribe":"room:0","ref":201}"#).await;
    ws.send(subscribe("room:128", None, 202)).await;
    assert!(ws.json().await["ok"].is_object() && ws.json().await["ok"].is_object());
}

/// Says no to rooms named `no`, and takes its time over rooms named `slow`.
async fn may(asked: Asked, channel: ChatChannel) -> Result<(), Denied> {
    asked.0.fetch_add(1, SeqCst);
    match channel {
        ChatChannel::Room { room } if room == "no" => Err(Denied),
        ChatChannel::Room { room } if room.starts_with("slow") => {
            tokio::time::sleep(Duration::from_millis(800)).await;
            Ok(())
        }
        ChatChannel::Room { room } if room == "never" => std::future::pending().await,
        _ => Ok(()),
    }
}

#[derive(Clone)]
struct Asked(&'static AtomicUsize);

impl<S: Sync> axum::extract::FromRequestParts<S> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        let _ = parts;
        Ok(Self(&ASKED))
    }
}

impl Identity for Asked {
    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed("asked")
    }
}

static ASKED: AtomicUsize = AtomicUsize::new(0);

#[tokio::test]
async fn the_application_is_asked_at_every_subscribe_while_the_stream_goes_on_and_answers_keep_their_order() {
    let server = Server::with(Limits::default(), |endpoints| endpoints.authorize(may)).await;
    let mut ws = Ws::open(server.address, "channel=lobby").await;
    ws.text().await;
    let before = ASKED.load(SeqCst);
    for (at, channel) in ["room:slow", "room:no", "lobby", "room:slow2"].iter().enumerate() {
        ws.send(subscribe(channel, None, at as u64)).await;
    }
    server.notice("meanwhile").await;
    assert_eq!(ws.json().await["event"]["text"], "meanwhile", "an answer that is slow holds nothing back");
    let began = std::time::Instant::now();
    assert!(ws.json().await["ok"].is_object());
    assert_eq!(ws.json().await, json!({ "ref": 1, "error": denied() }));
    assert_eq!(ws.json().await["ref"], 2);
    assert_eq!(ws.json().await["ref"], 3);
    assert!(began.elapsed() < Duration::from_millis(1_500), "they are asked about at once");
    assert_eq!(ASKED.load(SeqCst) - before, 4, "the one that was there, too");
}

fn denied() -> Value {
    json!({
        "type": "about:blank", "code": "denied", "status": 403, "title": "Forbidden",
        "detail": "the application does not allow this channel",
    })
}

#[tokio::test]
async fn a_client_that_asks_without_end_is_not_read_until_it_is_answered() {
    let server = Server::with(Limits { inbound_waiting: 4, ..quick() }, |endpoints| endpoints.authorize(may)).await;
    let mut ws = Ws::open(server.address, "channel=lobby").await;
    ws.text().await;
    let before = ASKED.load(SeqCst);
    for at in 0..20 {
        ws.send(subscribe("room:never", None, at)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(ASKED.load(SeqCst) - before <= 4 + 4, "four of these, whatever another test asks");
    server.notice("still here").await;
    while ws.json().await["event"]["text"] != "still here" {}
}

#[tokio::test]
async fn a_subscribe_that_is_left_again_before_its_answer_is_answered_in_its_place() {
    let server = Server::with(Limits::default(), |endpoints| endpoints.authorize(may)).await;
    let mut ws = Ws::open(server.address, "").await;
    ws.send(subscribe("room:slow", None, 1)).await;
    ws.send(r#"{"unsubscribe":"room:slow","ref":2}"#).await;
    ws.send(subscribe("lobby", None, 3)).await;
    for at in 1..=3 {
        let answer = ws.json().await;
        assert_eq!(answer["ref"], at);
        assert!(answer["ok"].is_object());
    }
    server.say("slow", "not for you").await;
    server.notice("for you").await;
    assert_eq!(ws.json().await["event"]["text"], "for you");
}

#[tokio::test]
async fn silence_is_filled_with_a_position_and_a_ping_that_a_pong_answers() {
    let server = Server::with(quick(), |endpoints| endpoints).await;
    let mut ws = Ws::open(server.address, "channel=room:quiet").await;
    ws.text().await;
    let elsewhere = server.say("busy", "elsewhere").await;
    for _ in 0..6 {
        assert_eq!(ws.text().await, format!(r#"{{"position":"{elsewhere}"}}"#));
    }
}

#[tokio::test]
async fn a_batch_in_a_row_arrives_whole_and_in_order() {
    let server = Server::with(Limits { history: 10_000, ..Limits::default() }, |endpoints| endpoints).await;
    let first = server.say("lobby", "0").await;
    for at in 1..=2_000 {
        server.say("lobby", &at.to_string()).await;
    }
    let mut ws = Ws::open(server.address, &format!("channel=room:lobby&since={first}")).await;
    ws.text().await;
    tokio::time::timeout(PATIENCE, async {
        for at in 1..=2_000 {
            assert_eq!(ws.json().await["event"]["text"], at.to_string());
        }
    })
    .await
    .expect("all of them");
}
