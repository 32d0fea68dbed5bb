//! WebSocket (RFC 6455): one task a connection, which reads, writes and keeps time; nothing is queued between them.
//!
//! What is written is taken from the stream only when the socket has taken what came before, so a slow client holds one batch and is
//! overtaken in the log, not in a queue. This is the only file that knows tungstenite.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::response::Response;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Utf8Bytes};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::connection::Batch;
use crate::guard::Guard;
use crate::hub::node::{Node, Refused};
use crate::hub::stream::Stream;
use crate::hub::timed::Timed;
use crate::item::Output;
use crate::position::Position;
use crate::protocol::{self, Bye, ByeReason, close};
use crate::transport::ask::{Asks, NotUnderstood};
use crate::transport::handshake::Handshake;
use crate::transport::problem::Problem;
use crate::transport::request::Asked;

/// What one read takes from the socket: clients say little, and an idle connection keeps this much.
const READ_BYTES: usize = 1 << 10;
/// What is gathered before a write: most batches leave in one, and an idle connection keeps at most this much.
const WRITE_BYTES: usize = 16 << 10;

/// Accepts. What refuses a stream is told inside it, for a browser shows a page nothing of a refused upgrade.
pub(crate) fn answer(node: &Arc<Node>, guard: Guard, asked: &Asked, handshake: Handshake) -> Response {
    let stream = node.connect(&asked.channels, asked.since, Some(node.limits.ws_ping));
    let (response, upgrade) = handshake.accept();
    tokio::spawn(serve(Arc::clone(node), guard, stream, upgrade));
    response
}

async fn serve(node: Arc<Node>, guard: Guard, stream: Result<Stream, Refused>, upgrade: OnUpgrade) {
    let Ok(upgraded) = upgrade.await else { return };
    let inbound = Some(node.limits.inbound_bytes);
    let config = WebSocketConfig::default().max_message_size(inbound).max_frame_size(inbound);
    let config = config.read_buffer_size(READ_BYTES).write_buffer_size(WRITE_BYTES);
    let io = Watched { io: TokioIo::new(upgraded), written: 0 };
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    let (end, stream) = match stream {
        Ok(stream) => {
            let mut connection = Connection::new(&node, guard, stream, socket);
            let Err(end) = poll_fn(|cx| connection.poll(cx)).await;
            socket = connection.socket;
            (end, Some(connection.stream.stream))
        }
        Err(refused) => (refuse(&node, &refused, &mut socket), None),
    };
    tracing::debug!(?end, "a WebSocket ends");
    // As long as for a pong: who has not taken the end by then will not take it.
    let _ = timeout(node.limits.ws_pong, finish(end, stream, socket, &node)).await;
}

/// Tells a client why it gets no stream.
fn refuse(node: &Node, refused: &Refused, socket: &mut Socket) -> End {
    let retry_ms = node.retry();
    let (problem, reason) = match refused {
        Refused::Busy => (Problem::Busy { retry_ms }, ByeReason::Busy),
        Refused::Draining => (Problem::Draining { retry_ms }, ByeReason::Drain),
    };
    problem.note(node, "ws");
    let bye = feed(socket, protocol::bye_item(&Bye { reason, retry_ms }).into());
    bye.err().unwrap_or_else(|| End::bye(reason))
}

type Socket = WebSocketStream<Watched>;

/// Why a connection ends.
#[derive(Debug)]
enum End {
    /// There is nobody to tell.
    Gone,
    /// The client closed; tungstenite has its answer ready.
    Theirs,
    /// We close, with this code and why.
    Ours(u16, &'static str),
    /// The client takes nothing, or gives no sign of life.
    Stalled,
}

impl End {
    fn bye(reason: ByeReason) -> Self {
        match reason {
            ByeReason::Drain => Self::Ours(close::DRAIN, "drain"),
            ByeReason::Busy => Self::Ours(close::LATER, "busy"),
            ByeReason::Stalled => Self::Ours(close::LATER, "stalled"),
            ByeReason::Expired => Self::Ours(close::EXPIRED, "expired"),
            ByeReason::Lifetime => Self::Ours(close::GOING_AWAY, "lifetime"),
        }
    }

