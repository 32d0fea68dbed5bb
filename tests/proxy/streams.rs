//! The three transports through nginx.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::app::App;
use super::curl::{Curl, PATIENCE};
use super::nginx::Nginx;

/// Far below the fifteen seconds after which a heartbeat would push held bytes out.
const AT_ONCE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn bytes_of_a_stream_leave_nginx_at_once() {
    let app = App::start(String::new(), |router| router);
    let Some(nginx) = Nginx::start("streams-sse", app.address).await else { return eprintln!("skipped: nginx is not installed") };
    streams_at_once(&app, nginx.address).await;
}

/// By default nginx asks for HTTP/1.0 and holds back what it gets by it: only our header keeps it from that.
#[tokio::test]
async fn bytes_of_a_stream_leave_an_nginx_that_nobody_configured_at_once() {
    let app = App::start(String::new(), |router| router);
    let Some(nginx) = Nginx::bare("streams-bare", app.address).await else { return eprintln!("skipped: nginx is not installed") };
    streams_at_once(&app, nginx.address).await;
}

async fn streams_at_once(app: &App, address: SocketAddr) {
    let begun = Instant::now();
    let mut curl = Curl::get(address, "/live/sse?channel=board:kitchen");
    let head = curl.until("retry: ").await;
    assert!(head[0].contains(" 200 "), "{head:?}");
    curl.until("data: {\"position\":").await;
    assert!(begun.elapsed() < AT_ONCE, "the opening came after {:?}", begun.elapsed());
    for text in ["milk", "bread"] {
        let begun = Instant::now();
        app.pin(text).await;
        curl.until(text).await;
        assert!(begun.elapsed() < AT_ONCE, "an event came after {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_page_of_the_same_host_opens_a_websocket_through_nginx() {
    let app = App::start(String::new(), |router| router);
    let Some(nginx) = Nginx::start("streams-ws", app.address).await else { return eprintln!("skipped: nginx is not installed") };
    let url = format!("ws://{}/live/ws?channel=board:kitchen", nginx.address);
    let mut request = url.into_client_request().expect("a URL");
    let origin = format!("http://{}", nginx.address);
    request.headers_mut().insert("origin", origin.parse().expect("a header's value"));
    let stream = TcpStream::connect(nginx.address).await.expect("nginx listens");
    let (mut socket, _) = client_async(request, stream).await.expect("the upgrade comes through, and the origin is the host's");
    let mut next = async || {
        let message = timeout(PATIENCE, socket.next()).await.expect("it comes").expect("the socket is open").expect("a message");
        message.into_text().expect("a text").to_string()
    };
    assert!(next().await.starts_with("{\"position\":"));
    app.pin("milk").await;
    assert!(next().await.contains("\"text\":\"milk\""));
}

#[tokio::test]
async fn a_poll_waits_through_nginx_and_is_answered_at_once() {
    let app = App::start(String::new(), |router| router);
    let Some(nginx) = Nginx::start("streams-poll", app.address).await else { return eprintln!("skipped: nginx is not installed") };
    let position = app.hub.position().await;
    let mut curl = Curl::get(nginx.address, &format!("/live/poll?channel=board:kitchen&since={position}&wait=20"));
    // It has to be waiting, or nothing is shown by the answer.
    while app.hub.stats().connections == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let begun = Instant::now();
    app.pin("milk").await;
    curl.until("\"text\":\"milk\"").await;
    assert!(begun.elapsed() < AT_ONCE, "the answer came after {:?}", begun.elapsed());
}
