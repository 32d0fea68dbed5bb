//! What the limits send: as few bytes of each protocol as its clients take.

use crate::event::BenchEvent;
use crate::load::{ACCEPT, Transport, server_frame};

/// A client's request, once its head is whole.
pub(super) struct Asked {
    pub(super) transport: Transport,
    pub(super) rooms: Vec<u32>,
    /// For a poll: the number of the last event that the client has.
    pub(super) since: Option<u64>,
}

impl Asked {
    pub(super) fn read(head: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(head).ok()?.lines().next()?;
        let target = line.strip_prefix("GET /")?.split(' ').next()?;
        let (path, query) = target.split_once('?')?;
        let transport = Transport::ALL.into_iter().find(|transport| transport.name() == path)?;
        let since = query.split_once("&since=").and_then(|(_, since)| since.parse().ok());
        Some(Self { transport, rooms: super::rooms(query), since })
    }
}

/// The head that begins a stream; a poll has none before its answer.
pub(super) fn opening(transport: Transport) -> String {
    match transport {
        Transport::Ws => {
            let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket";
            format!("{head}\r\nSec-WebSocket-Accept: {ACCEPT}\r\n\r\n")
        }
        Transport::Sse => "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n".to_owned(),
        Transport::Poll => String::new(),
    }
}

/// What one send holds.
pub(super) fn framed(transport: Transport, events: &[BenchEvent], newest: u64) -> Vec<u8> {
    match transport {
        Transport::Ws => events.iter().flat_map(|event| server_frame(event.json().as_bytes())).collect(),
        Transport::Sse => events.iter().flat_map(|event| format!("data: {}\n\n", event.json()).into_bytes()).collect(),
        Transport::Poll => {
            let items: Vec<String> = events.iter().map(BenchEvent::json).collect();
            let body = format!(r#"{{"position":"{newest}","items":[{}]}}"#, items.join(","));
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
            format!("{head} {}\r\n\r\n{body}", body.len()).into_bytes()
        }
    }
}
