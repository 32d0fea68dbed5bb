//! What clients ask for: by WebSocket and by `POST`, once, and again.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use futures_util::future::join_all;
use serde_json::{Value, json};
use triwire::{Client, Denied, Hub, Identity, Item, Limits, Rejected, Since};

use super::chat::{ChatChannel, ChatCommand, ChatEvent};
use super::client::{Sse, Ws, json, poll, post, whole, within};
use super::server::Server;

/// Who says `user=NAME`.
#[derive(Clone)]
struct User(String);

impl FromRequestParts<()> for User {
    type Rejection = axum::http::StatusCode;

    async fn from_request_parts(parts: &mut Parts, (): &()) -> Result<Self, Self::Rejection> {
        let user = parts.uri.query().unwrap_or_default().split('&').find_map(|field| field.strip_prefix("user="));
        user.map(|user| Self(user.to_owned())).ok_or(axum::http::StatusCode::UNAUTHORIZED)
    }
}

impl Identity for User {
    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }
}

async fn anything(_: User, _: ChatChannel) -> Result<(), Denied> {
    Ok(())
}

/// How often a handler began.
static HANDLED: AtomicUsize = AtomicUsize::new(0);

async fn handle(client: Client<ChatEvent, User>, command: ChatCommand) -> Result<Value, Rejected> {
    HANDLED.fetch_add(1, SeqCst);
    match command {
        ChatCommand::Say { room, text } => {
            let bytes = text.len();
            client.publish(ChatEvent::Message { room, text }).await?;
            Ok(json!({ "from": client.user().0, "bytes": bytes }))
        }
        ChatCommand::Wait { room, ms } => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            client.publish(ChatEvent::Message { room, text: format!("waited {ms}") }).await?;
            Ok(json!({ "from": client.user().0, "bytes": 0 }))
        }
        ChatCommand::Forbidden => Err(Rejected::new("too_loud", "Quiet, please.")),
        ChatCommand::Panic => panic!("as the test asks"),
        ChatCommand::Broken => Err(Rejected::failure("the database is on fire")),
    }
}

async fn server(limits: Limits) -> Server {
    Server::with(limits, |endpoints| endpoints.authorize(anything).commands(handle)).await
}

fn say(room: &str, text: &str) -> Value {
    json!({ "say": { "room": room, "text": text } })
}

