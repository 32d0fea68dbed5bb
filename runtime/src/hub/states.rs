//! The states that one client waits for. The application takes them in tasks of their own; a stream only looks whether they are there. Floor 6.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::Shared;
use tokio::time::Instant;

use super::node::Node;
use crate::connection::{Batch, Connection, Due, Fit};
use crate::output::Output;
use crate::position::Position;

/// How long an application has to catch up whose state was older than what a client had.
const CATCH_UP: Duration = Duration::from_millis(20);

/// Takes states for one client; the application's types end behind it.
pub(crate) trait States: Send + Sync {
    /// Takes the state of a channel for who had so much of it, after a while; or joins who does so already.
    fn take(&self, due: &Due, after: Duration) -> Taking;
}

/// A state on its way, for all who wait for it; none where the application failed.
pub(crate) type Taking = Shared<Pin<Box<dyn Future<Output = Option<Taken>> + Send>>>;

/// The state of a channel.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) json: Arc<str>,
    /// What it is good for.
    pub(crate) position: Position,
    /// The newest position before the application was asked.
    pub(crate) begun: Position,
}

/// See the module.
pub(super) struct Waiting {
    pub(super) states: Arc<dyn States>,
    asked: Vec<Asked>,
}

struct Asked {
    channel: Arc<str>,
    taking: Taking,
    /// When its client has waited long enough.
    until: Instant,
}

/// Why a client waits for nothing any more: a state cannot be had.
pub(super) struct Failed;

impl Waiting {
    pub(super) fn new(states: Arc<dyn States>) -> Self {
        Self { states, asked: Vec::new() }
    }

    /// When the longest that it may wait is over.
    pub(super) fn until(&self) -> Option<Instant> {
        self.asked.iter().map(|asked| asked.until).min()
    }

    /// Asks for what is due, and puts out what is there.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        node: &Node,
        connection: &mut Connection,
        batch: &mut Batch,
    ) -> Result<(), Failed> {
        let due: Vec<Due> = connection.due().collect();
        self.asked.retain(|asked| due.iter().any(|due| due.channel == asked.channel));
        for due in due {
            if self.asked.iter().all(|asked| asked.channel != due.channel) {
                let taking = self.states.take(&due, Duration::ZERO);
                self.asked.push(Asked { taking, channel: due.channel, until: now + node.limits.snapshot_time });
            }
        }
        let mut at = 0;
        while let Some(asked) = self.asked.get_mut(at) {
            // What is there stays there while it does not fit in yet.
            let taken = match asked.taking.peek().cloned() {
                Some(taken) => taken,
                None => match asked.taking.poll_unpin(cx) {
                    Poll::Ready(taken) => taken,
                    Poll::Pending => {
                        at += 1;
                        continue;
                    }
                },
            };
            let Taken { json, position, begun } = taken.ok_or(Failed)?;
            match connection.give_state(&asked.channel, position, begun, batch) {
                Fit::Good(position) => {
                    let Asked { channel, .. } = self.asked.remove(at);
                    batch.outputs.push(Output::Snapshot(Box::new((channel, json, position))));
                }
                Fit::Old => {
                    let due = Due { channel: asked.channel.clone(), had: node.head.load() };
                    asked.taking = self.states.take(&due, CATCH_UP);
                }
                Fit::Wait => at += 1,
                Fit::NotDue => drop(self.asked.remove(at)),
            }
        }
        match self.asked.iter().find(|asked| asked.until <= now) {
            Some(Asked { channel, .. }) => {
                tracing::warn!(%channel, "a client has waited too long for the state of its channel");
                Err(Failed)
            }
            None => Ok(()),
        }
    }
}
