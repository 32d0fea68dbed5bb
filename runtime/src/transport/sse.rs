//! Server-Sent Events (WHATWG HTML, section 9.2): a response body over a stream of items.
//!
//! A stream that its client does not read is not polled by hyper, so it costs its place and what hyper holds; the log overtakes it,
//! and it is told so when it reads on.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http_body::Frame;

use crate::connection::Batch;
use crate::hub::node::{Node, Refused};
use crate::hub::timed::Timed;
use crate::item::Output;
use crate::protocol::{self, Bye, ByeReason};
use crate::transport::problem::Problem;
use crate::transport::request::Asked;

/// Refuses only who says that no event stream will do; a client that says nothing takes anything (RFC 9110, 12.5.1).
pub(crate) fn acceptable(headers: &HeaderMap) -> Result<(), Problem> {
    let mut named = headers.get_all(header::ACCEPT).iter().peekable();
    let takes = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused = parts.any(|part| matches!(part.strip_prefix("q="), Some("0" | "0." | "0.0" | "0.00" | "0.000")));
        matches!(&*range, "" | "*" | "*/*" | "text/*" | "text/event-stream") && !refused
    };
    if named.peek().is_none() || named.any(|value| value.to_str().is_ok_and(|list| list.split(',').any(takes))) {
        Ok(())
    } else {
        Err(Problem::NotAcceptable)
    }
}

/// Answers 200, whatever passes: an `EventSource` never comes back after another status.
pub(crate) fn answer(node: &Arc<Node>, asked: &Asked) -> Response {
    let retry_ms = node.retry();
    let mut opening = BytesMut::from(protocol::sse_retry(retry_ms).as_bytes());
    let stream = match node.connect(&asked.channels, asked.since, Some(node.limits.sse_heartbeat)) {
        Ok(stream) => Some(Timed::new(stream)),
        Err(refused) => {
            let (problem, reason) = match refused {
                Refused::Busy => (Problem::Busy { retry_ms }, ByeReason::Busy),
                Refused::Draining => (Problem::Draining { retry_ms }, ByeReason::Drain),
            };
            problem.note(node, "sse");
            opening.extend_from_slice(&Output::Bye(Bye { reason, retry_ms }).events());
            None
        }
    };
    let mut response = Response::new(Body::new(Items { opening, stream }));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // `no-transform` keeps compressing proxies and layers from holding bytes back; nginx reads the other.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The body.
struct Items {
    /// What goes out before, and with, the first batch.
    opening: BytesMut,
    /// None once the last item is out.
    stream: Option<Timed>,
}

impl http_body::Body for Items {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let opening = std::mem::take(&mut self.opening);
        let mut batch = Batch::default();
        let next = self.stream.as_mut().map_or(Poll::Ready(None), |stream| stream.poll_next(cx, &mut batch));
        let bytes = match next {
            Poll::Ready(Some(())) => join(opening, &batch.outputs),
            Poll::Pending if opening.is_empty() => return Poll::Pending,
            // The first bytes never wait: by them a client knows that it is connected.
            Poll::Pending => opening.freeze(),
            Poll::Ready(None) => {
                self.stream = None;
                if opening.is_empty() {
                    return Poll::Ready(None);
                }
                opening.freeze()
            }
        };
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_none() && self.opening.is_empty()
    }
}

/// A batch in one piece, for hyper writes each piece as a chunk of its own; a single event's bytes are shared, not copied.
fn join(mut opening: BytesMut, batch: &[Output]) -> Bytes {
    if let ([output], true) = (batch, opening.is_empty()) {
        return output.events();
    }
    batch.iter().for_each(|output| opening.extend_from_slice(&output.events()));
    opening.freeze()
}
