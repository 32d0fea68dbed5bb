//! A Unix socket under `axum::serve`: every transport is what it is on TCP.

use std::future::IntoFuture as _;
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use triwire::Limits;
use triwire_tests::exact::{Exact, frame};

use super::app::App;

/// The socket's file, until this is dropped.
struct Path(PathBuf);

impl Drop for Path {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn listen(app: &App, name: &str) -> Path {
    let path = Path(std::env::temp_dir().join(format!("triwire-{}-{name}", std::process::id())));
    let listener = UnixListener::bind(&path.0).expect("it listens");
    tokio::spawn(axum::serve(listener, app.router.clone()).into_future());
    path
}

async fn connect(path: &Path) -> Exact<UnixStream> {
    Exact::over(UnixStream::connect(&path.0).await.expect("it connects"))
}

/// One batch of many, and one that is far more than the socket takes at a time.
async fn floods(app: &App) -> usize {
    for number in 0..200 {
        app.tick(&format!("{number} {}", "x".repeat(number))).await;
    }
    app.tick(&format!("200 {}", "x".repeat(1_000_000))).await;
    201
}

fn is_number(item: &serde_json::Value, number: usize) {
    let text = item["event"]["Tick"]["text"].as_str().expect("an event");
    assert_eq!(text.split(' ').next(), Some(&*number.to_string()));
}

#[tokio::test]
async fn a_websocket_has_all_and_either_side_may_close() {
    let app = App::new(Limits::default());
    let path = listen(&app, "ws");
    let (mut one, mut other) = (connect(&path).await, connect(&path).await);
    for client in [&mut one, &mut other] {
        client.upgrade("/hub/ws?channel=ticks", "").await;
        client.frame().await;
    }
    let events = floods(&app).await;
    for client in [&mut one, &mut other] {
        for number in 0..events {
            is_number(&client.frame().await.json(), number);
        }
    }
    one.send(frame(0x88, &1000u16.to_be_bytes())).await;
    assert_eq!(one.frame().await.code(), 1000);
    one.ends().await;
    let hub = app.hub.clone();
    let draining = tokio::spawn(async move { hub.drain(Duration::from_millis(100)).await });
    assert_eq!(other.frame().await.json()["bye"]["reason"], "drain");
    assert_eq!(other.frame().await.code(), 1012);
    draining.await.expect("no panic");
    assert_eq!(app.hub.stats().connections, 0);
}

#[tokio::test]
async fn an_sse_stream_and_a_poll_have_all() {
    let app = App::new(Limits::default());
    let path = listen(&app, "sse");
    let mut sse = connect(&path).await;
    sse.get("/hub/sse?channel=ticks", "").await;
    sse.head().await;
    let since = sse.event().await.expect("it goes on").id.expect("a position");
    let events = floods(&app).await;
    for number in 0..events {
        is_number(&sse.event().await.expect("it goes on").data, number);
    }
    let mut poll = connect(&path).await;
    poll.get(&format!("/hub/poll?channel=ticks&since={since}"), "").await;
    let length = poll.head().await.field("content-length").and_then(|length| length.parse().ok()).expect("a length");
    let answer: serde_json::Value = serde_json::from_slice(&poll.take(length).await).expect("JSON");
    is_number(&answer["items"][0], 0);
    app.hub.drain(Duration::from_millis(100)).await;
    assert_eq!(sse.event().await.expect("a bye").data["bye"]["reason"], "drain");
    assert_eq!(sse.event().await, None);
}
