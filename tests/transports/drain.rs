//! How a hub ends: every client is told, on its transport, and the server then returns.

use std::time::{Duration, Instant};

use axum::Router;
use tokio::net::TcpListener;
use triwire::{Hub, Limits};

use super::chat::ChatEvent;
use super::client::{Sse, Ws, get, json, poll, whole};
use super::server::{Server, serve};

#[tokio::test]
async fn each_transport_is_told_and_what_the_log_has_is_sent_before() {
    let server = Server::new().await;
    let mut sse = Sse::open(server.address, "channel=room:lobby").await;
    let mut ws = Ws::open(server.address, "channel=room:lobby").await;
    let opening = sse.item().await;
    ws.text().await;
    let since = opening.field("id").expect("an id").to_owned();
    let address = server.address;
    let waiting = tokio::spawn(async move { poll(address, &format!("channel=room:none&since={since}&wait=25")).await });
    while server.hub.stats().connections < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let last = server.say("lobby", "last").await;
    server.hub.drain(Duration::from_secs(2)).await;
    assert_eq!(server.hub.stats().connections, 0, "it returns when all have ended");

    assert_eq!(sse.item().await.field("id"), Some(&*last.to_string()));
    let bye = sse.block().await.expect("a bye");
    assert_eq!(bye.json()["bye"]["reason"], "drain");
    assert_eq!(bye.field("retry").map(str::to_owned), Some(bye.json()["bye"]["retry_ms"].to_string()));
    assert_eq!(bye.field("id"), None);
    assert_eq!(sse.block().await, None);

    let (items, code) = ws.close().await;
    assert_eq!(code, 1012);
    assert_eq!((&items[0]["id"], &items[1]["bye"]["reason"]), (&last.to_string().into(), &"drain".into()));

    let (position, items) = waiting.await.expect("an answer");
    assert_eq!(position, last.to_string());
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["bye"]["reason"], "drain");
}

#[tokio::test]
async fn who_comes_to_a_draining_hub_is_told_in_the_way_its_client_understands() {
    let server = Server::new().await;
    server.hub.drain(Duration::ZERO).await;
    let text = whole(get(server.address, "/chat/sse?channel=lobby", &[]).await).await;
    assert!(text.starts_with("retry: ") && text.contains(r#"data: {"bye":{"reason":"drain","#), "{text}");
    let (items, code) = Ws::open(server.address, "channel=lobby").await.close().await;
    assert_eq!((&items[0]["bye"]["reason"], code), (&"drain".into(), 1012));
    let response = get(server.address, "/chat/poll?channel=lobby", &[]).await;
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(json(response).await["code"], "draining");
    assert_eq!(get(server.address, "/chat/schema.json", &[]).await.status(), 200, "the contract is there to the end");
}

#[tokio::test]
async fn after_a_drain_a_graceful_shutdown_returns() {
    let hub = Hub::<ChatEvent>::builder().limits(Limits::default()).build();
    let app = Router::new().nest("/chat", hub.endpoints().into_router());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (end, ending) = tokio::sync::oneshot::channel::<()>();
    let drained = hub.clone();
    let shutdown = async move {
        ending.await.expect("told");
        drained.drain(Duration::from_millis(500)).await;
    };
    let serving = tokio::spawn(serve(listener, app, shutdown));
    let mut streams = Vec::new();
    let mut sockets = Vec::new();
    for _ in 0..20 {
        streams.push(Sse::open(address, "channel=lobby").await);
        sockets.push(Ws::open(address, "channel=lobby").await);
    }
    end.send(()).expect("listening");
    let began = Instant::now();
    serving.await.expect("no panic");
    assert!(began.elapsed() < Duration::from_secs(2));
    let mut ends = Vec::new();
    for mut ws in sockets {
        let (items, code) = ws.close().await;
        assert_eq!(code, 1012);
        ends.push(items.last().expect("a bye")["bye"]["retry_ms"].as_u64().expect("a number"));
    }
    ends.sort_unstable();
    ends.dedup();
    assert!(ends.len() > 10, "they come back spread: {ends:?}");
}

#[tokio::test]
async fn a_reader_that_takes_nothing_does_not_hold_up_the_drain_and_is_told_once_it_reads_on() {
    let server = Server::new().await;
    let mut sse = Sse::open(server.address, "channel=room:lobby").await;
    sse.item().await;
    let text = "x".repeat(60_000);
    for _ in 0..400 {
        server.say("lobby", &text).await;
    }
    let began = Instant::now();
    server.hub.drain(Duration::from_millis(500)).await;
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(server.hub.stats().connections, 1, "it took nothing, so it could not be told");
    let mut last = sse.item().await;
    while let Some(block) = sse.block().await {
        last = block;
    }
    assert_eq!(last.json()["bye"]["reason"], "drain", "once it reads on, it is");
}
