//! HTTP/1.1: connections that are kept, requests that come at once, upgrades, and who is on the other end.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use triwire::ServeLimits;

use super::app::{App, quick};
use super::client::{Raw, within};

#[tokio::test]
async fn a_connection_is_kept_from_request_to_request_also_when_it_has_rested() {
    let app = App::start(ServeLimits::default()).await;
    let mut client = Raw::open(app.address).await;
    for pause in [0, 20, 1_500, 0, 20] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let answer = client.get("/").await;
        assert_eq!((answer.status, &*answer.body), (200, "hello"), "after {pause} ms");
        assert_eq!(answer.header("connection"), None);
    }
    client.send("GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").await;
    assert_eq!(client.answer().await.header("connection"), Some("close"));
    assert_eq!(client.end().await.0, "");
}

#[tokio::test]
async fn requests_that_come_at_once_are_answered_in_their_order() {
    let app = App::start(ServeLimits::default()).await;
    let mut client = Raw::open(app.address).await;
    let (slow, quick) = ("GET /slow/100 HTTP/1.1\r\nhost: test\r\n\r\n", "GET / HTTP/1.1\r\nhost: test\r\n\r\n");
    let posted = "POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\n\r\nback";
    // The last but for its last byte: it is read with the others, and is not lost when the connection rests.
    client.send(&format!("{slow}{posted}{quick}{}", &quick[..quick.len() - 1])).await;
    for body in ["at last", "back", "hello"] {
        assert_eq!(client.answer().await.body, body);
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    client.send("\n").await;
    assert_eq!(client.answer().await.body, "hello");
}

#[tokio::test]
async fn a_handler_knows_the_address_of_its_client() {
    let app = App::start(ServeLimits::default()).await;
    let mut client = Raw::open(app.address).await;
    let own = client.tcp.local_addr().expect("an address").to_string();
    assert_eq!(client.get("/who").await.body, own);
}

#[tokio::test]
async fn a_websocket_is_upgraded_and_told_of_the_end() {
    let app = App::start(quick()).await;
    let (mut socket, _) =
        within(tokio_tungstenite::connect_async(format!("ws://{}/hub/ws?channel=ticks", app.address))).await.expect("an upgrade");
    within(socket.next()).await.expect("open").expect("a position");
    app.tick("one").await;
    assert!(within(socket.next()).await.expect("open").expect("an item").to_string().contains("one"));
    socket.send(Message::text(r#"{"unsubscribe":"ticks","ref":7}"#)).await.expect("sent");
    assert!(within(socket.next()).await.expect("open").expect("an answer").to_string().contains('7'));
    let serving = app.stopping();
    assert!(within(socket.next()).await.expect("open").expect("a bye").to_string().contains("drain"));
    let Message::Close(Some(close)) = within(socket.next()).await.expect("open").expect("a close") else { panic!("a close") };
    assert_eq!(u16::from(close.code), 1012);
    within(serving).await.expect("no panic").expect("served");
}

#[tokio::test]
async fn a_handler_that_panics_ends_its_own_connection_and_no_other_and_the_log_says_whose() {
    let lines = super::log::capture();
    let app = App::start(ServeLimits::default()).await;
    let mut other = Raw::open(app.address).await;
    other.get("/").await;
    let mut client = Raw::open(app.address).await;
    client.send("GET /panic HTTP/1.1\r\nhost: test\r\n\r\n").await;
    let own = client.tcp.local_addr().expect("an address").to_string();
    assert_eq!(client.end().await.0, "");
    let lines = lines.lock().expect("not poisoned").clone();
    assert!(lines.iter().any(|line| line.contains("panicked") && line.contains(&own)), "{lines:?}");
    assert_eq!(other.get("/").await.body, "hello");
    assert_eq!(Raw::open(app.address).await.get("/").await.body, "hello");
}