    fn error(error: &Error) -> Self {
        match error {
            Error::Capacity(_) => Self::Ours(close::LARGE, "over the limit `inbound_bytes`"),
            Error::Utf8(_) => Self::Ours(close::UTF8, "not UTF-8"),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Gone,
            Error::Protocol(_) => Self::Ours(close::PROTOCOL, "not the WebSocket protocol"),
            _ => Self::Gone,
        }
    }
}

struct Connection<'a> {
    node: &'a Node,
    stream: Timed,
    batch: Batch,
    asks: Asks,
    socket: Socket,
    /// Bytes wait for the socket; nothing more is taken until they are gone.
    unflushed: bool,
    /// What the socket had taken when it last took nothing more, and when that has lasted too long.
    blocked: Option<u64>,
    stall: Pin<Box<Sleep>>,
    /// When the next ping is due, or its pong.
    beat: Pin<Box<Sleep>>,
    pinged: bool,
}

/// Ready where something moved, so that it is worth looking again.
type Step = Poll<Result<(), End>>;

impl<'a> Connection<'a> {
    fn new(node: &'a Node, guard: Guard, stream: Stream, socket: Socket) -> Self {
        let asks = Asks::new(guard, node.limits.channels_per_connection);
        let (stall, beat) = (Box::pin(sleep(node.limits.stalled)), Box::pin(sleep(node.limits.ws_ping)));
        Self {
            node,
            stream: Timed::new(stream),
            batch: Batch::default(),
            asks,
            socket,
            unflushed: false,
            blocked: None,
            stall,
            beat,
            pinged: false,
        }
    }

    /// Moves whatever can move: a batch and a text in turn, so that neither side starves the other.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Infallible, End>> {
        loop {
            let wrote = self.poll_write(cx)?.is_ready();
            let read = self.poll_read(cx)?.is_ready();
            let beat = self.poll_beat(cx)?.is_ready();
            if !(wrote || read || beat) {
                return Poll::Pending;
            }
        }
    }

    /// Flushes what waits; then feeds a batch, and the answers that are due.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Step {
        if self.unflushed {
            match self.socket.poll_flush_unpin(cx) {
                Poll::Ready(flushed) => flushed.map_err(|_| End::Gone)?,
                Poll::Pending => return self.poll_stall(cx),
            }
            (self.unflushed, self.blocked) = (false, None);
        }
        self.asks.progress(&mut self.stream.stream, cx);
        if let Poll::Ready(next) = self.stream.poll_next(cx, &mut self.batch) {
            next.ok_or(End::Ours(close::GOING_AWAY, "the stream ended"))?;
            for output in std::mem::take(&mut self.batch.outputs) {
                self.send(&output)?;
            }
        }
        // After the batch: the position is that of its end, and nothing still to be sent is below it.
        self.answer(self.stream.stream.position())?;
        if self.unflushed { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn send(&mut self, output: &Output) -> Result<(), End> {
        match output {
            Output::Joined(tag, position) => {
                self.asks.joined(*tag);
                return self.answer(Some(*position));
            }
            output => self.feed(output.item().unwrap_or_default())?,
        }
        if let Output::Bye(bye) = output { Err(End::bye(bye.reason)) } else { Ok(()) }
    }

    /// Sends the answers that are due at this place of the stream.
    fn answer(&mut self, position: Option<Position>) -> Result<(), End> {
        while let Some(answer) = self.asks.answer(position) {
            if let Some(problem) = &answer.refused {
                problem.note(self.node, "ws");
            }
            self.feed(answer.json.into())?;
        }
        Ok(())
    }

    fn feed(&mut self, text: Bytes) -> Result<(), End> {
        self.unflushed = true;
        feed(&mut self.socket, text)
    }

    /// Ends a connection whose socket has taken nothing for the whole of the limit.
    fn poll_stall(&mut self, cx: &mut Context<'_>) -> Step {
        let written = self.socket.get_ref().written;
        if self.blocked != Some(written) {
            self.blocked = Some(written);
            self.stall.as_mut().reset(Instant::now() + self.node.limits.stalled);
        }
        self.stall.as_mut().poll(cx).map(|()| Err(End::Stalled))
    }

    /// Reads one WebSocket message, unless as many wait for their answers as may.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Step {
        if self.asks.waiting() >= self.node.limits.inbound_waiting {
            return Poll::Pending;
        }
        let Some(read) = ready!(self.socket.poll_next_unpin(cx)) else { return Poll::Ready(Err(End::Gone)) };
        Poll::Ready(match read.map_err(|error| End::error(&error))? {
            Message::Text(text) => self.asks.take(&text).map_err(|NotUnderstood| End::Ours(close::NOT_UNDERSTOOD, "not understood")),
            Message::Binary(_) => Err(End::Ours(close::BINARY, "texts only")),
            Message::Close(_) => Err(End::Theirs),
            Message::Pong(_) => {
                self.pinged = false;
                self.beat.as_mut().reset(Instant::now() + self.node.limits.ws_ping);
                Ok(())
            }
            // Its pong is queued already.
            Message::Ping(_) | Message::Frame(_) => {
                self.unflushed = true;
                Ok(())
            }
        })
    }

    /// Pings, and ends a connection whose pong does not come.
    fn poll_beat(&mut self, cx: &mut Context<'_>) -> Step {
        ready!(self.beat.as_mut().poll(cx));
        self.beat.as_mut().reset(Instant::now() + self.node.limits.ws_pong);
        // While writing is blocked no ping gets through, and while reading rests no pong: other limits hold then.
        if self.unflushed || self.asks.waiting() >= self.node.limits.inbound_waiting {
            return Poll::Ready(Ok(()));
        }
        if self.pinged {
            return Poll::Ready(Err(End::Stalled));
        }
        (self.pinged, self.unflushed) = (true, true);
        Poll::Ready(self.socket.start_send_unpin(Message::Ping(Bytes::new())).map_err(|_| End::Gone))
    }
}

