//! Server-Sent Events on a socket that HTTP has let go after the head: chunks of the body are written as a WebSocket's frames are.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::time::Instant;

use crate::head::{Seat, Words};
use crate::hub::driver::{Driven, Turn};
use crate::protocol::LAST_CHUNK;
use crate::transport::accepted::Accepted;
use crate::transport::direct::Offer;
use crate::transport::let_go::Hold;
use crate::transport::line::{Cut, Line, ROUNDS, Stage};
use crate::transport::socket::Socket;
use crate::transport::sse::deny_empty;

impl Offer {
    /// The first bytes of the body.
    pub(crate) fn opening(&self) -> Bytes {
        Bytes::copy_from_slice(self.retry.as_bytes())
    }

    /// Writes the items to the socket, on which the answer's head and opening have gone out.
    pub(crate) fn serve(self, accepted: Accepted, hold: Hold) {
        let stream = self.stream;
        let node = Arc::clone(stream.node());
        let drivers = Arc::clone(&node.drivers);
        let line = Line { node, socket: Socket::accepted(accepted), stage: Stage::Open(stream) };
        drivers.drive(Connection { line, hold: Some(hold) });
    }
}

struct Connection {
    line: Line,
    /// Its server waits for it until the end is out.
    hold: Option<Hold>,
}

impl Connection {
    /// Does what it was told from outside.
    fn obey(&mut self, words: &Words, turn: &mut Turn) -> Result<(), Cut> {
        let told = self.line.obey(words)?;
        if let Stage::Open(stream) = &mut self.line.stage {
            deny_empty(stream);
            told.iter().for_each(|output| output.chunks(&mut turn.pieces));
            self.line.socket.queue(turn.pieces.drain(..));
        }
        Ok(())
    }

    /// Moves whatever can move. Says whether there may be more to do.
    fn poll_open(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Result<bool, Cut> {
        for _ in 0..ROUNDS {
            let wrote = self.write(cx, turn)?;
            // A client has nothing more to say. What it sends all the same is thrown away; its end is the stream's.
            let read = match self.line.socket.poll_read(cx, &mut turn.input)? {
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
        if self.line.flush(cx, turn.now)?.is_pending() {
            return Ok(false);
        }
        let Stage::Open(stream) = &mut self.line.stage else { return Ok(false) };
        let Poll::Ready(next) = stream.poll_next(cx, turn.now, &mut turn.batch) else { return Ok(false) };
        let outputs = &mut turn.batch.outputs;
        let over = next.is_none() || stream.has_ended();
        outputs.drain(..).for_each(|output| output.chunks(&mut turn.pieces));
        if over {
            turn.pieces.push(Bytes::from_static(LAST_CHUNK));
            self.line.close(turn.now + self.line.node.limits.stalled);
        }
        let written = self.line.socket.poll_write(cx, turn.now, &mut turn.pieces)?;
        Ok(written.is_ready() && turn.batch.more && !over)
    }
}

impl Driven for Connection {
    fn poll(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Poll<()> {
        if self.hold.as_mut().is_some_and(|hold| hold.is_cut(cx)) {
            tracing::debug!("an SSE stream ends: its server is gone");
            return Poll::Ready(());
        }
        let seat = self.line.told();
        let mut words = seat.as_deref().map(Seat::turn);
        if let Some(words) = words.as_mut().and_then(|words| words.take())
            && self.obey(&words, turn).is_err()
        {
            return Poll::Ready(());
        }
        if let Stage::Open(_) = self.line.stage {
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
        let hold = &mut self.hold;
        self.line.poll_closing(cx, turn, || drop(hold.take()))
    }

    fn due(&self) -> Option<Instant> {
        self.line.due()
    }

    fn touch(&self) -> usize {
        self.line.touch()
    }
}

#[cfg(test)]
mod tests;
