//! Who is in a channel: told by whom it concerns, over every transport, and a list and what is told after it are the truth.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use triwire::{Denied, Hub, Item, Limits, Position, Realtime, Since};

use super::client::{Sse, Ws, get, json, poll, within};
use super::server::serve;
use super::user::User;

/// What happens at a place where it is told who is in, and at one where it is not.
#[derive(Debug, Clone, PartialEq, Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum PlaceEvent {
    #[realtime(channel = "room:{room}", presence)]
    Said { room: String, text: String },
    #[realtime(channel = "room:{room}", volatile)]
    Pointed { room: String, x: u32 },
    #[realtime(channel = "club:{club}", audience = "{to}", presence)]
    Whispered { club: String, to: String },
    #[realtime(channel = "street")]
    Passed,
}

pub(super) struct Place {
    pub(super) hub: Hub<PlaceEvent>,
    pub(super) address: SocketAddr,
}

/// Nobody in particular may come, too; only the banned may not.
async fn not_banned(user: User, _: PlaceChannel) -> Result<(), Denied> {
    if user.0 == "banned" { Err(Denied) } else { Ok(()) }
}

/// A debounce that no test waits out unless it says so.
fn patient() -> Limits {
    Limits { presence_debounce: Duration::from_secs(3_600), ..Limits::default() }
}

/// A debounce that is soon over.
pub(super) fn hasty() -> Limits {
    Limits { presence_debounce: Duration::from_millis(50), ..Limits::default() }
}

impl Place {
    pub(super) async fn new(limits: Limits) -> Self {
        let hub = Hub::builder().limits(limits).build();
        let endpoints = hub.endpoints().authorize(not_banned).into_router();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(serve(listener, Router::new().nest("/chat", endpoints), std::future::pending()));
        Self { hub, address }
    }

    pub(super) async fn say(&self, room: &str, text: &str) -> Position {
        self.hub.publish(PlaceEvent::Said { room: room.into(), text: text.into() }).await.expect("published").expect("a position")
    }

    async fn point(&self, room: &str, x: u32) {
        self.hub.publish(PlaceEvent::Pointed { room: room.into(), x }).await.expect("published");
    }

    fn count(&self, room: &str) -> usize {
        self.hub.presence(&PlaceChannel::room(room)).count
    }

