//! The layers that applications put around their routes: compression and a timeout.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use futures_util::StreamExt as _;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::client_async;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use super::app::App;
use super::curl::{Curl, PATIENCE};

const TIMEOUT: Duration = Duration::from_millis(500);

/// As in the book, with a timeout that a test can outlast.
fn layered() -> App {
    App::start(String::new(), |router: Router| {
        router.layer(CompressionLayer::new()).layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT))
    })
}

#[tokio::test]
async fn a_stream_outlasts_the_timeout_and_is_not_compressed() {
    let app = layered();
    let mut curl = Curl::get(app.address, "/live/sse?channel=board:kitchen");
    let head = curl.until("data: {\"position\":").await;
    assert!(!head.iter().any(|line| line.to_lowercase().starts_with("content-encoding")), "{head:?}");
    sleep(TIMEOUT * 2).await;
    app.pin("milk").await;
    curl.until("milk").await;
}

#[tokio::test]
async fn a_websocket_outlasts_the_timeout() {
    let app = layered();
    let stream = TcpStream::connect(app.address).await.expect("it listens");
    let url = format!("ws://{}/live/ws?channel=board:kitchen", app.address);
    let (mut socket, _) = client_async(url, stream).await.expect("the upgrade comes through");
    socket.next().await.expect("the opening").expect("a message");
    sleep(TIMEOUT * 2).await;
    app.pin("milk").await;
    let message = timeout(PATIENCE, socket.next()).await.expect("it comes").expect("the socket is open").expect("a message");
    assert!(message.into_text().expect("a text").contains("milk"));
}

#[tokio::test]
async fn a_poll_is_compressed_and_must_be_shorter_than_the_timeout() {
    let app = layered();
    let position = app.hub.position().await;
    app.pin("milk").await;
    let answer = Curl::get(app.address, &format!("/live/poll?channel=board:kitchen&since={position}")).rest().await;
    let answer = String::from_utf8_lossy(&answer).to_lowercase();
    assert!(answer.contains("content-encoding: gzip"), "{answer}");

    let position = app.hub.position().await;
    let mut curl = Curl::get(app.address, &format!("/live/poll?channel=board:kitchen&since={position}&wait=20"));
    curl.until(" 504 ").await;
}
