//! A hub's streams without sockets and without decoding: what the benchmarks of the core read. Floor 6.

use std::task::{Context, Poll};

use tokio::time::Instant;

use super::Hub;
use super::stream::Stream;
use crate::connection::Batch;
use crate::contract::Realtime;
use crate::item::Output;
use crate::position::Since;

/// The room that readers share, as those of one driver do.
#[derive(Debug, Default)]
pub struct Room(Batch);

/// One reader of one channel.
pub struct Raw(Stream);

impl Raw {
    /// Reads the channel from now on; none where the hub is full.
    pub fn connect<E: Realtime>(hub: &Hub<E>, channel: &str) -> Option<Self> {
        hub.node.connect(&[channel.to_owned()], Since::Now, None).ok().map(Self)
    }

    /// How many items there are to be handed on, and how many bytes; pending where there is none.
    pub fn poll(&mut self, cx: &mut Context<'_>, now: Instant, room: &mut Room) -> Poll<(usize, usize)> {
        self.0.poll_next(cx, now, &mut room.0).map(|_| {
            let outputs = &room.0.outputs;
            (outputs.iter().map(Output::len).sum(), outputs.iter().map(Output::bytes).sum())
        })
    }
}

impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Raw").field("position", &self.0.position()).finish_non_exhaustive()
    }
}
