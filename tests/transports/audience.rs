//! Events that not everybody in a channel may see.

use std::time::Duration;

use axum::Router;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use triwire::broker::{Answer, Broker, Memory, Publication, Sink, Tail};
use triwire::{BrokerError, Denied, Epoch, Hub, Item, Limits, Position, PublishError, Realtime, Since};

use super::client::{Sse, Ws, poll, within};
use super::user::User;

/// What happens at a table of cards.
#[derive(Debug, Clone, PartialEq, Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum CardEvent {
    /// A hand is dealt: to one.
    #[realtime(channel = "table:{table}", audience = "{to}")]
    Dealt { table: String, to: String, hand: String },
    /// A wink, to be seen by one, now.
    #[realtime(channel = "table:{table}", audience = "{to}", volatile)]
    Winked { table: String, to: String },
    /// A card is played: all see it.
    #[realtime(channel = "table:{table}")]
    Played { table: String, card: String },
    /// Of no table.
    #[realtime(channel = "news")]
    News { text: String },
}

async fn anything(_: User, _: CardChannel) -> Result<(), Denied> {
    Ok(())
}

async fn listen(app: Router) -> std::net::SocketAddr {
    super::server::listen(Router::new().nest("/chat", app)).await
}

async fn server(limits: Limits) -> (Hub<CardEvent>, std::net::SocketAddr) {
    let hub = Hub::<CardEvent>::builder().limits(limits).build();
    let endpoints = hub.endpoints().authorize(anything).visible(|user, audience| user.0 == audience);
    let address = listen(endpoints.into_router()).await;
    (hub, address)
}

async fn deal(hub: &Hub<CardEvent>, to: &str, hand: &str) -> Position {
    let event = CardEvent::Dealt { table: "1".into(), to: to.into(), hand: hand.into() };
    hub.publish(event).await.expect("published").expect("with a position")
}

async fn play(hub: &Hub<CardEvent>, card: &str) -> Position {
    let event = CardEvent::Played { table: "1".into(), card: card.into() };
    hub.publish(event).await.expect("published").expect("with a position")
}

/// What is seen: hands and cards.
fn seen(item: &Value) -> Option<String> {
    let event = &item["event"];
    event["hand"].as_str().or(event["card"].as_str()).or(event["to"].as_str()).map(str::to_owned)
}

