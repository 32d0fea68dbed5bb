//! The least that a server must do: one thread, no runtime, bytes framed once, one send a connection and event (or burst).

use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::unix::pipe::Receiver;
use mio::{Events, Interest, Poll, Token};

use super::preframed::{Asked, framed, opening};
use crate::event::{BenchEvent, Publish};
use crate::load::Transport;

/// What leaves in one send.
#[derive(Clone, Copy)]
pub(super) enum Send {
    /// An event.
    Each,
    /// All that is published at once.
    Burst,
}

const LISTENER: Token = Token(usize::MAX - 1);
const INPUT: Token = Token(usize::MAX - 2);
/// How long it rests when a socket is full.
const FULL: Duration = Duration::from_micros(50);

/// Events that a room keeps for polls that ask again.
const RECENT: usize = 64;

struct Client {
    stream: TcpStream,
    transport: Option<Transport>,
    /// A poll that has its answer, and has not asked again.
    answered: bool,
}

#[derive(Default)]
struct Room {
    clients: Vec<usize>,
    recent: VecDeque<(u64, BenchEvent)>,
    newest: u64,
}

struct Limit {
    poll: Poll,
    listener: TcpListener,
    clients: Vec<Option<Client>>,
    rooms: HashMap<u32, Room>,
    send: Send,
}

pub(super) fn serve(send: Send) -> io::Result<()> {
    let mut listener = TcpListener::from_std(super::listen()?);
    let mut input = Receiver::from(io::stdin().as_fd().try_clone_to_owned()?);
    input.set_nonblocking(true)?;
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    poll.registry().register(&mut input, INPUT, Interest::READABLE)?;
    super::ready(listener.local_addr()?);
    let mut limit = Limit { poll, listener, clients: Vec::new(), rooms: HashMap::new(), send };
    let (mut events, mut asked) = (Events::with_capacity(1_024), Vec::new());
    loop {
        limit.poll.poll(&mut events, None)?;
        for event in &events {
            match event.token() {
                LISTENER => limit.accept()?,
                INPUT => {
                    if !all(&mut input, &mut asked)? {
                        return Ok(());
                    }
                    while let Some(end) = asked.iter().position(|byte| *byte == b'\n') {
                        let line: Vec<u8> = asked.drain(..=end).collect();
                        limit.publish(String::from_utf8_lossy(&line).parse().map_err(io::Error::other)?);
                    }
                }
                Token(client) => limit.read(client),
            }
        }
    }
}

/// Reads what is there; false at the end.
fn all(from: &mut impl io::Read, to: &mut Vec<u8>) -> io::Result<bool> {
    match from.read_to_end(to) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(true),
        Err(error) => Err(error),
    }
}

impl Limit {
    fn accept(&mut self) -> io::Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            self.poll.registry().register(&mut stream, Token(self.clients.len()), Interest::READABLE)?;
            self.clients.push(Some(Client { stream, transport: None, answered: true }));
        }
    }

    /// Takes a request, or forgets the client.
    fn read(&mut self, at: usize) {
        let Some(client) = &mut self.clients[at] else { return };
        let mut head = [0; 4_096];
        match client.stream.read(&mut head) {
            Ok(read @ 1..) => {
                if let Some(asked) = Asked::read(&head[..read]) {
                    self.answer(at, &asked);
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(0) | Err(_) => {
                self.clients[at] = None;
                self.rooms.values_mut().for_each(|room| room.clients.retain(|client| *client != at));
            }
        }
    }

    fn answer(&mut self, at: usize, asked: &Asked) {
        let Some(client) = &mut self.clients[at] else { return };
        if client.transport.replace(asked.transport).is_none() {
            write(&mut client.stream, opening(asked.transport).as_bytes());
            asked.rooms.iter().for_each(|room| self.rooms.entry(*room).or_default().clients.push(at));
        }
        if asked.transport == Transport::Poll {
            let Some(room) = asked.rooms.first().and_then(|room| self.rooms.get(room)) else { return };
            let since = asked.since.unwrap_or(room.newest);
            client.answered = asked.since.is_none() || since < room.newest;
            if client.answered {
                let newer = room.recent.iter().filter(|(number, _)| *number > since).map(|(_, event)| event.clone());
                write(&mut client.stream, &framed(Transport::Poll, &newer.collect::<Vec<_>>(), room.newest));
            }
        }
    }

    fn publish(&mut self, publish: Publish) {
        let events: Vec<_> = publish.events().collect();
        for events in events.chunk_by(|one, other| one.room() == other.room()) {
            let Some(room) = self.rooms.get_mut(&events[0].room()) else { continue };
            for event in events {
                room.newest += 1;
                room.recent.push_back((room.newest, event.clone()));
            }
            room.recent.drain(..room.recent.len().saturating_sub(RECENT));
            let each = if let Send::Each = self.send { 1 } else { events.len() };
            for events in events.chunks(each) {
                let mut bytes = Transport::ALL.map(|_| None);
                for client in &room.clients {
                    let Some(Client { stream, transport: Some(transport), answered }) = &mut self.clients[*client] else { continue };
                    if *transport != Transport::Poll || !std::mem::replace(answered, true) {
                        let bytes = &mut bytes[*transport as usize];
                        write(stream, bytes.get_or_insert_with(|| framed(*transport, events, room.newest)));
                    }
                }
            }
        }
    }
}

/// Writes all of it; what is broken is noticed by reading.
fn write(stream: &mut TcpStream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(FULL),
            Err(_) => return,
        }
    }
}
