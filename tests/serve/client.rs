//! A client that knows nothing of HTTP but how an answer ends; so it can break every rule.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(super) const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("within the patience of a test")
}

pub(super) struct Raw {
    pub(super) tcp: TcpStream,
    bytes: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Lines of the head in lower case.
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Raw {
    pub(super) async fn open(address: SocketAddr) -> Self {
        Self { tcp: within(TcpStream::connect(address)).await.expect("it connects"), bytes: Vec::new() }
    }

    /// With the least buffer that the kernel gives, for a client that will take nothing.
    pub(super) async fn narrow(address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(4_096).expect("the kernel takes it as the least it may");
        socket.set_nonblocking(true).expect("it does not block");
        let socket = tokio::net::TcpSocket::from_std_stream(socket.into());
        Self { tcp: within(socket.connect(address)).await.expect("it connects"), bytes: Vec::new() }
    }

    pub(super) async fn send(&mut self, text: &str) {
        within(self.tcp.write_all(text.as_bytes())).await.expect("it is taken");
    }

    pub(super) async fn get(&mut self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n")).await;
        self.answer().await
    }

    /// More bytes; false at the end.
    async fn more(&mut self) -> bool {
        within(self.tcp.read_buf(&mut self.bytes)).await.is_ok_and(|read| read > 0)
    }

    /// Up to this text.
    pub(super) async fn until(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.bytes.windows(text.len()).position(|window| window == text.as_bytes()) {
                let rest = self.bytes.split_off(at + text.len());
                return String::from_utf8(std::mem::replace(&mut self.bytes, rest)).expect("UTF-8");
            }
            assert!(self.more().await, "the end comes before {text:?}: {}", String::from_utf8_lossy(&self.bytes));
        }
    }

    /// An answer of a known length.
    pub(super) async fn answer(&mut self) -> Answer {
        let head = self.until("\r\n\r\n").await.to_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let mut answer = Answer { status, head, body: String::new() };
        let length: usize = answer.header("content-length").map_or(0, |length| length.parse().expect("a number"));
        while self.bytes.len() < length {
            assert!(self.more().await, "the body ends early");
        }
        let rest = self.bytes.split_off(length);
        answer.body = String::from_utf8(std::mem::replace(&mut self.bytes, rest)).expect("UTF-8");
        answer
    }

    /// All that comes until the end; and how long that took.
    pub(super) async fn end(&mut self) -> (String, Duration) {
        let began = Instant::now();
        while self.more().await {}
        (String::from_utf8_lossy(&std::mem::take(&mut self.bytes)).into_owned(), began.elapsed())
    }

    /// Whether nothing comes, and no end, in this time.
    pub(super) async fn is_quiet(&mut self, time: Duration) -> bool {
        timeout(time, self.tcp.read_buf(&mut self.bytes)).await.is_err()
    }
}
