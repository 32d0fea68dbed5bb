//! How long a connection may wait for what it waits for. Floor 8.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

use super::limits::ServeLimits;
use crate::transport::accepted::Pulse;

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// A request: the limit `idle`.
    Request,
    /// The rest of a request's head: `head`.
    Head,
    /// The application, which takes as long as it takes.
    Answer,
    /// That the client takes its bytes: `stalled`.
    Client,
}

/// More than any connection lives: a limit above it would be a time that no clock has.
pub(super) const FOREVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// One connection's time. Its timer is moved forward only when it has rung too early, never at each request.
pub(super) struct Clock {
    pulse: Arc<Pulse>,
    idle: Duration,
    head: Duration,
    stalled: Duration,
    /// What is waited for, with a count that changes when that is waited for anew; and since when.
    wait: (Wait, u64),
    since: Instant,
    /// What was read before the request that is waited for; none where bytes are no sign of one, as in HTTP/2.
    heads: Option<u64>,
    begun: u64,
    timer: Pin<Box<Sleep>>,
}

impl Clock {
    pub(super) fn new(pulse: &Arc<Pulse>, limits: &ServeLimits) -> Self {
        Self {
            pulse: Arc::clone(pulse),
            idle: limits.idle.min(FOREVER),
            head: limits.head.min(FOREVER),
            stalled: limits.stalled.min(FOREVER),
            wait: (Wait::Request, 0),
            since: Instant::now(),
            heads: Some(0),
            begun: 0,
            timer: Box::pin(sleep(limits.idle)),
        }
    }

    /// From here on bytes are no sign of a request.
    #[cfg(feature = "http2")]
    pub(super) fn without_heads(&mut self) {
        self.heads = None;
    }

    /// Gives the next request as long as a head may take, and no more.
    #[cfg(feature = "http2")]
    pub(super) fn hurry(&mut self) {
        self.idle = self.head;
        self.since = Instant::now();
    }

    /// Whether the time without a request is over.
    pub(super) fn is_over(&self) -> bool {
        self.since.elapsed() >= self.idle
    }

    /// Ready when what is waited for has not come in its time; or, for a request, in `rest`, once the client has all that was answered.
    pub(super) fn poll(&mut self, rest: Duration, cx: &mut Context<'_>) -> Poll<Wait> {
        self.look();
        loop {
            let wait = self.wait.0;
            let most = match wait {
                Wait::Request if self.pulse.flushed.load(Relaxed) => self.idle.min(rest),
                // In HTTP/2 an answer may end unseen: so it is looked at again.
                Wait::Request | Wait::Answer => self.idle,
                Wait::Head => self.head,
                Wait::Client => self.stalled,
            };
            let at = self.since + most;
            if self.timer.deadline() > at {
                self.timer.as_mut().reset(at);
            }
            ready!(self.timer.as_mut().poll(cx));
            match wait {
                _ if Instant::now() < at => self.timer.as_mut().reset(at),
                Wait::Answer => self.since = Instant::now(),
                wait => return Poll::Ready(wait),
            }
        }
    }

    /// Finds out what is waited for now.
    fn look(&mut self) {
        let Pulse { read, written, blocked, open, begun, .. } = &*self.pulse;
        let (read, begun, is_answering) = (read.load(Relaxed), begun.load(Relaxed), open.load(Relaxed) > 0);
        if let Some(before) = &mut self.heads
            && (is_answering || begun != self.begun)
        {
            *before = read;
        }
        self.begun = begun;
        let wait = if blocked.load(Relaxed) {
            (Wait::Client, written.load(Relaxed))
        } else if is_answering {
            (Wait::Answer, begun)
        } else if self.heads.is_some_and(|before| before < read) {
            (Wait::Head, begun)
        } else {
            (Wait::Request, begun)
        };
        if self.wait != wait {
            self.wait = wait;
            self.since = Instant::now();
        }
    }
}
