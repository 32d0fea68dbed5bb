//! Server-Sent Events on a socket that HTTP has let go after the head: chunks of the body are written as a WebSocket's frames are.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::time::Instant;

use crate::hub::driver::{Driven, Turn};
use crate::item::Output;
use crate::protocol::LAST_CHUNK;
use crate::transport::accepted::Accepted;
use crate::transport::direct::Offer;
use crate::transport::line::{Cut, Line, ROUNDS, Stage};
use crate::transport::socket::Socket;

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
        drivers.drive(Connection(Line { node, socket: Socket::accepted(accepted), stage: Stage::Open(stream) }));
    }
}

struct Connection(Line);

impl Connection {
    /// Moves whatever can move. Says whether there may be more to do.
    fn poll_open(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Result<bool, Cut> {
        for _ in 0..ROUNDS {
            let wrote = self.write(cx, turn)?;
            // A client has nothing more to say. What it sends all the same is thrown away; its end is the stream's.
            let read = match self.0.socket.poll_read(cx, &mut turn.input)? {
                Poll::Ready(0) => return Err(Cut::Gone),
                read => read.is_ready(),
            };
            if !(wrote || read) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes what waits, then a batch. Says whether there may be more to write.
    fn write(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Result<bool, Cut> {
        if self.0.flush(cx, turn.now)?.is_pending() {
            return Ok(false);
        }
        let Stage::Open(stream) = &mut self.0.stage else { return Ok(false) };
        let Poll::Ready(next) = stream.poll_next(cx, turn.now, &mut turn.batch) else { return Ok(false) };
        let outputs = &mut turn.batch.outputs;
        let over = next.is_none() || matches!(outputs.last(), Some(Output::Bye(_)));
        outputs.drain(..).for_each(|output| output.chunks(&mut turn.pieces));
        if over {
            turn.pieces.push(Bytes::from_static(LAST_CHUNK));
            self.0.close(turn.now + self.0.node.limits.stalled);
        }
        let written = self.0.socket.poll_write(cx, turn.now, &mut turn.pieces)?;
        Ok(written.is_ready() && turn.batch.more && !over)
    }
}

impl Driven for Connection {
    fn poll(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Poll<()> {
        if let Stage::Open(_) = self.0.stage {
            match self.poll_open(cx, turn) {
                // There is nobody to tell.
                Err(Cut::Gone) => return Poll::Ready(()),
                Err(Cut::Stalled) => {
                    tracing::debug!("an SSE stream ends: its client takes nothing");
                    return Poll::Ready(());
                }
                Ok(true) => cx.waker().wake_by_ref(),
                Ok(false) => {}
            }
        }
        self.0.poll_closing(cx, turn)
    }

    fn due(&self) -> Option<Instant> {
        self.0.due()
    }

    fn touch(&self) -> usize {
        self.0.touch()
    }
}
