//! One client: asks, counts what comes, and says what its protocol makes it say.

use std::io::{self, ErrorKind, Read as _, Write as _};

use memchr::memmem;
use mio::net::TcpStream;

use super::ws::{self, Frames, Piece};
use super::{Tally, Target, Transport, scan::Scanner};
use crate::event::now;

/// The key of RFC 6455's example, and the answer to it that the RFC prints.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

pub(super) struct Client {
    pub(super) stream: TcpStream,
    transport: Transport,
    phase: Phase,
    frames: Frames,
    scanner: Scanner,
    /// The number of the last event: what comes must be above.
    last: u64,
    /// Takes nothing from its socket, as a client that hangs.
    pub(super) stopped: bool,
    pub(super) ended: bool,
    /// A gap was told.
    pub(super) told: bool,
    pub(super) events: u64,
}

enum Phase {
    Connecting,
    /// The answer's head, as much of it as came.
    Head(Vec<u8>),
    Open,
}

impl Client {
    pub(super) fn new(stream: TcpStream, transport: Transport) -> Self {
        Self {
            stream,
            transport,
            phase: Phase::Connecting,
            frames: Frames::default(),
            scanner: Scanner::default(),
            last: 0,
            stopped: false,
            ended: false,
            told: false,
            events: 0,
        }
    }

    /// Sends the request, once there is a connection.
    pub(super) fn writable(&mut self, target: &Target) -> io::Result<()> {
        if !matches!(self.phase, Phase::Connecting) {
            return Ok(());
        }
        self.phase = Phase::Head(Vec::new());
        let upgrade = match self.transport {
            Transport::Ws => {
                format!("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n")
            }
            Transport::Sse => "Accept: text/event-stream\r\n".to_owned(),
        };
        self.say(format!("GET {} HTTP/1.1\r\nHost: {}\r\n{upgrade}\r\n", target.path, target.address).as_bytes())
    }

    /// What a client says is short, and its socket is never full of it.
    fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.stream.write(bytes)? == bytes.len() { Ok(()) } else { Err(ErrorKind::WriteZero.into()) }
    }

    /// Takes all that the socket has.
    pub(super) fn readable(&mut self, buffer: &mut [u8], tally: &mut Tally) -> io::Result<()> {
        while !self.stopped {
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
        Ok(())
    }

    fn take(&mut self, mut bytes: &[u8], tally: &mut Tally) -> io::Result<()> {
        if let Phase::Head(head) = &mut self.phase {
            let before = head.len();
            head.extend_from_slice(bytes);
            let Some(end) = memmem::find(head, b"\r\n\r\n").map(|at| at + 4) else { return Ok(()) };
            let text = String::from_utf8_lossy(&head[..end]);
            let expected = match self.transport {
                Transport::Ws => text.starts_with("HTTP/1.1 101") && text.contains(ACCEPT),
                Transport::Sse => text.starts_with("HTTP/1.1 200"),
            };
            if !expected {
                return Err(io::Error::new(ErrorKind::InvalidData, format!("refused: {text}")));
            }
            bytes = &bytes[end - before..];
            self.phase = Phase::Open;
            tally.opened += 1;
        }
        match self.transport {
            Transport::Sse => self.count(bytes, tally),
            Transport::Ws => return self.frames(bytes, tally),
        }
        Ok(())
    }

    fn frames(&mut self, bytes: &[u8], tally: &mut Tally) -> io::Result<()> {
        let mut frames = std::mem::take(&mut self.frames);
        let mut outcome = Ok(());
        frames.take(bytes, |piece| match piece {
            Piece::Text { bytes, .. } => self.count(bytes, tally),
            Piece::Ping(payload) => outcome = self.say(&ws::pong(&payload)),
            Piece::Close => outcome = Err(ErrorKind::ConnectionReset.into()),
        });
        self.frames = frames;
        outcome
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