    /// Waits until so many are in.
    pub(super) async fn until(&self, room: &str, count: usize) {
        within(async {
            while self.count(room) != count {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }
}

fn joined(channel: &str, who: &str, count: usize) -> Value {
    json!({ "channel": channel, "presence": { "joined": who, "count": count } })
}

fn left(channel: &str, who: &str, count: usize) -> Value {
    json!({ "channel": channel, "presence": { "left": who, "count": count } })
}

fn here(channel: &str, here: &[&str]) -> Value {
    json!({ "channel": channel, "presence": { "here": here, "count": here.len() } })
}

/// The next item of an SSE stream that has one of these fields: it has no `id`, for it is no place.
async fn told(sse: &mut Sse) -> Value {
    loop {
        let block = sse.item().await;
        if block.json()["presence"].is_object() {
            assert_eq!(block.field("id"), None);
            return block.json();
        }
    }
}

async fn told_ws(ws: &mut Ws) -> Value {
    loop {
        let item = ws.json().await;
        if item["presence"].is_object() {
            return item;
        }
    }
}

async fn waiting_poll(place: &Place, query: String) -> tokio::task::JoinHandle<(String, Vec<Value>)> {
    let (address, before) = (place.address, place.hub.stats().connections);
    let waiting = tokio::spawn(async move { poll(address, &query).await });
    within(async {
        while place.hub.stats().connections == before {
            tokio::task::yield_now().await;
        }
    })
    .await;
    waiting
}

#[tokio::test]
async fn several_tabs_are_one_person_and_who_comes_and_goes_is_told_on_every_transport() {
    let place = Place::new(hasty()).await;
    let mut sse = Sse::open(place.address, "channel=room:tea&user=ann").await;
    assert_eq!(told(&mut sse).await, joined("room:tea", "ann", 1));
    let mut ws = Ws::open(place.address, "user=bob").await;
    ws.send(r#"{"subscribe":"room:tea","ref":1}"#).await;
    assert_eq!(ws.json().await["ref"], 1);
    assert_eq!(told(&mut sse).await, joined("room:tea", "bob", 2));
    // More of the same, by every transport; and nobody in particular.
    let tabs = (
        Ws::open(place.address, "channel=room:tea&user=ann").await,
        Sse::open(place.address, "channel=room:tea&user=bob").await,
        Sse::open(place.address, "channel=room:tea").await,
        place.hub.subscribe([PlaceChannel::room("tea")], Since::Now).expect("subscribed"),
    );
    let (position, _) = poll(place.address, "channel=room:tea&user=cleo").await;
    assert_eq!(told(&mut sse).await, joined("room:tea", "cleo", 3));
    assert_eq!(told_ws(&mut ws).await, joined("room:tea", "cleo", 3));
    assert_eq!(told(&mut sse).await, left("room:tea", "cleo", 2), "a poll is in while its request is, and for the debounce");
    assert_eq!(told_ws(&mut ws).await, left("room:tea", "cleo", 2));
    let waiting = waiting_poll(&place, format!("channel=room:tea&since={position}&user=ann")).await;
    ws.send(r#"{"unsubscribe":"room:tea","ref":2}"#).await;
    assert_eq!(ws.json().await["ref"], 2);
    drop(tabs);
    assert_eq!(told(&mut sse).await, left("room:tea", "bob", 1), "when the last tab is gone");
    let (_, items) = waiting.await.expect("no panic");
    assert_eq!(items, [left("room:tea", "bob", 1)], "and that answers a poll");
}

#[tokio::test]
async fn a_reload_tells_nothing() {
    let place = Place::new(patient()).await;
    let mut other = Ws::open(place.address, "channel=room:tea&user=ann").await;
    assert_eq!(told_ws(&mut other).await, joined("room:tea", "ann", 1));
    for (round, wire) in ["sse", "ws", "poll"].into_iter().enumerate() {
        match wire {
            "sse" => drop(Sse::open(place.address, "channel=room:tea&user=bob").await),
            "ws" => drop(Ws::open(place.address, "channel=room:tea&user=bob").await),
            _ => drop(poll(place.address, "channel=room:tea&user=bob").await),
        }
        if round == 0 {
            assert_eq!(told_ws(&mut other).await, joined("room:tea", "bob", 2));
        }
        within(async {
            while place.hub.subscribers(&PlaceChannel::room("tea")) > 1 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
        assert_eq!(place.count("tea"), 2, "gone for a moment is not gone");
    }
    place.say("tea", "nothing before this").await;
    assert_eq!(other.json().await["event"]["text"], "nothing before this");
}

#[tokio::test]
async fn who_is_kicked_or_disconnected_is_gone_at_once() {
    let place = Place::new(patient()).await;
    let mut sse = Sse::open(place.address, "channel=room:tea&channel=room:den&user=ann&snapshot=1").await;
    let mut bob = Ws::open(place.address, "channel=room:tea&channel=room:den&user=bob").await;
    place.until("den", 2).await;
    within(place.hub.revoke("bob", &PlaceChannel::room("tea"))).await;
    assert_eq!((place.count("tea"), place.count("den")), (1, 2), "before it returns");
    within(place.hub.disconnect("bob")).await;
    assert_eq!((place.count("tea"), place.count("den")), (1, 1));
    assert_eq!(bob.close().await.1, 1008);
    // Somebody who has just closed the page.
    drop(Ws::open(place.address, "channel=room:tea&user=cleo").await);
    within(async {
        while place.hub.subscribers(&PlaceChannel::room("tea")) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    within(place.hub.revoke("cleo", &PlaceChannel::room("tea"))).await;
    let mut gone = Vec::new();
    while gone.len() < 3 {
        gone.extend(Some(told(&mut sse).await).filter(|item| item["presence"]["left"].is_string()));
    }
    assert_eq!(gone, [left("room:tea", "bob", 1), left("room:den", "bob", 1), left("room:tea", "cleo", 1)]);
    // What was taken once may be given again.
    let mut bob = Ws::open(place.address, "channel=room:tea&user=bob").await;
    assert_eq!(told_ws(&mut bob).await, joined("room:tea", "bob", 2));
}

#[tokio::test]
async fn the_list_is_in_the_snapshot_without_a_state_and_what_follows_changes_it() {
    let place = Place::new(patient()).await;
    let (ann, zoe) =
        (Ws::open(place.address, "channel=room:tea&user=ann").await, Ws::open(place.address, "channel=room:tea&user=z%C3%B6e").await);
    place.until("tea", 2).await;
    let query = "channel=room:tea&channel=street&user=ann";
    let both = here("room:tea", &["ann", "z%C3%B6e"]);
    let position = place.say("tea", "hello").await;
    let mut sse = Sse::open(place.address, &format!("{query}&snapshot=1")).await;
    assert_eq!(told(&mut sse).await, both);
    let mut ws = Ws::open(place.address, &format!("{query}&snapshot=1")).await;
    assert_eq!(told_ws(&mut ws).await, both);
    let mut asking = Ws::open(place.address, "user=ann").await;
    asking.send(r#"{"subscribe":"room:tea","snapshot":true,"ref":1}"#).await;
    let answers = [asking.json().await, asking.json().await];
    assert!(answers.contains(&both) && answers.iter().any(|answer| answer["ref"] == 1), "{answers:?}");
    let mut resumed = Sse::resume(place.address, &format!("{query}&snapshot=1"), Some(&position.to_string())).await;
    assert_eq!(resumed.item().await.json(), json!({ "position": position.to_string() }));
    assert_eq!(resumed.item().await.json(), both, "nobody was told of what went on meanwhile");
    let bob = Ws::open(place.address, "channel=room:tea&user=bob").await;
    for item in [told(&mut sse).await, told_ws(&mut ws).await, told_ws(&mut asking).await, told(&mut resumed).await] {
        assert_eq!(item, joined("room:tea", "bob", 3));
    }
    let mut plain = Sse::open(place.address, query).await;
    place.say("tea", "no list before this").await;
    plain.item().await;
    assert_eq!(plain.item().await.json()["event"]["text"], "no list before this");
    drop((ann, zoe, bob));
}

#[tokio::test]
async fn every_answer_of_a_poll_has_the_list_and_the_list_alone_is_no_answer() {
    let place = Place::new(patient()).await;
    let ann = Ws::open(place.address, "channel=room:tea&user=ann").await;
    place.until("tea", 1).await;
    let query = "channel=room:tea&user=ann&snapshot=1";
    let (position, items) = poll(place.address, query).await;
    assert_eq!(items, [here("room:tea", &["ann"])]);
    let (_, items) = poll(place.address, &format!("{query}&since={position}&wait=0")).await;
    assert_eq!(items, [here("room:tea", &["ann"])]);
    let waiting = waiting_poll(&place, format!("{query}&since={position}")).await;
    let bob = Ws::open(place.address, "channel=room:tea&user=bob").await;
    let (_, items) = waiting.await.expect("no panic");
    assert_eq!(items, [joined("room:tea", "bob", 2), here("room:tea", &["ann", "bob"])]);
    drop((ann, bob));
}

#[tokio::test]
async fn a_laggard_is_given_the_list_again() {
    let limits = Limits { volatile: 4, history: 4, stalled: Duration::from_secs(60), ..patient() };
    let place = Place::new(limits).await;
    let mut ws = Ws::open(place.address, "channel=room:tea&user=ann&snapshot=1").await;
    assert_eq!(told_ws(&mut ws).await, joined("room:tea", "ann", 1));
    assert_eq!(told_ws(&mut ws).await, here("room:tea", &["ann"]));
    // More than the kernel takes for it.
    let text = "x".repeat(256 << 10);
    for _ in 0..64 {
        place.say("tea", &text).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut others = Vec::new();
    for number in 0..9 {
        others.push(Ws::open(place.address, &format!("channel=room:tea&user=user{number}")).await);
    }
    place.until("tea", 10).await;
    let mut told = Vec::new();
    while told.last().is_none_or(|item: &Value| item["presence"]["here"].is_null()) {
        told.push(told_ws(&mut ws).await);
    }
    assert!(told.len() < 9, "it was overtaken: {told:?}");
    let names: Vec<String> = (0..9).map(|number| format!("user{number}")).collect();
    let names: Vec<&str> = std::iter::once("ann").chain(names.iter().map(String::as_str)).collect();
    assert_eq!(told.last(), Some(&here("room:tea", &names)));
}

#[tokio::test]
async fn of_many_only_the_count_is_told_now_and_then_and_the_list_when_they_are_few_again() {
    let place = Place::new(Limits { presence_listed: 3, ..hasty() }).await;
    let mut sse = Sse::open(place.address, "channel=room:tea&user=ann").await;
    let mut crowd = Vec::new();
    for number in 0..60 {
        crowd.push(Ws::open(place.address, &format!("channel=room:tea&user=user{number}")).await);
    }
    let counted = |count: usize| json!({ "channel": "room:tea", "presence": { "count": count } });
    let mut told_so_far = Vec::new();
    while told_so_far.last() != Some(&counted(61)) {
        told_so_far.push(told(&mut sse).await);
    }
    let names = told_so_far.iter().filter(|item| item["presence"]["joined"].is_string()).count();
    assert_eq!(names, 3, "{told_so_far:?}");
    assert!(told_so_far.len() < 12, "not for each who comes: {told_so_far:?}");
    let mut late = Sse::open(place.address, "channel=room:tea&user=ann&snapshot=1").await;
    assert_eq!(told(&mut late).await, counted(61));
    assert_eq!(place.hub.presence(&PlaceChannel::room("tea")).here, None);
    crowd.truncate(1);
    let few = here("room:tea", &["ann", "user0"]);
    while told(&mut sse).await != few {}
    while told(&mut late).await != few {}
    drop(crowd);
    assert_eq!(told(&mut sse).await, left("room:tea", "user0", 1), "by name again");
}

#[tokio::test]
async fn whoever_may_have_a_guarded_channel_is_told_who_is_in() {
    let place = Place::new(patient()).await;
    let mut sse = Sse::open(place.address, "channel=club:chess&user=ann&snapshot=1").await;
    assert_eq!(told(&mut sse).await, joined("club:chess", "ann", 1));
    assert_eq!(told(&mut sse).await, here("club:chess", &["ann"]));
    let bob = Ws::open(place.address, "channel=club:chess&user=bob").await;
    assert_eq!(told(&mut sse).await, joined("club:chess", "bob", 2));
    let refused = get(place.address, "/chat/sse?channel=club:chess&user=banned", &[]).await;
    assert_eq!(refused.status(), 403);
    drop(json(refused).await);
    assert_eq!(place.hub.presence(&PlaceChannel::club("chess")).count, 2, "who is refused is not in");
    drop(bob);
}

#[tokio::test]
async fn inside_the_process_it_is_typed() {
    let place = Place::new(patient()).await;
    let mut items = place.hub.subscribe([PlaceChannel::room("tea"), PlaceChannel::street()], Since::Now).expect("subscribed");
    let ann = Ws::open(place.address, "channel=room:tea&channel=street&user=ann").await;
    let presence = loop {
        match within(items.next()).await.expect("open") {
            Item::Presence { channel, presence } => break (channel, presence.joined, presence.count),
            Item::Heartbeat(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(presence, ("room:tea".to_owned(), Some("ann".to_owned()), 1));
    assert_eq!(place.hub.presence(&PlaceChannel::room("tea")).here, Some(vec!["ann".to_owned()]));
    assert_eq!(place.hub.presence(&PlaceChannel::street()).count, 0, "its template says nothing of it");
    place.point("tea", 7).await;
    assert!(matches!(within(items.next()).await, Some(Item::Event { event: PlaceEvent::Pointed { x: 7, .. }, .. })));
    drop(ann);
}

#[test]
#[should_panic(expected = "`PlaceEvent` has `presence`, and without `authorize` nobody knows who is in: write `.authorize(…)`")]
fn without_an_identity_there_is_no_presence() {
    drop(Hub::<PlaceEvent>::new().endpoints::<()>().into_router());
}

#[tokio::test]
async fn a_channel_that_nobody_is_in_any_more_is_forgotten() {
    let place = Place::new(Limits { keep: Duration::from_millis(200), ..hasty() }).await;
    let ann = Ws::open(place.address, "channel=room:tea&user=ann").await;
    assert_eq!(place.count("tea"), 1);
    drop(ann);
    place.until("tea", 0).await;
    within(async {
        while place.hub.stats().channels > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}
