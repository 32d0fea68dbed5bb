//! One client in, bytes out: the three transports over one stream of items. Nothing here knows the enum, so it is compiled once. Floor 7.
//!
//! A request is first checked without the application ([`Call::read`]: method, headers, query), then its user is found by the router,
//! then it is answered ([`Call::answer`]): what is cheap to refuse is refused before a database is asked.

#[cfg(feature = "serve")]
pub(crate) mod accepted;
pub(crate) mod address;
mod ask;
#[cfg(feature = "serve")]
mod chunked;
pub(crate) mod command;
pub(crate) mod direct;
mod end;
mod handshake;
mod inbound;
mod intake;
mod later;
#[cfg(feature = "serve")]
pub(crate) mod let_go;
mod line;
pub(crate) mod origin;
mod poll;
pub(crate) mod problem;
mod renew;
mod request;
mod socket;
mod sse;
pub(crate) mod ticket;
mod ws;

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;

use crate::guard::{Guard, ReadName};
use crate::hub::node::{Node, Refused};
use crate::hub::stream::Stream;
use direct::HandOver;
use handshake::Handshake;
use later::Later;
use origin::Origins;
use problem::Problem;
use request::Asked;

/// Answers with JSON, which is true for now only.
pub(crate) fn json(body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The ways in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Sse,
    Ws,
    Poll,
}

impl Transport {
    /// Its name, in paths and in the log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sse => "sse",
            Self::Ws => "ws",
            Self::Poll => "poll",
        }
    }
}

/// A request that was understood.
pub(crate) struct Call {
    asked: Asked,
    way: Way,
}

enum Way {
    /// With the leave to write to the socket itself, where whoever serves the request gives it.
    Sse(Option<HandOver>),
    Ws(Handshake),
    Poll,
}

impl Call {
    /// Checks all that needs no application.
    pub(crate) fn read(transport: Transport, parts: &mut Parts, node: &Node, read: ReadName, origins: &Origins) -> Result<Self, Problem> {
        // axum's `get` would answer HEAD too, by a stream whose body is thrown away.
        if parts.method != Method::GET {
            return Err(Problem::MethodNotAllowed { allow: "GET" });
        }
        let way = match transport {
            Transport::Sse => {
                sse::acceptable(&parts.headers)?;
                Way::Sse(parts.extensions.remove::<HandOver>())
            }
            Transport::Ws => {
                let handshake = Handshake::read(parts)?;
                if !origins.pass(&parts.uri, &parts.headers) {
                    return Err(Problem::OriginRefused);
                }
                Way::Ws(handshake)
            }
            Transport::Poll => Way::Poll,
        };
        let mut asked = Asked::read(parts.uri.query().unwrap_or_default(), &node.limits, read)?;
        if transport != Transport::Ws && asked.channels.is_empty() {
            return Err(Problem::ChannelMissing);
        }
        if transport == Transport::Sse {
            asked.resume(&parts.headers);
        }
        Ok(Self { asked, way })
    }

    /// Asks about the channels, and answers.
    pub(crate) async fn answer(self, node: &Arc<Node>, guard: Guard) -> Result<Response, Problem> {
        let stream = self.connect(node, &guard).await?;
        self.with(node, guard, stream).await
    }

    /// Tells its client that there is no room, in the words of its transport.
    pub(crate) async fn busy(self, node: &Arc<Node>, guard: Guard) -> Result<Response, Problem> {
        self.with(node, guard, Err(Later::refused(Refused::Busy, node))).await
    }

    async fn with(self, node: &Arc<Node>, guard: Guard, stream: Result<Stream, Later>) -> Result<Response, Problem> {
        match self.way {
            Way::Sse(hand_over) => Ok(sse::answer(node, stream, hand_over)),
            Way::Ws(handshake) => Ok(ws::answer(node, guard, stream, handshake)),
            Way::Poll => poll::answer(node, stream, &self.asked).await,
        }
    }

    /// Connects once the application allows all channels, and has taken none of them back meanwhile.
    async fn connect(&self, node: &Arc<Node>, guard: &Guard) -> Result<Result<Stream, Later>, Problem> {
        let counted = match guard.connects(node) {
            Ok(counted) => counted,
            Err(over) => return Ok(Err(Later::over(over, node))),
        };
        let heartbeat = match self.way {
            Way::Sse(_) => Some(node.limits.sse_heartbeat),
            Way::Ws(_) => Some(node.limits.ws_ping),
            Way::Poll => None,
        };
        let states = guard.states().filter(|_| self.asked.snapshot);
        if self.asked.snapshot && !guard.has_snapshots(node) {
            return Err(Problem::SnapshotUnsupported);
        }
        loop {
            let claim = guard.claim();
            guard.ask_all(&self.asked.channels).await?;
            match node.connect(&self.asked.channels, self.asked.since, heartbeat) {
                Err(refused) => return Ok(Err(Later::refused(refused, node))),
                Ok(mut stream) => {
                    if node.guards.is_some() {
                        stream.show(guard.eyes());
                    }
                    if let Some(states) = &states {
                        stream.want_states(self.asked.since, states.clone());
                    }
                    // A poll is given them with its answer, whenever that is.
                    if self.asked.snapshot && !matches!(self.way, Way::Poll) {
                        stream.want_lists();
                    }
                    if claim.as_ref().is_none_or(|claim| stream.claim(claim)) {
                        stream.counts_as(counted);
                        return Ok(Ok(stream));
                    }
                }
            }
        }
    }
}
