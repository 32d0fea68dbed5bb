//! The state of a channel, before its events: a client that applies both has the server's state, whatever is cut or lost.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::watch;
use triwire::{Limits, Position};

use super::client::{Sse, Ws, get, json, poll, within};
use super::counts::{Count, CountChannel, Counts};
use super::user::User;

fn state(name: &str, total: u64, position: impl std::fmt::Display) -> Value {
    json!({ "channel": format!("count:{name}"), "snapshot": { "total": total, "whose": "" }, "position": position.to_string() })
}

fn by(item: &Value) -> Option<u64> {
    item["event"]["by"].as_u64()
}

/// The state that is there now, given once the gate is open.
async fn once_open(mut gate: watch::Receiver<bool>, counts: Counts, channel: CountChannel) -> (Count, Option<Position>) {
    let state = counts.state(channel).await;
    gate.wait_for(|open| *open).await.expect("it opens");
    state
}

#[tokio::test]
async fn a_client_that_asks_gets_the_state_first_and_then_the_events_after_it_on_every_transport() {
    let counts = Counts::new(Limits::default());
    let address = counts.exact().await;
    counts.add("a", 1).await;
    let position = counts.add("a", 2).await;
    let query = "channel=count:a&snapshot=1";

    let mut sse = Sse::open(address, query).await;
    let mut ws = Ws::open(address, query).await;
    let block = sse.item().await;
    assert_eq!((block.json(), block.field("id")), (state("a", 3, position), None));
    let opening = sse.item().await;
    assert_eq!((opening.json(), opening.field("id")), (json!({ "position": position.to_string() }), Some(&*position.to_string())));
    assert_eq!(ws.json().await, state("a", 3, position));
    assert_eq!(ws.json().await, json!({ "position": position.to_string() }));
    assert_eq!(poll(address, query).await, (position.to_string(), vec![state("a", 3, position)]));
    assert_eq!(poll(address, &format!("{query}&wait=0")).await, (position.to_string(), vec![state("a", 3, position)]));

    counts.add("a", 4).await;
    assert_eq!(by(&sse.item().await.json()), Some(4));
    assert_eq!(by(&ws.json().await), Some(4));
    let (_, items) = poll(address, &format!("{query}&since={position}")).await;
    assert_eq!(items.iter().map(by).collect::<Vec<_>>(), [Some(4)], "who has a position resumes");
    let mut sse = Sse::resume(address, query, Some(&position.to_string())).await;
    assert_eq!(sse.item().await.json()["position"], position.to_string());
    assert_eq!(by(&sse.item().await.json()), Some(4));
}

