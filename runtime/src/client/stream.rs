//! One connection, whatever its transport: opened, then read piece by piece.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{ACCEPT, HOST, HeaderMap, HeaderValue};

use super::address::Address;
use super::credentials::Credentials;
use super::http::{Line, expect, whole};
use super::machine::{Attempt, Ended, Transport};
use super::poll::Poll;
use super::remote::Remote;
use super::socket::{Socket, dial};
use super::sse::Sse;
use super::ws::Ws;
use crate::position::{Epoch, Position, Since};

/// The most that one item may be, or one answer of a poll: above what a hub sends by its own limits.
pub(super) const ITEM_BYTES: usize = 16 << 20;
/// Seconds a poll is held, where silence is not shorter.
const WAIT: u64 = 25;

/// What comes of a connection.
#[derive(Debug)]
pub(super) enum Piece {
    /// An item, as it was written.
    Item(Bytes),
    /// The position of a poll's answer.
    Position(Position),
    /// When to come back after a cut.
    Retry(Duration),
    /// A sign of life.
    Life,
}

/// Somebody is there, and nothing was asked yet.
pub(super) enum Dialed {
    Socket(Socket),
    /// The connection of the poll before.
    Kept(Line),
}

/// A connection that is open.
pub(super) enum Stream {
    Ws(Box<Ws>),
    Sse(Box<Sse>),
    Poll(Poll),
}

/// What is asked for.
pub(super) struct Asked<'a> {
    pub(super) remote: &'a Remote,
    pub(super) attempt: &'a Attempt,
    pub(super) credentials: &'a Credentials,
}

impl Dialed {
    /// Connects, or takes the connection of the poll before.
    pub(super) async fn dial(remote: &Remote, kept: &mut Option<Line>) -> Result<Self, Ended> {
        if let Some(line) = kept.take().filter(Line::is_usable) {
            return Ok(Self::Kept(line));
        }
        let dialed = dial(&remote.address, remote.tls.as_ref()).await;
        dialed.map(Self::Socket).map_err(|error| {
            tracing::debug!(%error, host = remote.address.host, "not reached");
            Ended::Unreachable
        })
    }

    /// A connection for HTTP.
    pub(super) async fn line(self) -> Result<Line, Ended> {
        match self {
            Self::Kept(line) => Ok(line),
            Self::Socket(socket) => Line::new(socket).await,
        }
    }
}

impl Stream {
    /// Asks for the stream.
    pub(super) async fn open(dialed: Dialed, asked: &Asked<'_>, kept: &mut Option<Line>) -> Result<Self, Ended> {
        let address = &asked.remote.address;
        match asked.attempt.by {
            Transport::WebSocket => {
                let Dialed::Socket(socket) = dialed else { return Err(Ended::Cut) };
                let ws = Ws::open(socket, address, &asked.target("ws"), &asked.remote.headers(asked.credentials)).await?;
                Ok(Self::Ws(Box::new(ws)))
            }
            Transport::Sse => {
                let mut line = dialed.line().await?;
                let response = line.send(asked.request("sse", "text/event-stream")).await?;
                if response.status() == hyper::StatusCode::NO_CONTENT {
                    return Err(Ended::Finished);
                }
                let body = expect(response, "text/event-stream").await?;
                Ok(Self::Sse(Box::new(Sse::new(body, line))))
            }
            Transport::Poll => {
                let mut line = dialed.line().await?;
                let response = line.send(asked.request("poll", "application/json")).await?;
                let body = whole(expect(response, "application/json").await?, ITEM_BYTES).await?;
                *kept = Some(line);
                Poll::read(&body).map(Self::Poll)
            }
        }
    }

    /// What comes next; why nothing does.
    pub(super) async fn next(&mut self) -> Result<Piece, Ended> {
        match self {
            Self::Ws(ws) => ws.next().await,
            Self::Sse(sse) => sse.next().await,
            Self::Poll(poll) => poll.next(),
        }
    }
}

impl Asked<'_> {
    /// Path and query.
    fn target(&self, endpoint: &str) -> String {
        let since = match self.attempt.since {
            Since::Now => None,
            Since::Earliest => Some("earliest".to_owned()),
            Since::At(position) => Some(position.to_string()),
            // A position of no hub: the answer is a `reset`.
            Since::Lost => Some(Position { epoch: Epoch(0), offset: 0 }.to_string()),
        };
        // Before silence would be taken for death, the answer is there.
        let wait = WAIT.min(self.remote.silence.as_secs() / 2).max(1).to_string();
        let channels = self.attempt.channels.iter().map(|channel| ("channel", channel.as_str()));
        let since = since.as_deref().map(|since| ("since", since));
        let state = self.remote.snapshot.then_some(("snapshot", "1"));
        let wait = (self.attempt.by == Transport::Poll).then_some(("wait", wait.as_str()));
        let ticket = self.credentials.ticket.as_deref().map(|ticket| ("ticket", ticket));
        self.remote.address.target(endpoint, channels.chain(since).chain(state).chain(wait).chain(ticket))
    }

    fn request(&self, endpoint: &str, accept: &'static str) -> Request<Full<Bytes>> {
        let mut headers = self.remote.headers(self.credentials);
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        request("GET", &self.remote.address, &self.target(endpoint), headers, Bytes::new())
    }
}

/// A request of HTTP/1.1.
pub(super) fn request(method: &str, address: &Address, target: &str, mut headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    let host = HeaderValue::from_str(&address.authority).expect("an authority is ASCII");
    headers.insert(HOST, host);
    let mut request = Request::builder().method(method).uri(target).body(Full::new(body)).expect("an encoded query is one of a URL");
    *request.headers_mut() = headers;
    request
}