#[tokio::test]
async fn an_event_is_shown_to_its_audience_on_every_transport_live_and_replayed() {
    let (hub, address) = server(Limits::default()).await;
    let start = hub.position().await;
    let mut live = Ws::open(address, "channel=table:1&user=ann").await;
    live.text().await;
    for card in 0..3 {
        deal(&hub, "ann", &format!("for ann {card}")).await;
        deal(&hub, "bob", &format!("for bob {card}")).await;
        hub.publish(CardEvent::Winked { table: "1".into(), to: "bob".into() }).await.expect("published");
        play(&hub, &format!("card {card}")).await;
    }
    let wanted = |name: &str| -> Vec<String> { (0..3).flat_map(|card| [format!("for {name} {card}"), format!("card {card}")]).collect() };
    let mut texts = Vec::new();
    while texts.len() < 6 {
        texts.extend(seen(&live.json().await));
    }
    assert_eq!(texts, wanted("ann"), "and no wink to bob");

    for name in ["ann", "bob"] {
        let query = format!("channel=table:1&since={start}&user={name}");
        let (_, items) = poll(address, &query).await;
        assert_eq!(items.iter().filter_map(seen).collect::<Vec<_>>(), wanted(name));
        let mut sse = Sse::open(address, &query).await;
        let mut texts = Vec::new();
        while texts.len() < 6 {
            texts.extend(seen(&sse.item().await.json()));
        }
        assert_eq!(texts, wanted(name));
        let mut ws = Ws::open(address, &format!("user={name}")).await;
        ws.send(format!(r#"{{"subscribe":"table:1","since":"{start}","ref":1}}"#)).await;
        let mut texts = Vec::new();
        loop {
            let item = ws.json().await;
            if item["ref"] == 1 {
                break;
            }
            texts.extend(seen(&item));
        }
        assert_eq!(texts, wanted(name));
    }
    let (_, items) = poll(address, &format!("channel=table:1&since={start}&user=")).await;
    assert_eq!(items.iter().filter_map(seen).collect::<Vec<_>>(), ["card 0", "card 1", "card 2"], "nobody in particular");
    let mut inside = hub.subscribe([CardChannel::table("1")], start).expect("there is room");
    let mut all = 0;
    while all < 9 {
        let item = within(inside.next()).await.expect("it goes on");
        all += usize::from(matches!(item, Item::Event { .. }));
    }
}

#[tokio::test]
async fn much_that_is_not_for_a_client_holds_nothing_back_and_is_no_gap() {
    let (hub, address) = server(Limits { batch_items: 4, history: 1_000, ..Limits::default() }).await;
    let start = hub.position().await;
    let mut ws = Ws::open(address, "channel=table:1&channel=news&user=ann").await;
    ws.text().await;
    for hand in 0..100 {
        deal(&hub, "bob", &hand.to_string()).await;
    }
    let last = play(&hub, "ace").await;
    let item = ws.json().await;
    assert_eq!((item["event"]["card"].as_str(), item["id"].as_str()), (Some("ace"), Some(&*last.to_string())));
    let (position, items) = poll(address, &format!("channel=table:1&since={start}&user=ann")).await;
    assert_eq!(items.len(), 1);
    let newest = deal(&hub, "bob", "one more").await;
    let (position, items) = poll(address, &format!("channel=table:1&since={position}&user=ann&wait=0")).await;
    assert_eq!((position, items.len()), (newest.to_string(), 0), "its position goes on all the same");
}

#[tokio::test]
async fn what_is_lost_of_such_a_channel_is_told_without_a_number() {
    let (hub, address) = server(Limits { history: 4, ..Limits::default() }).await;
    let start = hub.position().await;
    for hand in 0..10 {
        deal(&hub, "bob", &hand.to_string()).await;
        hub.publish(CardEvent::News { text: hand.to_string() }).await.expect("published");
    }
    let (_, items) = poll(address, &format!("channel=table:1&channel=news&since={start}&user=ann")).await;
    let missed: Vec<(&str, &Value)> = items
        .iter()
        .filter(|item| item["gap"].is_object())
        .map(|item| (item["channel"].as_str().expect("a channel"), &item["gap"]["missed"]))
        .collect();
    assert_eq!(missed, [("table:1", &Value::Null), ("news", &6.into())]);
}

#[tokio::test]
async fn without_visible_and_without_an_identity_nobody_is_shown_an_audience_s_events() {
    let hub = Hub::<CardEvent>::new();
    let open = listen(hub.endpoints().into_router()).await;
    let blind = listen(hub.endpoints().authorize(anything).into_router()).await;
    deal(&hub, "ann", "a hand").await;
    deal(&hub, "", "nobody's hand").await;
    play(&hub, "ace").await;
    for address in [open, blind] {
        let (_, items) = poll(address, "channel=table:1&since=earliest&user=ann").await;
        assert_eq!(items.iter().filter_map(seen).collect::<Vec<_>>(), ["ace"]);
    }
}

/// A broker that knows of no audience, as one from before, or as another program that publishes.
struct Forgetful(Memory);

impl Broker for Forgetful {
    fn open(&self, sink: Sink) -> Answer<'_, Result<Epoch, BrokerError>> {
        self.0.open(sink)
    }

    fn publish(&self, publication: Publication) -> Answer<'_, Result<Option<Position>, PublishError>> {
        self.0.publish(Publication { audience: None, ..publication })
    }

    fn attach(&self, channel: std::sync::Arc<str>) -> Answer<'_, Result<(), BrokerError>> {
        self.0.attach(channel)
    }

    fn detach(&self, channel: &std::sync::Arc<str>, dropped: u64) {
        self.0.detach(channel, dropped);
    }

    fn read(&self, channel: std::sync::Arc<str>) -> Answer<'_, Result<Tail, BrokerError>> {
        self.0.read(channel)
    }

    fn mark(&self, ticket: u64) {
        self.0.mark(ticket);
    }

    fn keeps_nothing(&self) -> bool {
        self.0.keeps_nothing()
    }
}

#[tokio::test]
async fn an_event_that_lost_its_audience_is_shown_to_nobody() {
    let hub = Hub::<CardEvent>::builder().open(Forgetful(Memory::new(16))).await.expect("it opens");
    let address = listen(hub.endpoints().authorize(anything).visible(|_, _| true).into_router()).await;
    deal(&hub, "ann", "a hand").await;
    hub.publish(CardEvent::News { text: "free".into() }).await.expect("published");
    let (_, items) = poll(address, "channel=table:1&channel=news&since=earliest&user=ann").await;
    assert_eq!(items.len(), 1, "{items:?}");
    assert_eq!(items[0]["event"]["text"], "free");
    let mut inside = hub.subscribe([CardChannel::table("1")], Since::Earliest).expect("there is room");
    let inside = tokio::time::timeout(Duration::from_secs(5), inside.next()).await.expect("in time");
    assert!(matches!(inside, Some(Item::Event { .. })), "the process itself sees all");
}
