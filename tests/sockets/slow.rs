//! Slow clients, and those that have stopped, on a socket with next to no room. Time is the test's: nothing here waits for a clock.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};
use triwire::Limits;
use triwire_tests::exact::frame;

use super::app::{App, Takes};

const NARROW: Takes = Takes { at_once: 50, many: false, room: 100 };
const HISTORY: usize = 16;
const EVENTS: usize = 400;

fn limits() -> Limits {
    Limits { history: HISTORY, stalled: Duration::from_secs(10), ws_ping: Duration::from_secs(600), ..Limits::default() }
}

/// Publishes more than the socket and the log hold.
async fn flood(app: &App) {
    for number in 0..EVENTS {
        app.tick(&format!("{number} {}", "x".repeat(200))).await;
    }
}

/// How many of these items are events or told as lost.
fn accounted(items: &[serde_json::Value]) -> usize {
    let mut next = 0;
    for item in items {
        if let Some(text) = item["event"]["Tick"]["text"].as_str() {
            assert_eq!(text.split(' ').next(), Some(&*next.to_string()), "{item}");
            next += 1;
        } else if item.get("gap").is_some() {
            assert_eq!(item["gap"]["reason"], "lagged");
            next += usize::try_from(item["gap"]["missed"].as_u64().expect("a number")).expect("few");
        }
    }
    next
}

#[tokio::test(start_paused = true)]
async fn a_websocket_that_reads_late_is_told_what_it_lost() {
    let app = App::new(limits());
    let mut client = app.connect(NARROW);
    client.upgrade("/hub/ws?channel=ticks", "").await;
    let mut items = vec![client.frame().await.json()];
    flood(&app).await;
    // Below the limit, and then again: what counts is each time that it takes nothing.
    for _ in 0..5 {
        sleep(Duration::from_secs(9)).await;
        items.push(client.frame().await.json());
    }
    while accounted(&items) < EVENTS {
        items.push(client.frame().await.json());
    }
    assert!(items.len() < EVENTS && items.iter().any(|item| item.get("gap").is_some()), "{} items", items.len());
    assert_eq!(app.hub.stats().connections, 1);
}

#[tokio::test(start_paused = true)]
async fn a_websocket_that_reads_nothing_is_let_go_at_the_limit_and_told_when_it_reads_on() {
    let app = App::new(limits());
    let mut client = app.connect(NARROW);
    client.upgrade("/hub/ws?channel=ticks", "").await;
    client.frame().await;
    flood(&app).await;
    let began = Instant::now();
    sleep(Duration::from_millis(9_900)).await;
    assert_eq!(app.hub.stats().connections, 1);
    while app.hub.stats().connections > 0 {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(began.elapsed() < Duration::from_millis(10_200), "{:?}", began.elapsed());
    let mut last = json!(null);
    let code = loop {
        let frame = client.frame().await;
        if frame.first == 0x88 {
            break frame.code();
        }
        last = frame.json();
    };
    assert_eq!((&last["bye"]["reason"], code), (&json!("stalled"), 1013));
    client.ends().await;
}

#[tokio::test(start_paused = true)]
async fn a_pong_has_its_whole_time_from_when_its_ping_was_taken() {
    let app = App::new(Limits { ws_ping: Duration::from_secs(5), ws_pong: Duration::from_secs(4), ..limits() });
    let mut client = app.connect(Takes { room: 200, ..NARROW });
    client.upgrade("/hub/ws?channel=ticks", "").await;
    client.frame().await;
    app.tick("").await;
    let without_text = client.frame().await.payload.len();
    // So that no position is due before the ping.
    sleep(Duration::from_secs(2)).await;
    // All of it is taken, and then there is no room for as much as a ping.
    app.tick(&"x".repeat(200 - 4 - without_text)).await;
    sleep(Duration::from_millis(10_900)).await;
    assert_eq!(client.frame().await.payload.len(), 200 - 4);
    assert_eq!(client.frame().await.first, 0x89);
    assert!(client.frame().await.json()["position"].is_string());
    sleep(Duration::from_secs(3)).await;
    client.send(frame(0x8a, b"")).await;
    let id = app.tick("still here").await;
    assert_eq!(client.frame().await.json()["id"], id.to_string());
    // And no more than that: the next ping has no pong.
    while client.frame().await.first != 0x89 {}
    let pinged = Instant::now();
    assert_eq!(client.frame().await.json()["bye"]["reason"], "stalled");
    assert_eq!(pinged.elapsed().as_secs(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_sse_stream_that_is_read_late_is_told_what_it_lost() {
    let app = App::new(limits());
    let mut client = app.connect(NARROW);
    client.get("/hub/sse?channel=ticks", "").await;
    client.head().await;
    let mut items = vec![client.event().await.expect("it goes on").data];
    flood(&app).await;
    sleep(Duration::from_secs(60)).await;
    while accounted(&items) < EVENTS {
        items.push(client.event().await.expect("it goes on").data);
    }
    assert_eq!(app.hub.stats().connections, 1);
}
