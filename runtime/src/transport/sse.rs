//! Server-Sent Events (WHATWG HTML, section 9.2): a response body over a stream of items.
//!
//! A stream that its client does not read is not polled by hyper, so it costs its place and what hyper holds; the log overtakes it,
//! and it is told so when it reads on.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};

use crate::connection::Batch;
use crate::head::Seat;
use crate::hub::node::Node;
use crate::hub::stream::Stream;
use crate::hub::timed::Timed;
use crate::output::Output;
use crate::protocol;
use crate::transport::direct::{HandOver, Offer};
use crate::transport::later::Later;
use crate::transport::problem::Problem;

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

/// Answers 200, whatever passes: an `EventSource` never comes back after another status; so 204 where there is nothing to come back for.
pub(crate) fn answer(node: &Arc<Node>, stream: Result<Stream, Later>, hand_over: Option<HandOver>) -> Response {
    let retry_ms = stream.as_ref().map_or_else(|later| later.bye.retry_ms, |_| node.retry());
    let retry = protocol::sse_retry(retry_ms);
    let items = match stream.map(Stream::with_channels) {
        // The one status that tells an `EventSource` to come back no more and is no error.
        Ok(stream) if stream.is_over() => return StatusCode::NO_CONTENT.into_response(),
        Ok(stream) => match &hand_over {
            Some(hand_over) => {
                hand_over.offer(Offer { stream, retry });
                Items { opening: BytesMut::new(), source: Source::Offered(hand_over.clone()) }
            }
            None => Items { opening: retry.as_bytes().into(), source: Source::Stream(Box::new(Timed::new(stream))) },
        },
        Err(Later { problem, bye }) => {
            problem.note(node, "sse");
            let bye = Output::Bye(bye).events();
            Items { opening: [retry.as_bytes(), &bye].concat().as_slice().into(), source: Source::Over }
        }
    };
    let mut response = Response::new(Body::new(items));
    if let Some(hand_over) = hand_over {
        response.extensions_mut().insert(hand_over);
    }
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
    source: Source,
}

/// Where the items come from.
enum Source {
    Stream(Box<Timed>),
    /// Whoever serves the request may take the stream; it comes from here where nobody did.
    Offered(HandOver),
    /// The last item is out, or somebody else writes them.
    Over,
}

impl http_body::Body for Items {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Source::Offered(hand_over) = &self.source {
            (self.opening, self.source) = match hand_over.take() {
                Some(Offer { stream, retry }) => (retry.as_bytes().into(), Source::Stream(Box::new(Timed::new(stream)))),
                None => (BytesMut::new(), Source::Over),
            };
        }
        let seat = if let Source::Stream(timed) = &self.source { timed.stream.told().cloned() } else { None };
        let mut turn = seat.as_deref().map(Seat::turn);
        if let (Some(words), Source::Stream(timed)) = (turn.as_mut().and_then(|words| words.take()), &mut self.source) {
            let told = timed.stream.obey(&words);
            deny_empty(&mut timed.stream);
            told.iter().flatten().for_each(|output| self.opening.extend_from_slice(&output.events()));
        }
        let opening = std::mem::take(&mut self.opening);
        let bytes = Batch::with_own(|batch| {
            let next = if let Source::Stream(stream) = &mut self.source { stream.poll_next(cx, batch) } else { Poll::Ready(None) };
            match next {
                Poll::Ready(Some(())) => Poll::Ready(join(opening, &batch.outputs)),
                Poll::Pending if opening.is_empty() => Poll::Pending,
                // The first bytes never wait: by them a client knows that it is connected.
                Poll::Pending => Poll::Ready(opening.freeze()),
                Poll::Ready(None) => {
                    self.source = Source::Over;
                    Poll::Ready(opening.freeze())
                }
            }
        });
        bytes.map(|bytes| (!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.source, Source::Over) && self.opening.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let mut size = SizeHint::new();
        if let Source::Offered(hand_over) = &self.source {
            size.set_lower(hand_over.least());
        }
        size
    }
}

/// Ends a stream that is left without a channel: nothing could come of it any more.
pub(crate) fn deny_empty(stream: &mut Stream) {
    if stream.channels() == 0 {
        stream.deny();
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
