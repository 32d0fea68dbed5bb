//! Slow clients among fast ones, in a flood: who reads fast gets all, who reads slowly loses nothing without being told, and who has
//! stopped is let go, or told when it reads on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use serde_json::Value;
use socket2::{Domain, Type};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use triwire::{Hub, Limits};
use triwire_tests::client::{Client, Wire};
use triwire_tests::server::{By, SOCKET_BYTES, Server};

use super::chat::ChatEvent;
use super::client::within;

const CHANNEL: &str = "room:flood";
const FAST: usize = 40;
/// Who reads a byte at a time; and as many that have stopped.
const SLOW: usize = 8;
/// More than all buffers between a hub and its client hold, and what the hub keeps on top of it.
const EVENTS: usize = 448;
const TEXT: usize = 500;
const HISTORY: usize = 64;
/// Events between two times that the flood waits for those who read fast: so none of them is overtaken, however busy the machine is.
const AT_ONCE: usize = 32;

/// The number in an event's text.
fn number(event: &Value) -> usize {
    let text = event["text"].as_str().expect("a message has its text");
    text.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}

/// Reads all events, in their order, and waits with the others now and then.
async fn reads_fast(mut client: Client, together: Arc<Barrier>) {
    let mut next = 0;
    while next < EVENTS {
        let item = within(client.next()).await.expect("it reads").expect("it goes on");
        if item.get("position").is_none() {
            assert_eq!(number(&item["event"]), next, "{item}");
            next += 1;
            if next.is_multiple_of(AT_ONCE) {
                together.wait().await;
            }
        }
    }
}

/// A client that reads a byte at a time, and comes back where it is cut.
struct Slow {
    wire: Wire,
    address: SocketAddr,
    tcp: TcpStream,
    /// What of an SSE stream is no whole event yet.
    text: Vec<u8>,
    /// Its position, and the number of the event behind it.
    at: Option<(String, usize)>,
    /// The number that comes next.
    next: usize,
    /// It was told that it lost some.
    lost: bool,
    byes: Vec<Value>,
}

impl Slow {
    async fn open(wire: Wire, address: SocketAddr) -> Self {
        let tcp = Self::connect(wire, address, None).await;
        let mut slow = Self { wire, address, tcp, text: Vec::new(), at: None, next: 0, lost: false, byes: Vec::new() };
        slow.until(b"\r\n\r\n").await.expect("a head");
        let opening = slow.item().await.expect("a position");
        slow.take(&opening);
        assert!(slow.at.is_some(), "{opening}");
        slow
    }

    async fn connect(wire: Wire, address: SocketAddr, since: Option<&str>) -> TcpStream {
        let socket = socket2::Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(SOCKET_BYTES).expect("it is taken");
        socket.set_nonblocking(true).expect("it does not block");
        let mut tcp = within(TcpSocket::from_std_stream(socket.into()).connect(address)).await.expect("it connects");
        let since = since.map(|since| format!("&since={since}")).unwrap_or_default();
        let (path, upgrade) = match wire {
            Wire::Ws => (
                "ws",
                "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            ),
            _ => ("sse", ""),
        };
        let request = format!("GET /chat/{path}?channel={CHANNEL}{since} HTTP/1.1\r\nhost: test\r\n{upgrade}\r\n");
        tcp.write_all(request.as_bytes()).await.expect("it is taken");
        tcp
    }

    async fn bytes(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(count);
        let mut byte = [0];
        while bytes.len() < count {
            // An end, or a reset: both say that no more comes.
            self.tcp.read(&mut byte).await.ok().filter(|read| *read > 0)?;
            bytes.extend(byte);
        }
        Some(bytes)
    }

    async fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(end) {
            bytes.extend(self.bytes(1).await?);
        }
        bytes.truncate(bytes.len() - end.len());
        Some(bytes)
    }

    /// The next item; none where it is cut, or over.
    async fn item(&mut self) -> Option<Value> {
        if self.wire == Wire::Ws { self.frame().await } else { self.event().await }
    }

    async fn frame(&mut self) -> Option<Value> {
        let head = self.bytes(2).await?;
        let length = match head[1] {
            126 => u16::from_be_bytes(self.bytes(2).await?.try_into().expect("two bytes")).into(),
            length => usize::from(length),
        };
        let payload = self.bytes(length).await?;
        (head[0] == 0x81).then(|| serde_json::from_slice(&payload).expect("JSON"))
    }

