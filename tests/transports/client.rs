//! The clients of these tests: HTTP/1.1 and HTTP/2 by hyper, plain bytes by a socket, WebSocket by tungstenite.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub(super) const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("within the patience of a test")
}

/// One request on a connection of its own.
pub(super) async fn send(version: Version, address: SocketAddr, request: Request<Full<Bytes>>) -> Response<Incoming> {
    let stream = TokioIo::new(TcpStream::connect(address).await.expect("connects"));
    within(async {
        if version == Version::HTTP_2 {
            let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.expect("HTTP/2");
            tokio::spawn(connection);
            sender.send_request(request).await.expect("an answer")
        } else {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.expect("HTTP/1.1");
            tokio::spawn(connection.with_upgrades());
            sender.send_request(request).await.expect("an answer")
        }
    })
    .await
}

pub(super) fn request(version: Version, address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let uri = if version == Version::HTTP_2 { format!("http://{address}{path}") } else { path.to_owned() };
    let mut request = Request::builder().method(method).uri(uri).version(version);
    if version != Version::HTTP_2 {
        request = request.header("host", address.to_string());
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::default()).expect("a request")
}

pub(super) async fn get_by(version: Version, address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Response<Incoming> {
    send(version, address, request(version, address, "GET", path, headers)).await
}

pub(super) async fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Response<Incoming> {
    get_by(Version::HTTP_11, address, path, headers).await
}

/// A command by `POST`, with these headers beside `content-type`.
pub(super) async fn post(address: SocketAddr, query: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Response<Incoming> {
    let headers = [headers, &[("content-type", "application/json")]].concat();
    let request = request(Version::HTTP_11, address, "POST", &format!("/chat/commands?{query}"), &headers);
    send(Version::HTTP_11, address, request.map(|_| Full::new(body.into()))).await
}

/// A response whole.
pub(super) async fn whole(response: Response<Incoming>) -> String {
    let body = within(response.into_body().collect()).await.expect("a body").to_bytes();
    String::from_utf8(body.to_vec()).expect("UTF-8")
}

pub(super) async fn json(response: Response<Incoming>) -> Value {
    serde_json::from_str(&whole(response).await).expect("JSON")
}

pub(super) async fn poll(address: SocketAddr, query: &str) -> (String, Vec<Value>) {
    let response = get(address, &format!("/chat/poll?{query}"), &[]).await;
    assert_eq!(response.status(), 200, "{query}");
    let mut answer = json(response).await;
    let items = answer["items"].take().as_array().expect("items").clone();
    (answer["position"].as_str().expect("a position").to_owned(), items)
}

/// An SSE client that knows as much as the standard asks: fields of blocks.
pub(super) struct Sse {
    body: Incoming,
    text: String,
}

/// One dispatched block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) fields: Vec<(String, String)>,
}

impl Block {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn data(&self) -> &str {
        self.field("data").expect("a block with data")
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(self.data()).expect("JSON")
    }
}

impl Sse {
    pub(super) fn of(response: Response<Incoming>) -> Self {
        assert_eq!(response.status(), 200);
        Self { body: response.into_body(), text: String::new() }
    }

    pub(super) async fn open(address: SocketAddr, query: &str) -> Self {
        Self::resume(address, query, None).await
    }

    pub(super) async fn resume(address: SocketAddr, query: &str, last: Option<&str>) -> Self {
        let headers: Vec<_> = last.into_iter().map(|last| ("last-event-id", last)).collect();
        Self::of(get(address, &format!("/chat/sse?{query}"), &headers).await)
    }

    /// The next block, `retry` included; none at the end.
    pub(super) async fn block(&mut self) -> Option<Block> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let fields = block.lines().map(|line| line.split_once(": ").expect("a field")).map(|(n, v)| (n.to_owned(), v.to_owned()));
                let block = Block { fields: fields.collect() };
                self.text = rest.to_owned();
                return Some(block);
            }
            let Some(frame) = within(self.body.frame()).await else {
                assert_eq!(self.text, "", "the stream ends between blocks");
                return None;
            };
            let frame = frame.expect("a frame").into_data().expect("bytes");
            self.text.push_str(std::str::from_utf8(&frame).expect("UTF-8"));
        }
    }

    /// The next block with data.
    pub(super) async fn item(&mut self) -> Block {
        loop {
            let block = self.block().await.expect("an item");
            if block.field("data").is_some() {
                return block;
            }
        }
    }
}

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(super) struct Ws(pub(super) Socket);

impl Ws {
    pub(super) async fn open(address: SocketAddr, query: &str) -> Self {
        Self::with(address, query, &[]).await.expect("an upgrade").0
    }

    pub(super) async fn with(
        address: SocketAddr,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<(Self, tungstenite::handshake::client::Response), tungstenite::Error> {
        let mut request = format!("ws://{address}/chat/ws?{query}").into_client_request().expect("a request");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a value"));
        }
        within(tokio_tungstenite::connect_async(request)).await.map(|(socket, response)| (Self(socket), response))
    }

    pub(super) async fn send(&mut self, text: impl Into<String>) {
        self.0.send(Message::Text(text.into().into())).await.expect("sent");
    }

    /// Several texts in one write.
    pub(super) async fn send_at_once(&mut self, texts: impl IntoIterator<Item = String>) {
        for text in texts {
            self.0.feed(Message::Text(text.into())).await.expect("gathered");
        }
        self.0.flush().await.expect("sent");
    }

    /// The next text.
    pub(super) async fn text(&mut self) -> String {
        loop {
            match within(self.0.next()).await.expect("open").expect("no error") {
                Message::Text(text) => return text.to_string(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("a text, not {other:?}"),
            }
        }
    }

    pub(super) async fn json(&mut self) -> Value {
        let text = self.text().await;
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("JSON: {text}"))
    }

    /// What comes up to the close, and its code.
    pub(super) async fn close(&mut self) -> (Vec<Value>, u16) {
        let mut texts = Vec::new();
        loop {
            match within(self.0.next()).await.expect("a close").expect("no error") {
                Message::Text(text) => texts.push(serde_json::from_str(&text).expect("JSON")),
                Message::Close(close) => return (texts, close.map_or(1005, |close| close.code.into())),
                _ => {}
            }
        }
    }
}
