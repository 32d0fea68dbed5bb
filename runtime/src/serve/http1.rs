//! HTTP/1 on one connection. hyper has it only while there is something to do: between requests it is a socket and a timer. Floor 8.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1::{Builder, UpgradeableConnection};
use hyper_util::rt::TokioIo;

use super::clock::Wait;
use super::connection::Connection;
use super::limits::ServeLimits;
use super::service::Service;
use super::socket::turn_away;
use crate::transport::accepted::Accepted;

/// How long hyper keeps its 16 KiB of buffers for the next request. Below that a busy connection would get them anew at each.
const REST: Duration = Duration::from_secs(1);
/// The least that hyper takes for `max_buf_size`.
const HYPER_LEAST: usize = 8 << 10;
/// What hyper takes on the stack, and so faster than any other number.
const HYPER_HEADERS: usize = 100;
/// What a request's map of fields takes at the most, whatever is asked for.
const MOST_HEADERS: usize = 1 << 15;

const TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

type Http = UpgradeableConnection<TokioIo<Accepted>, Service>;

/// hyper with these limits. It is given no timer: the connection's own clock knows more.
pub(super) fn builder(limits: &ServeLimits) -> Builder {
    let mut builder = Builder::new();
    builder.max_buf_size(limits.buffer_bytes.max(limits.head_bytes).max(HYPER_LEAST));
    builder.max_header_size(limits.head_bytes);
    if limits.headers != HYPER_HEADERS {
        builder.max_headers(limits.headers.min(MOST_HEADERS));
    }
    builder.header_read_timeout(None);
    builder
}

/// Serves until the connection ends.
pub(super) async fn serve(connection: &mut Connection) {
    while connection.wait().await {
        let Some(socket) = connection.socket.take() else { return };
        let http = connection.server.http1.serve_connection(TokioIo::new(socket), connection.service()).with_upgrades();
        connection.socket = drive(connection, Box::new(http)).await;
    }
}

/// Serves until the connection ends, or rests: then the socket comes back.
async fn drive(connection: &mut Connection, mut http: Box<Http>) -> Option<Accepted> {
    let mut is_ending = false;
    loop {
        let Connection { clock, ending, pulse, .. } = connection;
        let next = poll_fn(|cx| match Pin::new(&mut *http).poll(cx) {
            Poll::Ready(served) => Poll::Ready(Next::Over(served)),
            Poll::Pending if pulse.lets_go() => Poll::Ready(Next::LetGo),
            Poll::Pending => clock.poll(REST, cx).map(Next::Late),
        });
        let next = tokio::select! {
            biased;
            next = next => next,
            _ = ending.wait_for(|is_ending| *is_ending), if !is_ending => Next::End,
        };
        match next {
            Next::End => {
                is_ending = true;
                Pin::new(&mut *http).graceful_shutdown();
            }
            Next::LetGo => {
                if let (Some(offer), Some(parts)) = (pulse.take_offer(), http.into_parts()) {
                    // What was read of a next request is not answered: the connection ends with the stream.
                    offer.serve(parts.io.into_inner(), connection.server.let_go.hold());
                }
                return None;
            }
            Next::Over(served) => {
                if let Err(error) = served {
                    tracing::debug!(peer = %connection.peer, %error, "a connection ends");
                }
                return None;
            }
            Next::Late(Wait::Request) if !connection.clock.is_over() => return take_back(*http),
            Next::Late(wait) => {
                tracing::debug!(peer = %connection.peer, ?wait, "a connection waited too long");
                if wait == Wait::Head
                    && let Some(socket) = take_back(*http)
                {
                    Box::pin(turn_away(socket.into_tcp().0, TIMEOUT)).await;
                }
                return None;
            }
        }
    }
}

enum Next {
    /// The head of an answer is out, and the rest is written without hyper.
    LetGo,
    /// hyper is done.
    Over(hyper::Result<()>),
    /// This did not come in its time.
    Late(Wait),
    /// The server ends.
    End,
}

/// Takes the socket out of hyper: nothing is under way, and all that was answered is out. What hyper has read is read again.
fn take_back(http: Http) -> Option<Accepted> {
    let parts = http.into_parts()?;
    let mut socket = parts.io.into_inner();
    socket.unread(parts.read_buf);
    Some(socket)
}