#[tokio::test]
async fn a_command_is_answered_by_its_ref_and_what_it_led_to_names_it() {
    let server = server(Limits::default()).await;
    let mut ws = Ws::open(server.address, "channel=room:tea&user=alice").await;
    ws.text().await;
    let mut sse = Sse::open(server.address, "channel=room:tea&user=bob").await;
    sse.item().await;
    ws.send(json!({ "command": say("tea", "hello"), "key": "k \"1\"", "ref": 7 }).to_string()).await;
    let (mut answer, mut event) = (Value::Null, Value::Null);
    while answer.is_null() || event.is_null() {
        let item = ws.json().await;
        if item["ref"] == 7 { answer = item } else { event = item }
    }
    assert_eq!(answer, json!({ "ref": 7, "ok": { "from": "alice", "bytes": 5 } }));
    assert_eq!(event["cause"], "k \"1\"");
    assert_eq!(event["event"]["text"], "hello");
    assert_eq!(sse.item().await.json(), event, "byte for byte the same on every transport");

    let response = post(server.address, "user=bob", &[("idempotency-key", "\"k2\"")], say("tea", "and to you").to_string()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(json(response).await, json!({ "from": "bob", "bytes": 10 }));
    assert_eq!(ws.json().await["cause"], "k2");
    let (_, items) = poll(server.address, "channel=room:tea&since=earliest&user=carol").await;
    assert_eq!(items.iter().map(|item| item["cause"].as_str().expect("a cause")).collect::<Vec<_>>(), ["k \"1\"", "k2"]);
    let mut inside = server.hub.subscribe([ChatChannel::room("tea")], Since::Earliest).expect("there is room");
    let Some(Item::Event { cause, .. }) = within(inside.next()).await else { panic!("an event") };
    assert_eq!(cause.as_deref(), Some("k \"1\""), "and inside the process");
    let item = &Hub::<ChatEvent>::contract().schema["$defs"]["ChatItemMessage"];
    assert_eq!(item["properties"]["cause"]["type"], "string");
    assert!(!item["required"].as_array().expect("fields").contains(&"cause".into()), "most have none");
}

#[tokio::test]
async fn a_retry_is_answered_as_the_first_was_on_every_way_in_and_does_nothing() {
    let server = server(Limits::default()).await;
    let command = say("once", "only once");
    let mut ws = Ws::open(server.address, "user=alice").await;
    ws.send(json!({ "command": command, "key": "a", "ref": 1 }).to_string()).await;
    let first = ws.json().await["ok"].clone();
    assert_eq!(first["bytes"], 9);
    ws.send(json!({ "command": command, "key": "a", "ref": 2 }).to_string()).await;
    assert_eq!(ws.json().await, json!({ "ref": 2, "ok": first }));
    let response = post(server.address, "user=alice", &[("idempotency-key", "a")], command.to_string()).await;
    assert_eq!(json(response).await, first);
    let other = post(server.address, "user=alice", &[("idempotency-key", "a")], say("once", "another").to_string()).await;
    assert_eq!(other.status(), 409);
    assert_eq!(json(other).await["code"], "key_reused");
    // The key of another identity is another key.
    let response = post(server.address, "user=bob", &[("idempotency-key", "a")], command.to_string()).await;
    assert_eq!(json(response).await["from"], "bob");
    let (_, items) = poll(server.address, "channel=room:once&since=earliest&user=alice").await;
    assert_eq!(items.len(), 2, "one of alice, one of bob: {items:?}");
}

#[tokio::test]
async fn a_refusal_is_remembered_too() {
    let server = server(Limits::default()).await;
    let before = HANDLED.load(SeqCst);
    for _ in 0..3 {
        let response = post(server.address, "user=alice", &[("idempotency-key", "no")], r#""forbidden""#).await;
        assert_eq!(response.status(), 422);
        let problem = json(response).await;
        assert_eq!(
            (&problem["code"], &problem["reason"], &problem["detail"]),
            (&"rejected".into(), &"too_loud".into(), &"Quiet, please.".into())
        );
    }
    assert!(HANDLED.load(SeqCst) > before);
}

#[tokio::test]
async fn what_cannot_be_handled_says_why() {
    let server = server(Limits { command_time: Duration::from_millis(200), inbound_bytes: 1_000, ..Limits::default() }).await;
    let big = say("a", &"x".repeat(1_000)).to_string();
    for (headers, body, status, code) in [
        (&[][..], r#"{"say":{"room":"a"}}"#, 422, "command_not_understood"),
        (&[], r#"{"shout":{}}"#, 422, "command_not_understood"),
        (&[], r#"{"say":"#, 400, "json_malformed"),
        (&[], &big, 413, "too_large"),
        (&[("idempotency-key", "")], r#""forbidden""#, 400, "key_malformed"),
        (&[], r#""panic""#, 500, "internal"),
        (&[], r#""broken""#, 500, "internal"),
        (&[], r#"{"wait":{"room":"a","ms":60000}}"#, 504, "command_late"),
    ] {
        let response = post(server.address, "user=alice", headers, body.to_owned()).await;
        assert_eq!(response.status(), status, "{body}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let text = whole(response).await;
        assert!(text.contains(&format!(r#""code":"{code}""#)), "{body}: {text}");
        assert!(!text.contains("fire"), "what is not for the client's eyes stays here");
    }
    let response = post(server.address, "user=alice", &[], r#"{"say":{"room":"a","text":5}}"#).await;
    assert_eq!(json(response).await["path"], "say.text");
    let mut ws = Ws::open(server.address, "user=alice").await;
    ws.send(r#"{"command":{"say":{"room":"a","text":5}},"ref":"x"}"#).await;
    let answer = ws.json().await;
    assert_eq!((&answer["ref"], &answer["error"]["path"], &answer["error"]["status"]), (&"x".into(), &"say.text".into(), &422.into()));
    for key in ["5", r#""""#] {
        ws.send(format!(r#"{{"command":"forbidden","key":{key},"ref":1}}"#)).await;
        assert_eq!(ws.json().await["error"]["code"], "key_malformed");
    }
    ws.send(r#"{"command":"panic","ref":2}"#).await;
    assert_eq!(ws.json().await["error"]["code"], "internal");
    ws.send(json!({ "command": say("a", "still here"), "ref": 3 }).to_string()).await;
    assert_eq!(ws.json().await["ok"]["bytes"], 10);
}

#[tokio::test]
async fn commands_of_one_connection_are_handled_in_their_order_and_hold_nothing_else_back() {
    let server = server(Limits::default()).await;
    let mut ws = Ws::open(server.address, "channel=room:row&user=alice").await;
    ws.text().await;
    ws.send_at_once([
        json!({ "command": { "wait": { "room": "row", "ms": 300 } }, "ref": 1 }).to_string(),
        json!({ "command": say("row", "second"), "ref": 2 }).to_string(),
        json!({ "subscribe": "lobby", "ref": 3 }).to_string(),
    ])
    .await;
    assert_eq!(ws.json().await["ref"], 3, "a subscribe waits for no command");
    let mut texts = Vec::new();
    let mut answers = Vec::new();
    while answers.len() < 2 || texts.len() < 2 {
        let item = ws.json().await;
        texts.extend(item["event"]["text"].as_str().map(str::to_owned));
        answers.extend(item["ref"].as_u64());
    }
    assert_eq!(texts, ["waited 300", "second"]);
    assert_eq!(answers, [1, 2]);
}

#[tokio::test]
async fn a_command_goes_on_without_its_client_and_its_retry_hears_of_it() {
    let server = server(Limits::default()).await;
    let command = json!({ "wait": { "room": "alone", "ms": 300 } });
    let mut ws = Ws::open(server.address, "user=alice").await;
    ws.send(json!({ "command": command, "key": "gone", "ref": 1 }).to_string()).await;
    drop(ws);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let response = post(server.address, "user=alice", &[("idempotency-key", "gone")], command.to_string()).await;
    assert_eq!(json(response).await["from"], "alice");
    let (_, items) = poll(server.address, "channel=room:alone&since=earliest&user=alice").await;
    assert_eq!(items.len(), 1);
}

#[tokio::test]
async fn a_hub_without_a_handler_takes_no_commands() {
    let server = Server::new().await;
    let response = post(server.address, "", &[], say("a", "b").to_string()).await;
    assert_eq!(response.status(), 404);
    assert_eq!(json(response).await["code"], "command_unsupported");
    let mut ws = Ws::open(server.address, "").await;
    ws.send(json!({ "command": say("a", "b"), "ref": 1 }).to_string()).await;
    assert_eq!(ws.json().await["error"]["code"], "command_unsupported");
}

/// The number of an effect, which no other has: an answer that is the same is of the same.
async fn counted(client: Client<ChatEvent, User>, command: ChatCommand) -> Result<Value, Rejected> {
    static EFFECTS: AtomicUsize = AtomicUsize::new(0);
    let ChatCommand::Say { room, text } = command else { return Err(Rejected::new("odd", "Say something.")) };
    let number = EFFECTS.fetch_add(1, SeqCst);
    client.publish(ChatEvent::Message { room, text }).await?;
    Ok(number.into())
}

/// A thousand commands, each sent three times over connections that are killed: each takes effect once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_retries_takes_effect_once_each() {
    let limits = Limits { history: 2_000, ..Limits::default() };
    let server = Server::with(limits, |endpoints| endpoints.authorize(anything).commands(counted)).await;
    let address = server.address;
    let clients = (0..20).map(|client| {
        tokio::spawn(async move {
            let query = format!("user=storm-{client}");
            let mut answers = Vec::new();
            for at in 0..50 {
                let command = say("storm", &format!("{client}.{at}"));
                let key = format!("key-{at}");
                let ask = json!({ "command": command, "key": key, "ref": at }).to_string();
                // Killed before it was read, or when it is answered, or in between; then again; then in another way.
                let mut ws = Ws::open(address, &query).await;
                ws.send(ask.clone()).await;
                let first = if at % 3 == 0 { Some(ws.json().await["ok"].clone()) } else { None };
                drop(ws);
                let mut ws = Ws::open(address, &query).await;
                ws.send(ask).await;
                let second = ws.json().await["ok"].clone();
                drop(ws);
                let third = json(post(address, &query, &[("idempotency-key", &key)], command.to_string()).await).await;
                assert!(first.is_none_or(|first| first == second) && second == third, "{client}.{at}");
                answers.push(third.as_u64().expect("a number"));
            }
            answers
        })
    });
    let mut answers: Vec<u64> = join_all(clients).await.into_iter().flat_map(|answers| answers.expect("no panic")).collect();
    answers.sort_unstable();
    assert_eq!(answers, (0..1_000).collect::<Vec<_>>(), "as many effects as commands, and to each its own");
    let (mut texts, mut since) = (Vec::new(), "earliest".to_owned());
    while texts.len() < 1_000 {
        let (position, items) = poll(address, &format!("channel=room:storm&since={since}&user=reader&wait=0")).await;
        assert!(!items.is_empty(), "a command is lost: {}", texts.len());
        texts.extend(items.iter().map(|item| item["event"]["text"].as_str().expect("no gap").to_owned()));
        since = position;
    }
    texts.sort();
    let mut wanted: Vec<String> = (0..20).flat_map(|client| (0..50).map(move |at| format!("{client}.{at}"))).collect();
    wanted.sort();
    assert_eq!(texts, wanted);
}
