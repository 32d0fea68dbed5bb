//! HTTP/2 with prior knowledge, at the same port.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use triwire::ServeLimits;

use super::app::{App, SOON, quick};
use super::client::{Raw, within};

pub(super) struct Client {
    sender: SendRequest<Empty<Bytes>>,
    connection: JoinHandle<hyper::Result<()>>,
    address: SocketAddr,
}

impl Client {
    pub(super) async fn open(address: SocketAddr) -> Self {
        let tcp = TcpStream::connect(address).await.expect("it connects");
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(tcp)).await.expect("HTTP/2");
        Self { sender, connection: tokio::spawn(connection), address }
    }

    fn ask(&mut self, path: &str) -> impl Future<Output = hyper::Result<Response<Incoming>>> + use<> {
        let request = Request::get(format!("http://{}{path}", self.address)).body(Empty::new()).expect("a request");
        self.sender.send_request(request)
    }

    pub(super) async fn get(&mut self, path: &str) -> String {
        text(within(self.ask(path)).await.expect("an answer")).await
    }
}

async fn text(response: Response<Incoming>) -> String {
    let bytes = within(response.into_body().collect()).await.expect("a body").to_bytes();
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[tokio::test]
async fn prior_knowledge_is_understood_and_requests_go_side_by_side() {
    let app = App::start(ServeLimits::default()).await;
    let mut client = Client::open(app.address).await;
    let slow = client.ask("/slow/200");
    assert_eq!(client.get("/").await, "hello");
    assert!(client.get("/who").await.starts_with("127.0.0.1:"));
    assert_eq!(text(within(slow).await.expect("an answer")).await, "at last");
    assert_eq!(Raw::open(app.address).await.get("/").await.body, "hello", "HTTP/1.1 at the same port");
}

/// A preface may come in pieces; and what begins like one may be something else.
#[tokio::test]
async fn the_first_bytes_decide_however_they_come() {
    let app = App::start(ServeLimits::default()).await;
    let mut client = Raw::open(app.address).await;
    for piece in ["P", "RI * HTT", "P/2.0\r\n\r\nSM\r\n", "\r\n", "\0\0\0\x04\0\0\0\0\0"] {
        client.send(piece).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Frames of SETTINGS: the type is the fourth byte (RFC 9113, section 4.1).
    assert_eq!(client.until("\x04").await.len(), 4);

    let mut client = Raw::open(app.address).await;
    client.send("P").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    client.send("OST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\nhi").await;
    assert_eq!(client.answer().await.body, "hi");
}

#[tokio::test]
async fn a_handler_that_panics_ends_its_own_request_and_the_log_says_whose() {
    let lines = super::log::capture();
    let app = App::start(ServeLimits::default()).await;
    let mut client = Client::open(app.address).await;
    let own = client.get("/who").await;
    assert!(within(client.ask("/panic")).await.is_err());
    let lines = lines.lock().expect("not poisoned").clone();
    assert!(lines.iter().any(|line| line.contains("panicked") && line.contains(&own)), "{lines:?}");
    assert_eq!(client.get("/").await, "hello", "the connection goes on");
}

#[tokio::test]
async fn more_requests_than_http2_streams_wait_for_their_turn() {
    let app = App::start(ServeLimits { http2_streams: 2, ..ServeLimits::default() }).await;
    let mut client = Client::open(app.address).await;
    client.get("/").await;
    let began = Instant::now();
    let mut asked = Vec::new();
    for _ in 0..4 {
        asked.push(tokio::spawn(client.ask("/slow/300")));
    }
    for asked in asked {
        within(asked).await.expect("no panic").expect("an answer");
    }
    assert!(began.elapsed() >= Duration::from_millis(600), "two after two: {:?}", began.elapsed());
}

#[tokio::test]
async fn who_does_not_answer_a_ping_is_closed() {
    let app = App::start(ServeLimits { http2_ping: SOON, http2_pong: SOON, ..ServeLimits::default() }).await;
    let mut client = Raw::open(app.address).await;
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    let (_, after) = client.end().await;
    assert!((SOON..SOON * 10).contains(&after), "{after:?}");
    // Who does, is not.
    let mut client = Client::open(app.address).await;
    client.get("/").await;
    tokio::time::sleep(SOON * 4).await;
    assert_eq!(client.get("/").await, "hello");
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_one_with_a_request_is_not() {
    let app = App::start(ServeLimits { idle: SOON, ..ServeLimits::default() }).await;
    let mut client = Client::open(app.address).await;
    assert_eq!(client.get("/slow/1500").await, "at last");
    assert_eq!(client.get("/").await, "hello");
    within(client.connection).await.expect("no panic").expect("it ends well");
}

#[tokio::test]
async fn who_never_ends_the_opening_is_closed() {
    let app = App::start(ServeLimits { head: SOON, ..ServeLimits::default() }).await;
    let mut client = Raw::open(app.address).await;
    client.send("PRI * HTTP/2.0\r\n").await;
    let (_, after) = client.end().await;
    assert!((SOON / 2..SOON * 10).contains(&after), "{after:?}");
}

#[tokio::test]
async fn a_shutdown_ends_streams_with_a_bye_and_lets_requests_finish() {
    let app = App::start(ServeLimits { finish: Duration::from_secs(5), ..quick() }).await;
    let mut client = Client::open(app.address).await;
    let stream = within(client.ask("/hub/sse?channel=ticks")).await.expect("an answer");
    let slow = tokio::spawn(client.ask("/slow/1000"));
    app.connections(1).await;
    let began = Instant::now();
    let serving = app.stopping();
    assert!(text(stream).await.contains(r#"{"bye":{"reason":"drain""#));
    assert_eq!(text(within(slow).await.expect("no panic").expect("an answer")).await, "at last");
    within(serving).await.expect("no panic").expect("served");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}
