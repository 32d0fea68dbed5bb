//! A stream on the socket that it is written to: what WebSocket and SSE share of their life, from the first write to the last.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Instant;

use crate::head::{Seat, Words};
use crate::hub::driver::Turn;
use crate::hub::node::Node;
use crate::hub::stream::Stream;
use crate::output::Output;
use crate::transport::socket::Socket;

/// Batches and reads of one connection before the next has its turn.
pub(crate) const ROUNDS: usize = 8;

/// See the module.
pub(crate) struct Line {
    pub(crate) node: Arc<Node>,
    pub(crate) socket: Socket,
    pub(crate) stage: Stage,
}

pub(crate) enum Stage {
    Open(Stream),
    /// What was said last goes out. The stream is held until then: a drain waits for it.
    Closing {
        until: Instant,
        stream: Option<Stream>,
    },
}

/// Why nothing more can be written.
pub(crate) enum Cut {
    Gone,
    /// The socket has taken nothing for the whole of the limit.
    Stalled,
}

impl From<io::Error> for Cut {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl Line {
    /// Writes what waits. Until then nothing is taken from the stream.
    pub(crate) fn flush(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<Poll<()>, Cut> {
        if self.socket.is_clear() {
            return Ok(Poll::Ready(()));
        }
        let flushed = self.socket.poll_flush(cx, now)?;
        if self.socket.stalled_at(self.node.limits.stalled).is_some_and(|at| at <= now) { Err(Cut::Stalled) } else { Ok(flushed) }
    }

    /// Begins the end, which must be over by `until`.
    pub(crate) fn close(&mut self, until: Instant) {
        if let Stage::Open(stream) = std::mem::replace(&mut self.stage, Stage::Closing { until, stream: None }) {
            self.stage = Stage::Closing { until, stream: Some(stream) };
        }
    }

    /// Lets the stream go before the end.
    pub(crate) fn abandon(&mut self) {
        if let Stage::Closing { stream, .. } = &mut self.stage {
            *stream = None;
        }
    }

    /// Goes on with the end, if it has begun; `written` is called when the last is out. Ready when it is over.
    pub(crate) fn poll_closing(&mut self, cx: &mut Context<'_>, turn: &mut Turn, written: impl FnOnce()) -> Poll<()> {
        match &mut self.stage {
            Stage::Open(_) => Poll::Pending,
            Stage::Closing { until, .. } if *until <= turn.now => Poll::Ready(()),
            Stage::Closing { stream, .. } => {
                let written = || {
                    drop(stream.take());
                    written();
                };
                self.socket.poll_end(cx, turn, written).map(drop)
            }
        }
    }

    /// When something is to be done without being woken.
    pub(crate) fn due(&self) -> Option<Instant> {
        match &self.stage {
            // While the socket takes nothing, the stream is not asked.
            Stage::Open(stream) if self.socket.is_clear() => stream.due(),
            Stage::Open(_) => self.socket.stalled_at(self.node.limits.stalled),
            Stage::Closing { until, .. } => Some(*until),
        }
    }

    /// The seat of a stream that may be told something from outside.
    pub(crate) fn told(&self) -> Option<Arc<Seat>> {
        match &self.stage {
            Stage::Open(stream) | Stage::Closing { stream: Some(stream), .. } => stream.told().cloned(),
            Stage::Closing { stream: None, .. } => None,
        }
    }

    /// Does what the stream was told from outside, and gives what its client is told. It is cut where its client has not taken yet what it
    /// may have no more: there is no way to take back half a frame.
    pub(crate) fn obey(&mut self, words: &Words) -> Result<Vec<Output>, Cut> {
        let (Stage::Open(stream) | Stage::Closing { stream: Some(stream), .. }) = &mut self.stage else { return Ok(Vec::new()) };
        let Some(told) = stream.obey(words) else { return Ok(Vec::new()) };
        if self.socket.is_clear() {
            return Ok(told);
        }
        tracing::debug!("a connection is cut: its client may not have what it has not taken");
        Err(Cut::Gone)
    }

    /// Looks at what a poll will look at first, and gives something of it.
    pub(crate) fn touch(&self) -> usize {
        let stream = if let Stage::Open(stream) = &self.stage { stream.touch() } else { 0 };
        stream + self.socket.touch()
    }
}
