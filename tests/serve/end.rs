//! The end of a server: it returns, whatever its clients do, and nobody who listens is left without a word.

use std::future::IntoFuture;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use triwire::{Hub, ServeLimits, Since};

use super::app::{App, SOON, TickChannel, TickEvent, quick};
use super::client::{Raw, within};

#[tokio::test]
async fn an_idle_server_ends_at_once_and_its_port_is_free() {
    let app = App::start(ServeLimits::default()).await;
    let address = app.address;
    let mut idle = Raw::open(address).await;
    idle.get("/").await;
    let mut rested = Raw::open(address).await;
    rested.get("/").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let _fresh = Raw::open(address).await;
    let took = app.stop().await;
    assert!(took < SOON, "{took:?}");
    assert_eq!((idle.end().await.0, rested.end().await.0), (String::new(), String::new()));
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens");
}

#[tokio::test]
async fn every_transport_is_told_and_then_it_returns() {
    let app = App::start(ServeLimits { finish: Duration::from_secs(5), ..quick() }).await;
    let address = app.address;
    let mut sse = Raw::open(address).await;
    sse.send("GET /hub/sse?channel=ticks HTTP/1.1\r\nhost: test\r\n\r\n").await;
    let opening = sse.until("\n\n").await;
    let position = opening.split_once("{\"position\":\"").and_then(|(_, rest)| rest.split('"').next()).expect("a position").to_owned();
    let mut poll = Raw::open(address).await;
    poll.send(&format!("GET /hub/poll?channel=ticks&since={position}&wait=30 HTTP/1.1\r\nhost: test\r\n\r\n")).await;
    app.connections(2).await;
    let took = app.stop().await;
    assert!(took < SOON * 3, "{took:?}");
    let (stream, _) = sse.end().await;
    assert!(stream.contains(r#"{"bye":{"reason":"drain""#) && stream.ends_with("0\r\n\r\n"), "the stream ends as it should: {stream}");
    let answer = poll.answer().await;
    assert!(answer.status == 200 && answer.body.contains("drain"), "{answer:?}");
    assert_eq!(answer.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_request_in_flight_is_answered() {
    let app = App::start(ServeLimits { finish: Duration::from_secs(5), ..quick() }).await;
    let mut client = Raw::open(app.address).await;
    client.send("GET /slow/500 HTTP/1.1\r\nhost: test\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let took = app.stop().await;
    assert!((Duration::from_millis(300)..Duration::from_secs(3)).contains(&took), "{took:?}");
    let answer = client.answer().await;
    assert_eq!((&*answer.body, answer.header("connection")), ("at last", Some("close")));
}

#[tokio::test]
async fn what_takes_longer_than_finish_is_cut() {
    let app = App::start(quick()).await;
    let mut client = Raw::open(app.address).await;
    client.send("GET /slow/60000 HTTP/1.1\r\nhost: test\r\n\r\n").await;
    let mut half = Raw::open(app.address).await;
    half.send("GET / HTTP/1.1\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let took = app.stop().await;
    assert!((SOON..SOON * 5).contains(&took), "{took:?}");
    assert_eq!((client.end().await.0, half.end().await.0), (String::new(), String::new()));
}

#[tokio::test]
async fn a_client_that_never_reads_does_not_hold_it_up() {
    let app = App::start(quick()).await;
    let mut client = Raw::narrow(app.address).await;
    client.send("GET /hub/sse?channel=ticks HTTP/1.1\r\nhost: test\r\n\r\n").await;
    let mut endless = Raw::narrow(app.address).await;
    endless.send("GET /endless HTTP/1.1\r\nhost: test\r\n\r\n").await;
    app.connections(1).await;
    for _ in 0..200 {
        app.tick(&"x".repeat(60_000)).await;
    }
    let took = app.stop().await;
    assert!((SOON * 2..SOON * 8).contains(&took), "as long as `drain` and `finish`: {took:?}");
}

#[tokio::test]
async fn a_request_that_came_before_the_end_is_answered() {
    let app = App::start(ServeLimits { finish: Duration::from_secs(5), ..quick() }).await;
    let mut client = Raw::open(app.address).await;
    client.get("/").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    // The client's bytes and the end are there in one moment: this test's thread runs neither of the server's tasks between.
    client.tcp.try_write(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n").expect("it is taken");
    std::thread::sleep(Duration::from_millis(50));
    app.stop().await;
    assert_eq!(client.answer().await.body, "hello");
}

#[tokio::test]
async fn several_hubs_are_drained_side_by_side() {
    let hubs = [Hub::<TickEvent>::new(), Hub::new()];
    let app = Router::new().nest("/0", hubs[0].endpoints().into_router()).nest("/1", hubs[1].endpoints().into_router());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let limits = ServeLimits { drain: Duration::from_secs(1), ..ServeLimits::default() };
    let serve = triwire::serve(listener, app).drain(&hubs[0]).drain(&hubs[1]).limits(limits).shutdown(stopped);
    let serving = tokio::spawn(serve.into_future());
    let mut streams = Vec::new();
    let mut held = Vec::new();
    for (hub, path) in hubs.iter().zip(["/0/sse", "/1/sse"]) {
        let mut stream = Raw::open(address).await;
        stream.send(&format!("GET {path}?channel=ticks HTTP/1.1\r\nhost: test\r\n\r\n")).await;
        stream.until("position").await;
        streams.push(stream);
        // A reader that reads nothing, so that each drain takes its whole time.
        held.push(hub.subscribe([TickChannel::ticks()], Since::Now).expect("there is room"));
    }
    stop.send(()).expect("it serves");
    let began = std::time::Instant::now();
    within(serving).await.expect("no panic").expect("served");
    let took = began.elapsed();
    assert!((Duration::from_secs(1)..Duration::from_millis(1_900)).contains(&took), "{took:?}");
    for mut stream in streams {
        assert!(stream.end().await.0.contains("drain"));
    }
}

#[tokio::test]
async fn a_server_that_is_dropped_cuts_its_connections() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let serving = tokio::spawn(triwire::serve(listener, Router::new()).into_future());
    let mut client = Raw::open(address).await;
    assert_eq!(client.get("/").await.status, 404);
    serving.abort();
    assert_eq!(client.end().await.0, "");
}