/// Hands the socket a text; it gathers, and is flushed once.
fn feed(socket: &mut Socket, text: Bytes) -> Result<(), End> {
    let text = Utf8Bytes::try_from(text).expect("an item is JSON, and an answer is");
    socket.start_send_unpin(Message::Text(text)).map_err(|_| End::Gone)
}

/// Closes: the close goes out, then the writing half ends, and what still comes is thrown away, for a socket that is closed over unread
/// bytes resets, and the client would lose what it was told. `stream` is held until then: a drain waits for it.
async fn finish(end: End, mut stream: Option<Stream>, mut socket: Socket, node: &Node) {
    let (code, why) = match end {
        End::Gone => return,
        End::Theirs => (None, ""),
        End::Ours(code, why) => (Some(code), why),
        End::Stalled => {
            stream = None;
            let bye = Bye { reason: ByeReason::Stalled, retry_ms: node.retry() };
            let _ = feed(&mut socket, protocol::bye_item(&bye).into());
            (Some(close::LATER), "stalled")
        }
    };
    if let Some(code) = code {
        let close = CloseFrame { code: code.into(), reason: Utf8Bytes::from_static(why) };
        let _ = socket.start_send_unpin(Message::Close(Some(close)));
    }
    let flushed = poll_fn(|cx| socket.poll_flush_unpin(cx)).await;
    drop(stream);
    if flushed.is_ok() {
        let io = socket.get_mut();
        let _ = poll_fn(|cx| Pin::new(&mut *io).poll_shutdown(cx)).await;
        let _ = poll_fn(|cx| io.poll_discard(cx)).await;
    }
}

/// The upgraded connection, which counts what it has taken: the only sign of life of a client that is slow.
struct Watched {
    io: TokioIo<Upgraded>,
    written: u64,
}

impl Watched {
    /// Reads to the end, and keeps nothing.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut bytes = [0; READ_BYTES];
            let mut buffer = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, bytes))?;
        self.written += written as u64;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
