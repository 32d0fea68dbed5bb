//! A stream with a timer of its own, for those that a task of their own polls. Floor 6.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep};

use super::stream::Stream;
use crate::connection::Batch;

/// See the module.
pub(crate) struct Timed {
    pub(crate) stream: Stream,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Timed {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, timer: None }
    }

    /// As [`Stream::poll_next`], but woken at the stream's time, too.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>, batch: &mut Batch) -> Poll<Option<()>> {
        loop {
            if let Poll::Ready(next) = self.stream.poll_next(cx, Instant::now(), batch) {
                return Poll::Ready(next);
            }
            let Some(due) = self.stream.due() else { return Poll::Pending };
            let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
            // A timer that ends too early is left alone: that costs a look then, not a change at every event.
            if timer.deadline() > due || timer.is_elapsed() {
                timer.as_mut().reset(due);
            }
            ready!(timer.as_mut().poll(cx));
        }
    }
}
