//! The load tool: thousands of clients in one thread, which count and check what comes, and do no more, so that they cost less than
//! the cheapest server.

mod client;
mod poll;
mod scan;
mod ws;

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

pub(crate) use client::ACCEPT;
use client::Client;
pub use poll::Resume;
pub use ws::server_frame;

/// What one read takes: more than a socket holds, mostly, so that one read empties it.
const READ_BYTES: usize = 256 << 10;
/// Connections that are being made at once: fewer than the shortest backlog of a listener.
pub const CONNECTING: usize = 100;
/// Between two looks while a server is measured: asleep, and in no poll, so that no send has to wake it.
const REST: Duration = Duration::from_millis(1);
/// How long nothing may happen before what is missing is taken for lost.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// How a client gets its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// WebSocket.
    Ws,
    /// Server-Sent Events.
    Sse,
    /// Long polling.
    Poll,
}

impl Transport {
    /// All, in the order of the tables.
    pub const ALL: [Self; 3] = [Self::Ws, Self::Sse, Self::Poll];

    /// As one types it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ws => "ws",
            Self::Sse => "sse",
            Self::Poll => "poll",
        }
    }
}

/// What exactly a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// RFC 6455, a text an event.
    Ws,
    /// The same, and offers to take texts compressed: those are counted, not read.
    WsDeflate,
    /// Socket.IO over a WebSocket.
    SocketIo,
    /// Server-Sent Events.
    Sse,
    /// Polls, each of which says where it goes on.
    Poll(Resume),
}

/// What all clients of a load have seen.
#[derive(Debug, Default)]
pub struct Tally {
    /// Clients whose stream has begun.
    pub opened: u64,
    /// Clients whose stream has ended.
    pub ended: u64,
    /// Events.
    pub delivered: u64,
    /// Events that came again, or after a later one.
    pub inverted: u64,
    /// Marks without a stamp.
    pub malformed: u64,
    /// From publish to receive, in nanoseconds, where it is asked for.
    pub latencies: Option<Vec<u64>>,
    /// Whether clients look out for gaps.
    pub watches_gaps: bool,
    /// Why the last client ended that ended.
    pub why: Option<String>,
}

/// What one client has seen.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Events.
    pub events: u64,
    /// A gap, or the end of its stream.
    pub was_told: bool,
}

/// Clients of one server.
pub struct Load {
    poll: Poll,
    events: Events,
    buffer: Box<[u8]>,
    clients: Vec<Client>,
    address: SocketAddr,
    wire: Wire,
    /// What they saw.
    pub tally: Tally,
}

impl Load {
    /// No clients yet.
    ///
    /// # Errors
    /// When the kernel gives no poll.
    pub fn new(address: SocketAddr, wire: Wire) -> io::Result<Self> {
        let (poll, events) = (Poll::new()?, Events::with_capacity(1_024));
        let buffer = vec![0; READ_BYTES].into_boxed_slice();
        Ok(Self { poll, events, buffer, clients: Vec::new(), address, wire, tally: Tally::default() })
    }

    /// Adds a client for each of these paths, so many at once, and returns when all of them have their streams.
    ///
    /// # Errors
    /// When one is refused, or nothing happens for as long as [`PATIENCE`].
    pub fn connect(&mut self, paths: &[Rc<str>], at_once: usize) -> Result<(), String> {
        let (before, already) = (self.clients.len(), self.tally.opened);
        let mut since = Instant::now();
        while self.tally.opened < already + paths.len() as u64 {
            let opened = usize::try_from(self.tally.opened - already).expect("it is below the count");
            for path in &paths[self.clients.len() - before..paths.len().min(opened + at_once)] {
                self.add(path).map_err(|error| format!("client {}: {error}", self.clients.len() + 1))?;
            }
            let happened = self.turn(Duration::from_millis(10)).map_err(|error| error.to_string())?;
            if let (true, Some(why)) = (self.tally.ended > 0, &self.tally.why) {
                return Err(format!("a client was not let in: {why}"));
            }
            if happened > 0 {
                since = Instant::now();
            } else if since.elapsed() > PATIENCE {
                return Err(format!("{opened} of {} clients have their streams, and nothing happens", paths.len()));
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Rc<str>) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.address)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, Token(self.clients.len()), interest)?;
        self.clients.push(Client::new(stream, self.wire, Rc::clone(path)));
        Ok(())
    }

    /// Takes what has come, and waits so long for it where there is nothing; returns how many clients had something.
    ///
    /// # Errors
    /// When the kernel's poll fails.
    pub fn turn(&mut self, wait: Duration) -> io::Result<usize> {
        self.poll.poll(&mut self.events, Some(wait))?;
        let mut happened = 0;
        for event in &self.events {
            happened += 1;
            let client = &mut self.clients[event.token().0];
            if client.ended {
                continue;
            }
            let outcome = if event.is_writable() { client.writable(&mut self.tally) } else { Ok(()) };
            let outcome = outcome.and_then(|()| client.readable(&mut self.buffer, &mut self.tally));
            if let Err(error) = outcome {
                client.ended = true;
                self.tally.ended += 1;
                self.tally.why = Some(error.to_string());
            }
        }
        Ok(happened)
    }

    /// What each has seen.
    pub fn seen(&self) -> impl Iterator<Item = Seen> {
        self.clients.iter().map(|client| Seen { events: client.events, was_told: client.told || client.ended })
    }

    /// Takes what comes until so many events were delivered in all; false where nothing more came for as long as [`PATIENCE`].
    ///
    /// # Errors
    /// When the kernel's poll fails.
    pub fn wait_for(&mut self, delivered: u64) -> io::Result<bool> {
        let mut since = Instant::now();
        while self.tally.delivered < delivered {
            std::thread::sleep(REST);
            if self.turn(Duration::ZERO)? > 0 {
                since = Instant::now();
            } else if since.elapsed() > PATIENCE {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