#[tokio::test]
async fn a_subscribe_gets_the_state_before_its_ok_and_the_others_go_on_meanwhile() {
    let counts = Counts::new(Limits::default());
    let (open, gate) = watch::channel(false);
    let address = counts.gives(move |counts, channel| once_open(gate.clone(), counts, channel)).await;
    let mut ws = Ws::open(address, "channel=count:other").await;
    ws.text().await;
    let position = counts.add("a", 1).await;
    ws.send(r#"{"subscribe":"count:a","snapshot":true,"ref":1}"#).await;
    counts.asked_for(1).await;
    counts.add("a", 2).await;
    counts.add("other", 7).await;
    assert_eq!(by(&ws.json().await), Some(7), "it waits for nobody's state");
    open.send_replace(true);
    assert_eq!(ws.json().await, state("a", 1, position));
    assert_eq!(by(&ws.json().await), Some(2));
    assert_eq!(ws.json().await["ref"], 1);
    counts.add("a", 3).await;
    assert_eq!(by(&ws.json().await), Some(3));
    ws.send(r#"{"subscribe":"count:b","snapshot":1,"ref":2}"#).await;
    assert_eq!(ws.json().await["error"]["code"], "snapshot_malformed");
}

#[tokio::test]
async fn without_a_position_of_the_application_s_an_event_may_stand_in_both_and_none_in_neither() {
    let counts = Counts::new(Limits::default());
    let given = |counts: Counts, channel| async move {
        // What comes between the position that was read and the state.
        counts.add("a", 10).await;
        counts.state(channel).await.0
    };
    let address = counts.gives(given).await;
    let before = counts.add("a", 1).await;
    let mut sse = Sse::open(address, "channel=count:a&snapshot=1").await;
    assert_eq!(sse.item().await.json(), state("a", 11, before));
    assert_eq!(sse.item().await.json()["position"], before.to_string());
    assert_eq!(by(&sse.item().await.json()), Some(10), "in both");
}

#[tokio::test]
async fn a_gap_is_followed_by_the_state_and_no_position_passes_it_before() {
    let counts = Counts::new(Limits { history: 4, ..Limits::default() });
    let address = counts.exact().await;
    let start = counts.add("a", 1).await;
    for _ in 0..10 {
        counts.add("a", 1).await;
    }
    let newest = counts.add("a", 1).await;
    let told = |items: &[Value]| {
        assert_eq!(items[0]["gap"]["missed"], 7, "{items:?}");
        assert_eq!(items[1], state("a", 12, newest));
        assert_eq!(items[2], json!({ "position": newest.to_string() }));
    };
    let query = format!("channel=count:a&snapshot=1&since={start}");
    let (position, items) = poll(address, &query).await;
    assert_eq!((position, items.len()), (newest.to_string(), 3));
    told(&items);
    let (mut sse, mut ws) = (Sse::open(address, &query).await, Ws::open(address, &query).await);
    assert_eq!(sse.item().await.json()["position"], start.to_string());
    assert_eq!(ws.json().await["position"], start.to_string());
    told(&[sse.item().await.json(), sse.item().await.json(), sse.item().await.json()]);
    told(&[ws.json().await, ws.json().await, ws.json().await]);
    ws.send(r#"{"unsubscribe":"count:a"}"#).await;
    ws.text().await;
    ws.send(format!(r#"{{"subscribe":"count:a","since":"{start}","snapshot":true,"ref":1}}"#)).await;
    assert_eq!(ws.json().await["gap"]["missed"], 7);
    assert_eq!(ws.json().await, state("a", 12, newest));
    assert_eq!(ws.json().await["ref"], 1);
    // Of a store that is no more: nothing can be resumed, so everything is given.
    let (position, items) = poll(address, "channel=count:a&snapshot=1&since=zzz-5").await;
    assert_eq!((position, items[0]["gap"]["reason"].as_str()), (newest.to_string(), Some("reset")));
    assert_eq!(&items[1..], [state("a", 12, newest), json!({ "position": newest.to_string() })]);
    let (_, items) = poll(address, &format!("channel=count:a&since={start}")).await;
    assert_eq!((items.len(), by(&items[1])), (5, Some(1)), "who did not ask is given the rest");
}

#[tokio::test]
async fn between_a_reset_and_its_state_no_answer_and_no_heartbeat_has_a_position_that_passes_the_reset() {
    let counts = Counts::new(Limits { ws_ping: Duration::from_millis(50), ..Limits::default() });
    let (open, gate) = watch::channel(false);
    let address = counts.gives(move |counts, channel| once_open(gate.clone(), counts, channel)).await;
    let newest = counts.add("a", 1).await;
    let mut ws = Ws::open(address, "channel=count:a&channel=count:b&snapshot=1&since=zzz-5").await;
    assert_eq!(ws.json().await["position"], "zzz-5");
    for _ in ["a", "b"] {
        assert_eq!(ws.json().await["gap"]["reason"], "reset");
    }
    counts.asked_for(2).await;
    ws.send(r#"{"unsubscribe":"count:b","ref":1}"#).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    open.send_replace(true);
    assert_eq!(ws.json().await, state("a", 1, newest));
    assert_eq!(ws.json().await, json!({ "position": newest.to_string() }));
    assert_eq!(ws.json().await, json!({ "ref": 1, "ok": { "position": newest.to_string() } }));
}

#[tokio::test]
async fn a_state_that_is_behind_what_the_client_had_is_asked_for_again() {
    let counts = Counts::new(Limits { history: 4, ..Limits::default() });
    let stale = Arc::new(Mutex::new(None));
    let first = stale.clone();
    let given = move |counts: Counts, channel| {
        let first = first.clone();
        async move {
            let now = counts.state(channel).await;
            first.lock().expect("not poisoned").take().unwrap_or(now)
        }
    };
    let address = counts.gives(given).await;
    let start = counts.add("a", 1).await;
    *stale.lock().expect("not poisoned") = Some((Count { total: 1, whose: String::new() }, Some(start)));
    for _ in 0..9 {
        counts.add("a", 1).await;
    }
    let newest = counts.add("a", 1).await;
    let (_, items) = poll(address, &format!("channel=count:a&snapshot=1&since={start}")).await;
    assert_eq!(items[1], state("a", 11, newest));
    assert_eq!(counts.asked.load(Relaxed), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_who_ask_in_the_same_moment_are_one_asking_or_a_few() {
    let counts = Counts::new(Limits::default());
    let given = |counts: Counts, channel| async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        counts.state(channel).await
    };
    let address = counts.gives(given).await;
    let position = counts.add("a", 1).await;
    let clients = (0..1_000).map(|number| async move {
        if number % 2 == 0 {
            Sse::open(address, "channel=count:a&snapshot=1").await.item().await.json()
        } else {
            Ws::open(address, "channel=count:a&snapshot=1").await.json().await
        }
    });
    for item in join_all(clients).await {
        assert_eq!(item, state("a", 1, position));
    }
    let asked = counts.asked.load(Relaxed);
    assert!((1..=20).contains(&asked), "{asked} times");
}

#[tokio::test]
async fn each_user_has_a_state_of_their_own_and_nobody_who_may_not_have_the_channel() {
    let counts = Counts::new(Limits::default());
    let given = counts.clone();
    let address = counts
        .listen(move |endpoints| {
            let may = async |user: User, _: CountChannel| if user.0 == "eve" { Err(triwire::Denied) } else { Ok(()) };
            endpoints.authorize(move |user, channel| Box::pin(may(user, channel))).snapshot(move |user: User, _: CountChannel| {
                given.asked.fetch_add(1, Relaxed);
                async move {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    Count { total: 0, whose: user.0 }
                }
            })
        })
        .await;
    let names = ["ann", "bob", "ann", "", "", "bob"];
    let clients = names.map(|name| async move { poll(address, &format!("channel=count:a&snapshot=1&user={name}")).await.1 });
    for (name, items) in names.iter().zip(join_all(clients).await) {
        assert_eq!(items[0]["snapshot"]["whose"], *name);
    }
    assert_eq!(counts.asked.load(Relaxed), 4, "ann, bob, and two who are nobody in particular");
    assert_eq!(get(address, "/chat/poll?channel=count:a&snapshot=1&user=eve", &[]).await.status(), 403);
    assert_eq!(counts.asked.load(Relaxed), 4);
}

#[tokio::test]
async fn a_channel_that_is_revoked_while_its_state_is_taken_gives_none() {
    let counts = Counts::new(Limits::default());
    let (given, may) = (counts.clone(), Arc::new(Mutex::new(true)));
    let (open, gate) = watch::channel(false);
    let address = {
        let may = may.clone();
        counts.listen(move |endpoints| {
            endpoints
                .authorize(move |_: User, _: CountChannel| {
                    std::future::ready(if *may.lock().expect("not poisoned") { Ok(()) } else { Err(triwire::Denied) })
                })
                .snapshot(move |_: User, channel: CountChannel| once_open(gate.clone(), given.clone(), channel))
        })
    }
    .await;
    let mut ws = Ws::open(address, "channel=count:a&channel=count:b&snapshot=1&user=ann").await;
    counts.asked_for(2).await;
    *may.lock().expect("not poisoned") = false;
    within(counts.hub.revoke("ann", &CountChannel::count("a"))).await;
    assert_eq!(ws.json().await, json!({ "channel": "count:a", "end": { "reason": "denied" } }));
    open.send_replace(true);
    let item = ws.json().await;
    assert_eq!((item["channel"].as_str(), item["snapshot"]["total"].as_u64()), (Some("count:b"), Some(0)));
}

#[tokio::test]
async fn a_state_that_cannot_be_had_ends_the_stream_and_nothing_else() {
    let counts = Counts::new(Limits { snapshot_time: Duration::from_millis(300), ..Limits::default() });
    let address = counts
        .listen(|endpoints| {
            endpoints.snapshot(async |CountChannel::Count { name }: CountChannel| match &*name {
                "panics" => panic!("on purpose"),
                "slow" => std::future::pending().await,
                _ => Count::default(),
            })
        })
        .await;
    let mut other = Ws::open(address, "channel=count:fine&snapshot=1").await;
    assert_eq!(other.json().await["snapshot"]["total"], 0);
    other.text().await;
    for name in ["panics", "slow"] {
        let query = format!("channel=count:{name}&snapshot=1");
        let mut sse = Sse::open(address, &query).await;
        assert_eq!(sse.item().await.json()["bye"]["reason"], "busy");
        assert_eq!(sse.block().await, None);
        let (texts, code) = Ws::open(address, &query).await.close().await;
        assert_eq!((texts[0]["bye"]["reason"].as_str(), code), (Some("busy"), 1013), "{name}");
        let response = get(address, &format!("/chat/poll?{query}"), &[]).await;
        assert_eq!((response.status().as_u16(), json(response).await["code"].as_str()), (503, Some("busy")));
    }
    counts.add("fine", 1).await;
    assert_eq!(by(&other.json().await), Some(1));
}

#[test]
fn a_state_is_a_part_of_the_contract_and_no_heartbeat() {
    let schema = triwire::Hub::<super::counts::CountEvent>::contract().schema;
    let (snapshot, heartbeat) = (&schema["$defs"]["CountItemSnapshot"], &schema["$defs"]["CountItemHeartbeat"]);
    assert_eq!(snapshot["required"], json!(["channel", "snapshot", "position"]));
    assert_eq!(snapshot["properties"]["snapshot"], json!({ "$ref": "#/$defs/Count" }));
    assert_eq!(heartbeat["not"], json!({ "required": ["snapshot"] }));
}

#[tokio::test]
async fn a_hub_that_gives_no_states_says_so() {
    let counts = Counts::new(Limits::default());
    let address = counts.listen(|endpoints| endpoints).await;
    let response = get(address, "/chat/sse?channel=count:a&snapshot=1", &[]).await;
    assert_eq!((response.status().as_u16(), json(response).await["code"].as_str()), (404, Some("snapshot_unsupported")));
    for query in ["snapshot=2", "snapshot=true", "snapshot=1&snapshot=1"] {
        let response = get(address, &format!("/chat/poll?channel=count:a&{query}"), &[]).await;
        assert_eq!(json(response).await["code"], "snapshot_malformed", "{query}");
    }
    let mut ws = Ws::open(address, "").await;
    ws.send(r#"{"subscribe":"count:a","snapshot":true,"ref":1}"#).await;
    assert_eq!(ws.json().await["error"]["code"], "snapshot_unsupported");
}
