//! The limits of a hub, each reached inside the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde::{Deserialize, Serialize};
use triwire::{Hub, Item, Limits, PublishError, Realtime, Refusal, Since, SubscribeError};

/// What is published.
#[derive(Debug, Realtime, Serialize, Deserialize, schemars::JsonSchema)]
enum RoomEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String, text: String },
    #[realtime(channel = "room:{room}", volatile)]
    Typing { room: String, text: String },
}

fn hub(limits: Limits) -> Hub<RoomEvent> {
    Hub::builder().limits(limits).build()
}

fn said(room: &str, bytes: usize) -> RoomEvent {
    RoomEvent::Said { room: room.into(), text: "x".repeat(bytes) }
}

fn rooms<const N: usize>(rooms: [&str; N]) -> [RoomChannel; N] {
    rooms.map(|room| RoomChannel::room(room.to_owned()))
}

#[tokio::test]
async fn an_event_over_event_bytes_is_refused() {
    let hub = hub(Limits { event_bytes: 60, ..Limits::default() });
    hub.publish(said("a", 10)).await.expect("it fits");
    let refused = hub.publish(said("a", 60)).await;
    assert!(matches!(refused, Err(PublishError::Refused(Refusal::Large { bytes })) if bytes > 60), "{refused:?}");
}

#[tokio::test]
async fn a_subscription_over_channels_per_connection_is_refused() {
    let hub = hub(Limits { channels_per_connection: 2, ..Limits::default() });
    assert!(hub.subscribe(rooms(["a", "b", "a"]), Since::Now).is_ok(), "a repeated channel counts once");
    assert_eq!(hub.subscribe(rooms(["a", "b", "c"]), Since::Now).err(), Some(SubscribeError::Channels { limit: 2 }));
}

#[tokio::test]
async fn a_connection_over_connections_is_refused_until_another_goes() {
    let hub = hub(Limits { connections: 2, ..Limits::default() });
    let one = hub.subscribe(rooms(["a"]), Since::Now);
    let other = hub.subscribe(rooms(["a"]), Since::Now);
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(hub.subscribe(rooms(["a"]), Since::Now).err(), Some(SubscribeError::Busy));
    drop(one);
    assert!(hub.subscribe(rooms(["a"]), Since::Now).is_ok());
}

#[tokio::test]
async fn history_bytes_bounds_all_channels_together_and_the_oldest_go_first() {
    let limit = 20_000;
    let hub = hub(Limits { history_bytes: limit, ..Limits::default() });
    let start = hub.position().await;
    for number in 0..400 {
        hub.publish(said(&format!("{}", number % 40), 100)).await.expect("it is taken");
        assert!(hub.stats().history_bytes <= limit, "{:?} after {number}", hub.stats());
    }
    assert!(hub.stats().history_bytes > limit / 2, "{:?}", hub.stats());
    let mut items = hub.subscribe(rooms(["0"]), Since::At(start)).expect("there is room");
    items.next().await;
    let gap = items.next().await;
    assert!(matches!(&gap, Some(Item::Gap { gap, .. }) if gap.missed.is_some_and(|missed| missed >= 5)), "{gap:?}");
    assert!(matches!(items.next().await, Some(Item::Event { .. })), "the newest is kept");
}

#[tokio::test]
async fn a_publisher_in_a_loop_that_pays_for_room_lets_others_go_on() {
    let hub = hub(Limits { history_bytes: 2_000, ..Limits::default() });
    let turns = Arc::new(AtomicUsize::new(0));
    let beside = tokio::spawn({
        let turns = turns.clone();
        async move {
            loop {
                turns.fetch_add(1, Relaxed);
                tokio::task::yield_now().await;
            }
        }
    });
    // Without want of room it would yield once in so many.
    for number in 0..100 {
        hub.publish(said(&format!("{number}"), 1_000)).await.expect("it is taken");
    }
    let turns = turns.load(Relaxed);
    assert!(turns >= 90, "{turns} turns beside a hundred publishes, each of which made room");
    beside.abort();
}

#[tokio::test]
async fn volatile_events_take_no_more_than_history_bytes_either() {
    let limit = 20_000;
    let hub = hub(Limits { history_bytes: limit, ..Limits::default() });
    for number in 0..400 {
        let typing = RoomEvent::Typing { room: format!("{}", number % 40), text: "x".repeat(100) };
        hub.publish(typing).await.expect("it is taken");
        hub.publish(said("kept", 1)).await.expect("it is taken");
        assert!(hub.stats().history_bytes <= limit, "{:?} after {number}", hub.stats());
    }
    assert!(hub.stats().history_bytes > limit / 2, "what is new is kept: {:?}", hub.stats());
}

#[tokio::test]
async fn values_that_make_no_name_have_no_subscribers_and_no_panic() {
    let hub = hub(Limits::default());
    for room in ["", &"x".repeat(300)] {
        assert_eq!(hub.subscribers(&RoomChannel::room(room.to_owned())), 0);
        assert!(hub.subscribe(rooms([room]), Since::Now).is_err());
        assert!(hub.publish(said(room, 1)).await.is_err());
    }
}
