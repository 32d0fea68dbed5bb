//! Each limit of a connection, reached. The others are in `end` (`drain`, `finish`), `full` (`connections`) and `http2`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use futures_util::StreamExt;
use triwire::ServeLimits;

use super::app::{App, SOON};
use super::client::{Raw, within};

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_cut_after_head_and_told_why() {
    let app = App::start(ServeLimits { head: SOON, ..ServeLimits::default() }).await;
    for requests_before in [0, 1] {
        let mut client = Raw::open(app.address).await;
        for _ in 0..requests_before {
            client.get("/").await;
        }
        let began = std::time::Instant::now();
        client.send("GET / HTTP/1.1\r\nx: ").await;
        while client.is_quiet(Duration::from_millis(50)).await {
            assert!(began.elapsed() < SOON * 10, "each byte gives it no more time");
            client.send("x").await;
        }
        assert!(began.elapsed() >= SOON, "{:?}", began.elapsed());
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.header("connection")), (408, Some("close")));
    }
}

#[tokio::test]
async fn a_head_over_head_bytes_is_refused() {
    let app = App::start(ServeLimits { head_bytes: 2_000, ..ServeLimits::default() }).await;
    let of = |bytes: usize| format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(bytes));
    let mut client = Raw::open(app.address).await;
    client.send(&of(1_500)).await;
    assert_eq!(client.answer().await.status, 200);
    let mut client = Raw::open(app.address).await;
    client.send(&of(50_000)).await;
    assert_eq!(client.answer().await.status, 431);
    assert!(client.end().await.0.is_empty());
}

#[tokio::test]
async fn more_fields_than_headers_are_refused() {
    for (headers, status) in [(100, 200), (101, 431)] {
        let app = App::start(ServeLimits::default()).await;
        let mut client = Raw::open(app.address).await;
        client.send(&format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(headers))).await;
        assert_eq!(client.answer().await.status, status);
        let app = App::start(ServeLimits { headers: headers / 2, ..ServeLimits::default() }).await;
        let mut client = Raw::open(app.address).await;
        client.send(&format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(headers - headers / 2))).await;
        assert_eq!(client.answer().await.status, status);
    }
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed_after_idle() {
    for (idle, requests) in [(SOON, 0), (SOON, 1), (SOON * 5, 1)] {
        let app = App::start(ServeLimits { idle, ..ServeLimits::default() }).await;
        let mut client = Raw::open(app.address).await;
        for _ in 0..requests {
            client.get("/").await;
        }
        let (text, after) = client.end().await;
        assert_eq!(text, "");
        assert!((idle / 2..idle * 5).contains(&after), "{requests} requests, {idle:?}: {after:?}");
    }
}

#[tokio::test]
async fn a_handler_may_take_longer_than_every_wait() {
    let limits = ServeLimits { idle: SOON, head: SOON, stalled: SOON, body: SOON, ..ServeLimits::default() };
    let app = App::start(limits).await;
    assert_eq!(Raw::open(app.address).await.get("/slow/1500").await.body, "at last");
}

#[tokio::test]
async fn a_body_that_stops_fails_after_body() {
    let app = App::start(ServeLimits { body: SOON, ..ServeLimits::default() }).await;
    let mut client = Raw::open(app.address).await;
    client.send("POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 9\r\n\r\n").await;
    for _ in 0..8 {
        tokio::time::sleep(SOON / 2).await;
        client.send("x").await;
    }
    let began = std::time::Instant::now();
    assert_eq!(client.answer().await.status, 400, "as axum's extractor says it");
    assert!(began.elapsed() >= SOON / 2 && client.end().await.0.is_empty());
}

#[tokio::test]
async fn who_takes_nothing_is_cut_after_stalled_and_who_is_slow_is_not() {
    let app = App::start(ServeLimits { stalled: SOON * 2, ..ServeLimits::default() }).await;
    let mut slow = Raw::narrow(app.address).await;
    slow.send("GET /hub/sse?channel=ticks HTTP/1.1\r\nhost: test\r\n\r\n").await;
    slow.until("position").await;
    let mut none = Raw::narrow(app.address).await;
    none.send("GET /hub/sse?channel=ticks HTTP/1.1\r\nhost: test\r\n\r\n").await;
    app.connections(2).await;
    let began = std::time::Instant::now();
    while app.hub.stats().connections == 2 {
        assert!(began.elapsed() < SOON * 30, "it is cut");
        app.tick(&"x".repeat(60_000)).await;
        slow.is_quiet(Duration::from_millis(20)).await;
    }
    for _ in 0..100 {
        app.tick(&"x".repeat(60_000)).await;
        slow.is_quiet(Duration::from_millis(20)).await;
    }
    assert_eq!(app.hub.stats().connections, 1, "only one of them took nothing");
}

#[tokio::test]
async fn no_more_than_buffer_bytes_is_held_for_a_client_that_takes_nothing() {
    let (small, large) = (held(8 << 10).await, held(32 << 20).await);
    assert!(small * 4 < large, "{small} and {large} bytes were asked for");
    // Of what is not on its way yet the kernel, too, takes no more: an event in its buffers could not be overtaken.
    #[cfg(target_os = "linux")]
    assert!(small <= 256 << 10, "{small} bytes were asked for");
}

/// What a body gives before it is asked for no more; with what the kernel takes.
async fn held(buffer_bytes: usize) -> usize {
    let given = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&given);
    let piece = Bytes::from_static(&[b'x'; 64 << 10]);
    let body = move || {
        let (counted, piece) = (Arc::clone(&counted), piece.clone());
        let pieces = futures_util::stream::repeat(piece).inspect(move |piece| _ = counted.fetch_add(piece.len(), Relaxed));
        std::future::ready(Body::from_stream(pieces.map(Ok::<_, std::io::Error>)))
    };
    let app = App::with(ServeLimits { buffer_bytes, ..ServeLimits::default() }, Router::new().route("/counted", get(body))).await;
    let mut client = Raw::narrow(app.address).await;
    client.send("GET /counted HTTP/1.1\r\nhost: test\r\n\r\n").await;
    let mut before = usize::MAX;
    within(async {
        while before != given.load(Relaxed) || before == 0 {
            before = given.load(Relaxed);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    before
}

/// Whoever wants no limit writes the largest number; and a nought is a mistake, not a panic.
#[tokio::test]
async fn no_number_is_too_large_or_too_small() {
    let of = |time, count, streams| ServeLimits {
        connections: count,
        head: time,
        head_bytes: count,
        headers: count,
        idle: time,
        body: time,
        stalled: time,
        probe: time,
        buffer_bytes: count,
        http2_streams: streams,
        http2_ping: time,
        http2_pong: time,
        drain: time,
        finish: time,
    };
    let app = App::start(of(Duration::MAX, usize::MAX, u32::MAX)).await;
    let mut client = Raw::open(app.address).await;
    assert_eq!(client.get("/").await.body, "hello");
    client.send("POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\n\r\n").await;
    client.is_quiet(Duration::from_millis(50)).await;
    client.send("back").await;
    assert_eq!(client.answer().await.body, "back");
    let mut other = super::http2::Client::open(app.address).await;
    assert_eq!(other.get("/").await, "hello");
    app.stop().await;

    let app = App::start(ServeLimits { connections: 1, ..of(Duration::ZERO, 0, 0) }).await;
    assert_eq!(Raw::open(app.address).await.end().await.0, "", "closed, and that is all");
    app.stop().await;
}
