//! A typed stream inside the process: the same items in the same order as on the wire. Floor 6.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use serde::de::DeserializeOwned;

use super::Hub;
use super::node::Refused;
use super::timed::Timed;
use crate::connection::Batch;
use crate::contract::{Channels, Realtime};
use crate::error::{ChannelError, SubscribeError};
use crate::item::Item;
use crate::output::Output;
use crate::position::Since;

impl<E: Realtime + DeserializeOwned> Hub<E> {
    /// Reads channels inside the process. The first item is a heartbeat with the position the stream begins at (none after
    /// [`Since::Earliest`]); the stream ends after a bye, or when each of its channels has ended.
    ///
    /// # Errors
    /// Values that make no channel's name, more channels than a connection may have, more connections than the hub may have,
    /// a hub that drains.
    pub fn subscribe(
        &self,
        channels: impl IntoIterator<Item = E::Channel>,
        since: impl Into<Since>,
    ) -> Result<Subscription<E>, SubscribeError> {
        let mut names: Vec<String> = Vec::new();
        for channel in channels {
            let name = name(&channel)?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let limit = self.node.limits.channels_per_connection;
        if names.len() > limit {
            return Err(SubscribeError::Channels { limit });
        }
        let stream = self.node.connect(&names, since.into(), None).map_err(|refused| match refused {
            Refused::Busy => SubscribeError::Busy,
            Refused::Draining => SubscribeError::Draining,
        })?;
        Ok(Subscription { stream: Timed::new(stream.with_channels()), batch: Batch::default(), ready: VecDeque::new() })
    }
}

/// The name of a channel, which its fields may not make.
pub(super) fn name<C: Channels>(channel: &C) -> Result<String, ChannelError> {
    use fmt::Write as _;
    let mut name = String::new();
    // `Display` can only say that it failed; reading its own parts back would not say more.
    write!(name, "{channel}").map_err(|_| ChannelError::Malformed)?;
    Ok(name)
}

/// A stream of items inside the process: `hub.subscribe(…)`.
pub struct Subscription<E> {
    stream: Timed,
    batch: Batch,
    ready: VecDeque<Item<E>>,
}

impl<E: DeserializeOwned> Subscription<E> {
    /// The next item; none after a bye, or when each of its channels has ended.
    pub async fn next(&mut self) -> Option<Item<E>> {
        std::future::poll_fn(|cx| self.poll_item(cx)).await
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item<E>>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Poll::Ready(Some(item));
            }
            if ready!(self.stream.poll_next(cx, &mut self.batch)).is_none() {
                return Poll::Ready(None);
            }
            self.batch.outputs.drain(..).for_each(|output| typed(output, &mut self.ready));
        }
    }
}

/// Nothing in it is pinned.
impl<E> Unpin for Subscription<E> {}

impl<E: DeserializeOwned> futures_util::Stream for Subscription<E> {
    type Item = Item<E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item<E>>> {
        self.get_mut().poll_item(cx)
    }
}

impl<E> fmt::Debug for Subscription<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("position", &self.stream.stream.position()).finish_non_exhaustive()
    }
}

/// The typed items of an output. An event that the enum does not read is handed on as it was written.
fn typed<E: DeserializeOwned>(output: Output, into: &mut VecDeque<Item<E>>) {
    match output {
        Output::Run(run) => into.extend(run.entries().iter().filter_map(|(_, entry)| Item::read(entry.item()).ok())),
        Output::Gap(gap) => into.push_back(Item::Gap { channel: gap.0.to_string(), gap: gap.1 }),
        Output::Snapshot(snapshot) => {
            let (channel, state, position) = *snapshot;
            let snapshot = serde_json::from_str(&state).unwrap_or_default();
            into.push_back(Item::Snapshot { channel: channel.to_string(), snapshot, position });
        }
        Output::Heartbeat(position) => into.push_back(Item::Heartbeat(position)),
        Output::Ended(ended) => into.push_back(Item::Ended { channel: ended.0.to_string(), end: ended.1 }),
        Output::Bye(bye) => into.push_back(Item::Bye(bye)),
        Output::Joined(..) => {}
    }
}
