//! HTTP/2 on one connection, with prior knowledge (RFC 9113, section 3.3). Floor 8.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::task::Poll;

use futures_util::FutureExt as _;
use hyper::server::conn::http2::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::timeout;

use super::clock::{FOREVER, Wait};
use super::connection::Connection;
use super::limits::ServeLimits;

/// What a client sends first (section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The most that a window may be (section 6.9.1).
const WINDOW_MOST: u32 = (1 << 31) - 1;
/// How many streams' windows a connection's is: more than one upload goes on at a time.
const WINDOWS: u32 = 4;

fn builder(limits: &ServeLimits, peer: SocketAddr) -> Builder<Spawn> {
    let window = u32::try_from(limits.buffer_bytes).unwrap_or(WINDOW_MOST).min(WINDOW_MOST);
    let mut builder = Builder::new(Spawn { peer });
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.http2_ping.min(FOREVER))
        .keep_alive_timeout(limits.http2_pong.min(FOREVER))
        .max_concurrent_streams(limits.http2_streams)
        .initial_stream_window_size(window)
        .initial_connection_window_size(window.saturating_mul(WINDOWS).min(WINDOW_MOST))
        .max_send_buf_size(window as usize)
        // There is no WebSocket over HTTP/2 (RFC 8441) here, and a browser that is not told of any takes HTTP/1.1.
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX));
    builder
}

/// Whether the connection is meant to be HTTP/2. None: it ended before that was known, or took too long to say so.
pub(super) async fn is_meant(connection: &mut Connection) -> Option<bool> {
    let begins = timeout(connection.server.limits.head, connection.socket.as_mut()?.begins_with(PREFACE)).await;
    if begins.is_err() {
        tracing::debug!(peer = %connection.peer, "a connection waited too long for its opening");
    }
    begins.ok()?.ok()
}

/// Serves until the connection ends.
pub(super) async fn serve(connection: &mut Connection) {
    let Some(socket) = connection.socket.take() else { return };
    let service = connection.service();
    let mut http = Box::pin(builder(&connection.server.limits, connection.peer).serve_connection(TokioIo::new(socket), service));
    connection.clock.without_heads();
    let mut is_ending = false;
    loop {
        let Connection { clock, ending, .. } = connection;
        let next = poll_fn(|cx| match http.as_mut().poll(cx) {
            Poll::Ready(served) => Poll::Ready(Ok(served)),
            Poll::Pending => clock.poll(FOREVER, cx).map(Err),
        });
        let over = tokio::select! {
            biased;
            next = next => next,
            _ = ending.wait_for(|is_ending| *is_ending), if !is_ending => Err(Wait::Request),
        };
        match over {
            Ok(served) => {
                if let Err(error) = served {
                    tracing::debug!(peer = %connection.peer, %error, "a connection ends");
                }
                return;
            }
            Err(Wait::Request) if !is_ending => {
                is_ending = true;
                http.as_mut().graceful_shutdown();
                connection.clock.hurry();
            }
            Err(wait) => {
                tracing::debug!(peer = %connection.peer, ?wait, "a connection waited too long");
                return;
            }
        }
    }
}

/// Runs each request in a task of its own.
#[derive(Debug, Clone)]
struct Spawn {
    peer: SocketAddr,
}

impl<F> hyper::rt::Executor<F> for Spawn
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, request: F) {
        let peer = self.peer;
        tokio::spawn(async move {
            if AssertUnwindSafe(request).catch_unwind().await.is_err() {
                super::connection::panicked(peer);
            }
        });
    }
}