    async fn event(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
                let block = String::from_utf8(self.text.drain(..end + 2).collect()).expect("UTF-8");
                let data = block.lines().find_map(|line| line.strip_prefix("data: ")).expect("an event has data");
                return Some(serde_json::from_str(data).expect("JSON"));
            }
            let size = String::from_utf8(self.until(b"\r\n").await?).expect("a size");
            let size = usize::from_str_radix(&size, 16).expect("a size");
            let chunk = self.bytes(size + 2).await?;
            if size == 0 {
                return None;
            }
            self.text.extend(&chunk[..size]);
        }
    }

    fn take(&mut self, item: &Value) {
        if item.get("bye").is_some() {
            self.byes.push(item["bye"]["reason"].clone());
        } else if item.get("gap").is_some() {
            let missed = item["gap"]["missed"].as_u64().expect("the log remembers how many");
            self.lost = true;
            self.next += usize::try_from(missed).expect("few");
        } else if let Some(position) = item["position"].as_str() {
            self.at = Some((position.to_owned(), self.next));
        } else {
            assert_eq!(number(&item["event"]), self.next, "{item}");
            self.next += 1;
            self.at = Some((item["id"].as_str().expect("it has a place").to_owned(), self.next));
        }
    }

    /// Reads on, through whatever cuts, until it has had, or was told of, every event.
    async fn finish(&mut self) {
        while self.at.as_ref().is_none_or(|(_, next)| *next < EVENTS) {
            match within(self.item()).await {
                Some(item) => self.take(&item),
                None => {
                    let (since, next) = self.at.clone().expect("it began");
                    (self.next, self.text) = (next, Vec::new());
                    self.tcp = Self::connect(self.wire, self.address, Some(&since)).await;
                    self.until(b"\r\n\r\n").await.expect("a head");
                }
            }
        }
        assert_eq!(self.next, EVENTS);
    }
}

/// Publishes them all, as fast as those who read fast let it.
async fn flood(hub: &Hub<ChatEvent>, together: &Barrier) {
    for number in 0..EVENTS {
        let text = format!("{number} {}", "x".repeat(TEXT));
        hub.publish(ChatEvent::Message { room: "flood".into(), text }).await.expect("it is taken");
        if (number + 1).is_multiple_of(AT_ONCE) {
            within(together.wait()).await;
        }
    }
}

async fn slow_among_fast(wire: Wire) {
    let by = By::of(env!("CARGO_CRATE_NAME"));
    // Who has stopped is found soon; and it is never too late to be told, nor is anything else due.
    let (stalled, never) = (Duration::from_millis(300), Duration::from_secs(600));
    let hub = Hub::<ChatEvent>::builder()
        .limits(Limits { history: HISTORY, stalled, ws_pong: never, ws_ping: never, ..Limits::default() })
        .build();
    let server = Server::start(by, Router::new().nest("/chat", hub.endpoints().into_router())).expect("it serves");
    let (mut reading, mut slow, mut stopped) = (JoinSet::new(), JoinSet::new(), Vec::new());
    let together = Arc::new(Barrier::new(FAST + 1));
    for at in 0..FAST {
        let client = Client::open(wire, server.address, "/chat", &[CHANNEL.to_owned()], None).await.expect("it connects");
        reading.spawn(reads_fast(client, Arc::clone(&together)));
        if at < SLOW {
            stopped.push(Slow::open(wire, server.address).await);
            let mut byte_by_byte = Slow::open(wire, server.address).await;
            slow.spawn(async move {
                byte_by_byte.finish().await;
                byte_by_byte
            });
        }
    }
    while hub.stats().connections < FAST + 2 * SLOW {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    flood(&hub, &together).await;
    reading.join_all().await;
    let slow = slow.join_all().await;
    // hyper, where it writes a stream, says nothing of a client that takes nothing.
    if (by, wire) != (By::Axum, Wire::Sse) {
        within(async {
            while hub.stats().connections > SLOW {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
    for stopped in &mut stopped {
        stopped.finish().await;
        assert!(stopped.lost, "it lost some, and was told");
        // A WebSocket also why it ended, whenever it reads on; a body in chunks that is cut has no room for it.
        assert_eq!(stopped.byes.first(), (wire == Wire::Ws).then_some(&Value::from("stalled")));
    }
    drop(slow);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_websocket_nobody_starves_and_nobody_loses_unawares() {
    slow_among_fast(Wire::Ws).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sse_nobody_starves_and_nobody_loses_unawares() {
    slow_among_fast(Wire::Sse).await;
}
