//! The least client of each transport, written against PROTOCOL alone: it knows nothing of the server's code but the wire.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use socket2::{Domain, Socket, Type};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::server::SOCKET_BYTES;

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Whatever goes wrong in a client.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// One of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// Server-Sent Events.
    Sse,
    /// WebSocket.
    Ws,
    /// Long poll.
    Poll,
}

/// All three.
pub const WIRES: [Wire; 3] = [Wire::Sse, Wire::Ws, Wire::Poll];

/// A connection of any transport.
pub enum Client {
    /// Server-Sent Events.
    Sse(Sse),
    /// WebSocket.
    Ws(Box<Ws>),
    /// One long poll, answered.
    Poll(Poll),
}

/// What a client receives: an item, or over WebSocket an answer.
pub type Received = Value;

/// `channel=a&channel=b&since=…`
#[must_use]
pub fn query(channels: &[String], since: Option<&str>) -> String {
    let channels = channels.iter().map(|channel| format!("channel={}", channel.replace('%', "%25")));
    channels.chain(since.map(|since| format!("since={since}"))).collect::<Vec<_>>().join("&")
}

async fn connect(address: SocketAddr) -> Result<TcpStream, Failure> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_recv_buffer_size(SOCKET_BYTES)?;
    socket.set_nonblocking(true)?;
    let socket = tokio::net::TcpSocket::from_std_stream(socket.into());
    Ok(socket.connect(address).await?)
}

/// One GET over a connection of its own.
pub async fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<hyper::Response<Incoming>, Failure> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(connect(address).await?)).await?;
    tokio::spawn(connection);
    let mut request = Request::get(path).header("host", address.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Ok(sender.send_request(request.body(Empty::<Bytes>::new())?).await?)
}

impl Client {
    /// Opens a connection to the hub that is mounted at `path`. A poll waits for a second.
    pub async fn open(wire: Wire, address: SocketAddr, path: &str, channels: &[String], since: Option<&str>) -> Result<Self, Failure> {
        Self::ask(wire, address, path, &query(channels, since)).await
    }

    /// The same, by a query that is ready.
    pub async fn ask(wire: Wire, address: SocketAddr, path: &str, query: &str) -> Result<Self, Failure> {
        Ok(match wire {
            Wire::Sse => Self::Sse(Sse::open(address, &format!("{path}/sse?{query}"), &[]).await?),
            Wire::Ws => Self::Ws(Box::new(Ws::open(address, &format!("{path}/ws?{query}")).await?)),
            Wire::Poll => Self::Poll(Poll::ask(address, &format!("{path}/poll?{query}&wait=1")).await?),
        })
    }

    /// The next item; none at the end.
    pub async fn next(&mut self) -> Result<Option<Received>, Failure> {
        match self {
            Self::Sse(sse) => Ok(sse.next().await?.map(|event| event.data)),
            Self::Ws(ws) => ws.next().await,
            Self::Poll(poll) => Ok(poll.items.pop_front()),
        }
    }
}

/// One event of an SSE stream.
#[derive(Debug, Clone, PartialEq)]
pub struct SseEvent {
    /// Its `id:` line.
    pub id: Option<String>,
    /// Its `data:` line, read as JSON.
    pub data: Value,
}

/// A reader of an SSE stream.
pub struct Sse {
    body: Incoming,
    text: Vec<u8>,
    /// The newest `retry:`.
    pub retry: Option<u64>,
}

impl Sse {
    /// Opens the stream.
    pub async fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<Self, Failure> {
        let response = get(address, path, headers).await?;
        if response.status() != StatusCode::OK {
            return Err(format!("{path}: {}", response.status()).into());
        }
        Ok(Self { body: response.into_body(), text: Vec::new(), retry: None })
    }

    /// The next event that has data.
    pub async fn next(&mut self) -> Result<Option<SseEvent>, Failure> {
        loop {
            while let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
                let block = String::from_utf8(self.text.drain(..end + 2).collect())?;
                let mut event = SseEvent { id: None, data: Value::Null };
                for line in block.lines() {
                    match line.split_once(": ") {
                        Some(("id", id)) => event.id = Some(id.to_owned()),
                        Some(("data", data)) => event.data = serde_json::from_str(data)?,
                        Some(("retry", retry)) => self.retry = Some(retry.parse()?),
                        None if line.is_empty() => {}
                        _ => return Err(format!("a line that no SSE stream of ours has: {line}").into()),
                    }
                }
                if event.data != Value::Null {
                    return Ok(Some(event));
                }
            }
            match self.body.frame().await.transpose()? {
                Some(frame) => self.text.extend(frame.into_data().unwrap_or_default()),
                None => return Ok(None),
            }
        }
    }
}

/// A WebSocket.
pub struct Ws {
    socket: WebSocketStream<TcpStream>,
    /// Why it was closed.
    pub closed: Option<u16>,
}

impl Ws {
    /// Connects.
    pub async fn open(address: SocketAddr, path: &str) -> Result<Self, Failure> {
        let url = format!("ws://{address}{path}");
        let (socket, _) = tokio_tungstenite::client_async(url, connect(address).await?).await?;
        Ok(Self { socket, closed: None })
    }

    /// Says something.
    pub async fn send(&mut self, text: &Value) -> Result<(), Failure> {
        Ok(self.socket.send(Message::text(text.to_string())).await?)
    }

    /// Says something that need not be JSON.
    pub async fn send_raw(&mut self, message: Message) -> Result<(), Failure> {
        Ok(self.socket.send(message).await?)
    }

    /// The next text.
    pub async fn next(&mut self) -> Result<Option<Value>, Failure> {
        loop {
            match self.socket.next().await.transpose()? {
                Some(Message::Text(text)) => return Ok(Some(serde_json::from_str(&text)?)),
                Some(Message::Close(close)) => self.closed = close.map(|close| close.code.into()),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }
}

/// The answer to one poll, item by item, and its position at the end, as a heartbeat item.
pub struct Poll {
    items: VecDeque<Value>,
}

impl Poll {
    /// Asks, and waits for the answer.
    pub async fn ask(address: SocketAddr, path: &str) -> Result<Self, Failure> {
        let response = get(address, path, &[]).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if status != StatusCode::OK {
            return Err(format!("{path}: {status} {}", String::from_utf8_lossy(&body)).into());
        }
        let mut answer: Value = serde_json::from_slice(&body)?;
        let mut items: VecDeque<Value> = serde_json::from_value(answer["items"].take())?;
        items.push_back(serde_json::json!({ "position": answer["position"] }));
        Ok(Self { items })
    }
}
