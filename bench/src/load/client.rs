//! One client: asks, counts what comes, and says what its protocol makes it say.

use std::io::{self, ErrorKind, Read as _, Write as _};

use std::rc::Rc;

use memchr::memmem;
use mio::net::TcpStream;

use super::poll::{Exchange, Resume};
use super::ws::{self, Frames, Piece};
use super::{Tally, Wire, scan::Scanner};
use crate::event::now;

/// The key of RFC 6455's example, and the answer to it that the RFC prints.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

pub(super) struct Client {
    pub(super) stream: TcpStream,
    wire: Wire,
    path: Rc<str>,
    phase: Phase,
    frames: Frames,
    exchange: Exchange,
    scanner: Scanner,
    /// The number of the last event: what comes must be above.
    last: u64,
    pub(super) ended: bool,
    /// A gap was told.
    pub(super) told: bool,
    pub(super) events: u64,
}

enum Phase {
    Connecting,
    /// The answer's head, as much of it as came.
    Head(Vec<u8>),
    /// Socket.IO says who it is before events come.
    Greeting,
    Open,
}

impl Client {
    pub(super) fn new(stream: TcpStream, wire: Wire, path: Rc<str>) -> Self {
        let (frames, exchange, scanner) = (Frames::default(), Exchange::default(), Scanner::default());
        let (phase, last, events) = (Phase::Connecting, 0, 0);
        Self { stream, wire, path, phase, frames, exchange, scanner, last, ended: false, told: false, events }
    }

    /// Sends the request, once there is a connection.
    pub(super) fn writable(&mut self, tally: &mut Tally) -> io::Result<()> {
        if !matches!(self.phase, Phase::Connecting) {
            return Ok(());
        }
        self.phase = Phase::Head(Vec::new());
        let fields = match self.wire {
            Wire::Ws | Wire::WsDeflate | Wire::SocketIo => {
                let offer = if self.wire == Wire::WsDeflate { "Sec-WebSocket-Extensions: permessage-deflate\r\n" } else { "" };
                format!("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{offer}")
            }
            Wire::Sse => "Accept: text/event-stream\r\n".to_owned(),
            Wire::Poll(resume) => {
                if resume == Resume::Etag {
                    self.open(tally);
                }
                String::new()
            }
        };
        self.ask("", &fields)
    }

    fn ask(&mut self, query: &str, fields: &str) -> io::Result<()> {
        self.say(format!("GET {}{query} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n", self.path).as_bytes())
    }

    fn open(&mut self, tally: &mut Tally) {
        self.phase = Phase::Open;
        tally.opened += 1;
    }

    /// What a client says is short, and its socket is never full of it.
    fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.stream.write(bytes)? == bytes.len() { Ok(()) } else { Err(ErrorKind::WriteZero.into()) }
    }

    /// Takes all that the socket has.
    pub(super) fn readable(&mut self, buffer: &mut [u8], tally: &mut Tally) -> io::Result<()> {
        loop {
            let read = match self.stream.read(buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            self.take(&buffer[..read], tally)?;
            // A read that left room has emptied the socket: what comes later is told anew.
            if read < buffer.len() {
                return Ok(());
            }
        }
    }

    fn take(&mut self, mut bytes: &[u8], tally: &mut Tally) -> io::Result<()> {
        if let Wire::Poll(resume) = self.wire {
            let mut exchange = std::mem::take(&mut self.exchange);
            let whole = exchange.take(bytes, |body| self.count(body, tally));
            let next = if whole? { Some(exchange.next(resume)) } else { None };
            self.exchange = exchange;
            let Some((query, fields)) = next else { return Ok(()) };
            if matches!(self.phase, Phase::Head(_)) {
                self.open(tally);
            }
            return self.ask(&query, &fields);
        }
        if let Phase::Head(head) = &mut self.phase {
            let before = head.len();
            head.extend_from_slice(bytes);
            let Some(end) = memmem::find(head, b"\r\n\r\n").map(|at| at + 4) else { return Ok(()) };
            let text = String::from_utf8_lossy(&head[..end]);
            let expected = match self.wire {
                Wire::Sse => text.starts_with("HTTP/1.1 200"),
                _ => text.starts_with("HTTP/1.1 101") && text.contains(ACCEPT),
            };
            if !expected {
                return Err(io::Error::new(ErrorKind::InvalidData, format!("refused: {text}")));
            }
            bytes = &bytes[end - before..];
            if self.wire == Wire::SocketIo { self.phase = Phase::Greeting } else { self.open(tally) }
        }
        if self.wire == Wire::Sse {
            self.count(bytes, tally);
            return Ok(());
        }
        let mut frames = std::mem::take(&mut self.frames);
        let mut outcome = Ok(());
        frames.take(bytes, |piece| {
            let taken = match piece {
                Piece::Text { bytes, .. } if matches!(self.phase, Phase::Greeting) => self.greet(bytes, tally),
                Piece::Text { bytes: b"2", whole: 1 } if self.wire == Wire::SocketIo => self.say(&ws::client_text(b"3")),
                Piece::Text { bytes, .. } => {
                    self.count(bytes, tally);
                    Ok(())
                }
                Piece::Compressed => {
                    self.events += 1;
                    tally.delivered += 1;
                    Ok(())
                }
                Piece::Ping(payload) => self.say(&ws::pong(&payload)),
                Piece::Close => Err(ErrorKind::ConnectionReset.into()),
            };
            if taken.is_err() {
                outcome = taken;
            }
        });
        self.frames = frames;
        outcome
    }

    /// Engine.IO opens with `0`; then the client asks for the namespace with `40`, and is in it with `40` of the server's.
    fn greet(&mut self, text: &[u8], tally: &mut Tally) -> io::Result<()> {
        if text.starts_with(b"0") {
            return self.say(&ws::client_text(b"40"));
        }
        if text.starts_with(b"40") {
            self.open(tally);
        }
        Ok(())
    }

    fn count(&mut self, bytes: &[u8], tally: &mut Tally) {
        let (last, events) = (&mut self.last, &mut self.events);
        self.scanner.scan(bytes, |stamp| {
            let Some(stamp) = stamp else {
                tally.malformed += 1;
                return;
            };
            tally.inverted += u64::from(stamp.number <= *last);
            *last = stamp.number;
            *events += 1;
            tally.delivered += 1;
            if let Some(latencies) = &mut tally.latencies {
                latencies.push(now().saturating_sub(stamp.at));
            }
        });
        if tally.watches_gaps && !self.told && memmem::find(bytes, b"\"gap\":").is_some() {
            self.told = true;
        }
    }
}
