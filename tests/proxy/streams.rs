//! The three transports through nginx and Caddy.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::app::App;
use super::curl::{Curl, PATIENCE};
use super::server::Proxy;

/// Far below the fifteen seconds after which a heartbeat would push held bytes out.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A test through one proxy, or a word about why there was none.
macro_rules! through {
    ($($name:ident: $start:ident, $holds:ident;)*) => {
        $(#[tokio::test]
        async fn $name() {
            let app = App::start(String::new(), |router| router);
            match Proxy::$start(stringify!($name), app.address).await {
                Some(proxy) => $holds(&app, proxy.address).await,
                None => eprintln!("skipped: the proxy is not installed"),
            }
        })*
    };
}

through! {
    bytes_of_a_stream_leave_nginx_at_once: nginx, streams_at_once;
    // By default nginx asks for HTTP/1.0 and holds back what it gets by it: only our header keeps it from that.
    bytes_of_a_stream_leave_an_nginx_that_nobody_configured_at_once: bare_nginx, streams_at_once;
    bytes_of_a_stream_leave_caddy_at_once: caddy, streams_at_once;
    a_page_of_the_same_host_opens_a_websocket_through_nginx: nginx, opens_a_websocket;
    a_page_of_the_same_host_opens_a_websocket_through_caddy: caddy, opens_a_websocket;
    a_poll_waits_through_nginx_and_is_answered_at_once: nginx, polls;
    a_poll_waits_through_caddy_and_is_answered_at_once: caddy, polls;
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

async fn opens_a_websocket(app: &App, address: SocketAddr) {
    let mut request = format!("ws://{address}/live/ws?channel=board:kitchen").into_client_request().expect("a URL");
    request.headers_mut().insert("origin", format!("http://{address}").parse().expect("a header's value"));
    let stream = TcpStream::connect(address).await.expect("the proxy listens");
    let (mut socket, _) = client_async(request, stream).await.expect("the upgrade comes through, and the origin is the host's");
    let mut next = async || {
        let message = timeout(PATIENCE, socket.next()).await.expect("it comes").expect("the socket is open").expect("a message");
        message.into_text().expect("a text").to_string()
    };
    assert!(next().await.starts_with("{\"position\":"));
    app.pin("milk").await;
    assert!(next().await.contains("\"text\":\"milk\""));
}

async fn polls(app: &App, address: SocketAddr) {
    let position = app.hub.position().await;
    let mut curl = Curl::get(address, &format!("/live/poll?channel=board:kitchen&since={position}&wait=20"));
    // It has to be waiting, or nothing is shown by the answer.
    while app.hub.stats().connections == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let begun = Instant::now();
    app.pin("milk").await;
    curl.until("\"text\":\"milk\"").await;
    assert!(begun.elapsed() < AT_ONCE, "the answer came after {:?}", begun.elapsed());
}
