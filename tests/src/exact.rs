//! A client that knows the bytes: what comes is read by the letter of RFC 9112 and RFC 6455 and by nothing that the server is made of,
//! and what goes out is what a test says.

use std::collections::VecDeque;
use std::net::SocketAddr;

use serde_json::Value;
use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::client::{PATIENCE, SseEvent};

/// The answer to it is `s3pPLMBiTxaQ9kYGzzhZRbK+xOo=` (RFC 6455 section 1.3).
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// See the module.
#[derive(Debug)]
pub struct Exact<T = TcpStream> {
    /// What it talks over.
    pub io: T,
    /// The most that it reads at once.
    pub at_once: usize,
    unread: VecDeque<u8>,
    text: Vec<u8>,
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status line.
    pub line: String,
    /// Names in lower case.
    pub fields: Vec<(String, String)>,
}

/// A frame of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its first byte: the last of its message, compressed, and the opcode.
    pub first: u8,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// A whole text.
pub const TEXT: u8 = 0x81;
/// A whole text that is compressed (RFC 7692 section 6).
pub const COMPRESSED: u8 = 0xc1;

impl Head {
    /// The value of a field; a name that comes twice is no name that is asked for here.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(field, _)| field == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} comes twice");
        value
    }
}

impl Frame {
    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.payload).expect("UTF-8")
    }

    /// Its text as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).expect("JSON")
    }

    /// The code that a close has.
    #[must_use]
    pub fn code(&self) -> u16 {
        assert_eq!(self.first, 0x88, "{self:?}");
        u16::from_be_bytes([self.payload[0], self.payload[1]])
    }
}

/// A client's frame; its mask changes every byte.
#[must_use]
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0xa5, 0x5a, 0x0f, 0xf1];
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | u8::try_from(length).expect("it is small")),
        length @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(length).expect("it is small").to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

impl Exact {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.expect("it connects"))
    }

    /// Connects with a receive buffer as small as the kernel gives one.
    pub async fn narrow(address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(1).expect("the kernel takes it as the least it may");
        socket.set_nonblocking(true).expect("it does not block");
        Self::over(TcpSocket::from_std_stream(socket.into()).connect(address).await.expect("it connects"))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Exact<T> {
    /// A client that talks over this.
    pub fn over(io: T) -> Self {
        Self { io, at_once: 64 << 10, unread: VecDeque::new(), text: Vec::new() }
    }

    /// Sends these bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = async {
            self.io.write_all(bytes.as_ref()).await?;
            self.io.flush().await
        };
        timeout(PATIENCE, sent).await.expect("they are taken in time").expect("they are taken");
    }

    /// Asks for this, with these lines between the first and the last.
    pub async fn get(&mut self, path: &str, lines: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: test\r\n{lines}\r\n")).await;
    }

    /// Becomes a WebSocket, with these lines of its own; gives the head of the answer.
    pub async fn upgrade(&mut self, path: &str, lines: &str) -> Head {
        let upgrade =
            format!("connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: {KEY}\r\n{lines}");
        self.get(path, &upgrade).await;
        let head = self.head().await;
        assert_eq!(head.line, "HTTP/1.1 101 Switching Protocols");
        assert_eq!(head.field("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        head
    }

    /// Reads on; false at the end.
    pub async fn more(&mut self) -> bool {
        let mut bytes = vec![0; self.at_once];
        let read = timeout(PATIENCE, self.io.read(&mut bytes)).await.expect("something comes in time").expect("it is not reset");
        self.unread.extend(&bytes[..read]);
        read > 0
    }

    /// So many bytes.
    pub async fn take(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count {
            assert!(self.more().await, "the end comes before {count} bytes: {:?}", self.unread);
        }
        self.unread.drain(..count).collect()
    }

    /// A line, without its end.
    async fn line(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.extend(self.take(1).await);
        }
        line.truncate(line.len() - 2);
        let line = String::from_utf8(line).expect("UTF-8");
        assert!(!line.contains(['\r', '\n']), "{line:?} is one line");
        line
    }

    /// The head of an answer (RFC 9112 sections 4 and 5).
    pub async fn head(&mut self) -> Head {
        let line = self.line().await;
        let mut fields = Vec::new();
        loop {
            let field = self.line().await;
            if field.is_empty() {
                return Head { line, fields };
            }
            let (name, value) = field.split_once(": ").unwrap_or_else(|| panic!("{field:?} is a field"));
            assert!(!name.is_empty() && !name.contains(|byte: char| !byte.is_ascii_graphic()), "{field:?} is a field");
            fields.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }

    /// The next chunk (RFC 9112 section 7.1); none at the last, which has no trailer.
    pub async fn chunk(&mut self) -> Option<Vec<u8>> {
        let size = self.line().await;
        assert!(size.bytes().all(|digit| digit.is_ascii_hexdigit()), "{size:?} is a size");
        let size = usize::from_str_radix(&size, 16).expect("a size");
        let chunk = self.take(size).await;
        assert_eq!(self.take(2).await, b"\r\n", "it ends where it said");
        (size > 0).then_some(chunk)
    }

    /// The next event of an SSE stream in chunks; none at its end.
    pub async fn event(&mut self) -> Option<SseEvent> {
        loop {
            if let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
                let block = String::from_utf8(self.text.drain(..end + 2).collect()).expect("UTF-8");
                let field = |name| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                let data = serde_json::from_str(field("data").expect("an event has data")).expect("JSON");
                return Some(SseEvent { id: field("id").map(str::to_owned), data });
            }
            match self.chunk().await {
                Some(chunk) => self.text.extend(chunk),
                None => {
                    assert!(self.text.is_empty(), "the stream ends between events");
                    return None;
                }
            }
        }
    }

    /// The next frame (RFC 6455 section 5.2), whose length is in as few bytes as can be.
    pub async fn frame(&mut self) -> Frame {
        let [first, length] = self.take(2).await[..] else { panic!("two bytes") };
        let length = match length {
            0..126 => u64::from(length),
            126 => {
                let length = u16::from_be_bytes(self.take(2).await.try_into().expect("two bytes")).into();
                assert!(length >= 126, "{length} in three bytes");
                length
            }
            127 => {
                let length = u64::from_be_bytes(self.take(8).await.try_into().expect("eight bytes"));
                assert!(length > 0xffff, "{length} in nine bytes");
                length
            }
            _ => panic!("a server masks nothing"),
        };
        Frame { first, payload: self.take(usize::try_from(length).expect("it fits")).await }
    }

    /// Nothing more comes, and no reset.
    pub async fn ends(&mut self) {
        assert!(self.unread.is_empty() && !self.more().await, "{:?} comes before the end", self.unread);
    }
}
