//! What the limits send: as few bytes of each protocol as its clients take.

use crate::event::BenchEvent;
use crate::load::{ACCEPT, Transport, server_frame};

/// A client's request, once its head is whole.
pub(super) struct Asked {
    pub(super) transport: Transport,
    pub(super) rooms: Vec<u32>,
}

impl Asked {
    pub(super) fn read(head: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(head).ok()?.lines().next()?;
        let target = line.strip_prefix("GET /")?.split(' ').next()?;
        let (path, query) = target.split_once('?')?;
        let transport = Transport::ALL.into_iter().find(|transport| transport.name() == path)?;
        Some(Self { transport, rooms: super::rooms(query) })
    }
}

/// The head that begins a stream.
pub(super) fn opening(transport: Transport) -> String {
    match transport {
        Transport::Ws => {
            format!(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {ACCEPT}\r\n\r\n"
            )
        }
        Transport::Sse => "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n".to_owned(),
    }
}

pub(super) fn framed(transport: Transport, event: &BenchEvent) -> Vec<u8> {
    let json = event.json();
    match transport {
        Transport::Ws => server_frame(json.as_bytes()),
        Transport::Sse => format!("data: {json}\n\n").into_bytes(),
    }
}
