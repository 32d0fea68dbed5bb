//! Server-Sent Events on a socket that HTTP has let go after the head: chunks of the body are written as a WebSocket's frames are.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::time::Instant;

use crate::hub::driver::{Driven, Turn};
use crate::hub::node::Node;
use crate::hub::stream::Stream;
use crate::item::Output;
use crate::protocol::LAST_CHUNK;
use crate::transport::accepted::Accepted;
use crate::transport::direct::Offer;
use crate::transport::socket::Socket;

/// Batches of one connection before the next has its turn.
const ROUNDS: usize = 8;

impl Offer {
    /// The first bytes of the body.
    pub(crate) fn opening(&self) -> Bytes {
        Bytes::copy_from_slice(self.retry.as_bytes())
    }

    /// Writes the items to the socket, on which the answer's head and opening have gone out.
    pub(crate) fn serve(self, accepted: Accepted) {
        let stream = self.stream;
        let node = Arc::clone(stream.node());
        let drivers = Arc::clone(&node.drivers);
        drivers.drive(Connection { node, socket: Socket::accepted(accepted), stage: Stage::Open(stream) });
    }
}

struct Connection {
    node: Arc<Node>,
    socket: Socket,
    stage: Stage,
}

enum Stage {
    Open(Stream),
    /// The end goes out; the stream is held until it is out: a drain waits for it.
    Closing {
        until: Instant,
        stream: Option<Stream>,
    },
}

/// The client is gone, or takes nothing: there is nobody to tell.
struct Gone;

impl Connection {
    /// Says whether there may be more to do.
    fn poll_open(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Result<bool, Gone> {
        for _ in 0..ROUNDS {
            let wrote = self.write(cx, turn)?;
            // A client has nothing more to say. What it sends all the same is thrown away; its end is the stream's.
            let read = match self.socket.poll_read(cx, &mut turn.input) {
                Poll::Ready(Ok(0) | Err(_)) => return Err(Gone),
                read => read.is_ready(),
            };
            if !(wrote || read) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes what waits, then a batch. Says whether all was taken.
    fn write(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Result<bool, Gone> {
        if !self.socket.is_clear() {
            let flushed = self.socket.poll_flush(cx, turn.now).map_err(|_| Gone)?;
            if self.socket.stalled_at(self.node.limits.stalled).is_some_and(|at| at <= turn.now) {
                tracing::debug!("an SSE stream ends: its client takes nothing");
                return Err(Gone);
            }
            if flushed.is_pending() {
                return Ok(false);
            }
        }
        let Stage::Open(stream) = &mut self.stage else { return Ok(false) };
        let Poll::Ready(next) = stream.poll_next(cx, turn.now, &mut turn.batch) else { return Ok(false) };
        let outputs = &mut turn.batch.outputs;
        let over = next.is_none() || matches!(outputs.last(), Some(Output::Bye(_)));
        outputs.drain(..).for_each(|output| output.chunks(&mut turn.pieces));
        if over {
            turn.pieces.push(Bytes::from_static(LAST_CHUNK));
            self.close(turn.now);
        }
        let written = self.socket.poll_write(cx, turn.now, &mut turn.pieces);
        Ok(written.map_err(|_| Gone)?.is_ready() && !over)
    }

    fn close(&mut self, now: Instant) {
        let until = now + self.node.limits.stalled;
        if let Stage::Open(stream) = std::mem::replace(&mut self.stage, Stage::Closing { until, stream: None }) {
            self.stage = Stage::Closing { until, stream: Some(stream) };
        }
    }
}

impl Driven for Connection {
    fn touch(&self) -> usize {
        let stream = if let Stage::Open(stream) = &self.stage { stream.touch() } else { 0 };
        stream + self.socket.touch()
    }

    fn poll(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Poll<()> {
        if let Stage::Open(_) = self.stage {
            match self.poll_open(cx, turn) {
                Err(Gone) => return Poll::Ready(()),
                Ok(true) => cx.waker().wake_by_ref(),
                Ok(false) => {}
            }
        }
        match &mut self.stage {
            Stage::Open(_) => Poll::Pending,
            Stage::Closing { until, .. } if *until <= turn.now => Poll::Ready(()),
            Stage::Closing { stream, .. } => self.socket.poll_end(cx, turn, || drop(stream.take())).map(drop),
        }
    }

    fn due(&self) -> Option<Instant> {
        match &self.stage {
            // While the socket takes nothing, the stream is not asked.
            Stage::Open(stream) if self.socket.is_clear() => stream.due(),
            Stage::Open(_) => self.socket.stalled_at(self.node.limits.stalled),
            Stage::Closing { until, .. } => Some(*until),
        }
    }
}
