//! All channels of one enum; the only floor that knows it. Floor 6.

pub(crate) mod accounts;
mod drain;
pub(crate) mod driver;
mod feed;
pub(crate) mod node;
#[cfg(test)]
mod order;
pub(crate) mod people;
mod presence;
pub(crate) mod raw;
pub(crate) mod replies;
pub(crate) mod states;
pub(crate) mod stream;
mod subscription;
mod sweep;
mod table;
pub(crate) mod timed;
#[cfg(feature = "tickets")]
pub(crate) mod used;

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use crate::broker::{Broker, Memory, Publication};
use crate::contract::{Named, Realtime};
use crate::error::{BrokerError, PublishError, Refusal};
use crate::head::Word;
use crate::limits::Limits;
use crate::metrics::Stats;
use crate::position::Position;
use crate::protocol::{self, Presence};

use node::{Facts, Node, OfChannel, now};
pub use subscription::Subscription;

/// All channels of one enum of events, in this process. Cloning it counts a reference.
///
/// ```
/// # use triwire::{Hub, Realtime, Since};
/// # #[derive(Realtime, serde::Serialize, serde::Deserialize, schemars::JsonSchema, Debug)]
/// # #[serde(tag = "type", rename_all = "snake_case")]
/// # enum ChatEvent {
/// #     #[realtime(channel = "lobby")]
/// #     Notice { text: String },
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let hub = Hub::<ChatEvent>::new();
/// let mut items = hub.subscribe([ChatChannel::lobby()], Since::Now)?;
/// hub.publish(ChatEvent::Notice { text: "hello".into() }).await?;
/// # items.next().await;
/// println!("{:?}", items.next().await);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Hub<E> {
    pub(crate) node: Arc<Node>,
    events: PhantomData<fn(E)>,
}

impl<E: Realtime> Hub<E> {
    /// A hub of one process, in memory, with the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A hub with limits or a broker of your own.
    #[must_use]
    pub fn builder() -> HubBuilder<E> {
        HubBuilder { limits: Limits::default(), events: PhantomData }
    }

    /// Publishes an event on the channel that its fields name, and gives its position; a volatile event has none.
    ///
    /// It yields now and then, so that a publisher in a loop does not outrun its readers. There is no waiting for the slowest:
    /// a reader that is overtaken is told a gap.
    ///
    /// # Errors
    /// [`PublishError::Refused`]: nothing happened. [`PublishError::Unknown`]: the broker's answer was lost.
    pub async fn publish(&self, event: E) -> Result<Option<Position>, PublishError> {
        self.publish_for(event, None).await
    }

    /// Publishes what a command led to.
    pub(crate) async fn publish_for(&self, event: E, cause: Option<Arc<str>>) -> Result<Option<Position>, PublishError> {
        tokio::task::coop::consume_budget().await;
        self.node.give_way().await;
        let route = event.route();
        let channel = route.channel.map_err(Refusal::Channel)?;
        let mut json = Vec::with_capacity(128);
        (E::CONTRACT.encode)(&event, &mut json).map_err(Refusal::Encode)?;
        drop(event);
        protocol::in_one_line(&mut json);
        // The key is kept beside the event, so it counts as a part of it.
        let bytes = json.len() + route.latest.as_ref().map_or(0, String::len);
        if bytes > self.node.limits.event_bytes {
            return Err(Refusal::Large { bytes }.into());
        }
        let (channel, event, latest) = (channel.into(), json.into(), route.latest.map(Arc::from));
        let (volatile, audience, ends, at) = (route.volatile, route.audience, route.ends, now());
        self.node.publish(Publication { channel, volatile, at, event, cause, audience, latest, ends }).await
    }

    /// Publishes from a thread that runs no async code, and waits for the answer. With the memory broker it never waits.
    ///
    /// # Errors
    /// As [`Hub::publish`].
    pub fn publish_blocking(&self, event: E) -> Result<Option<Position>, PublishError> {
        let mut publishing = std::pin::pin!(self.publish(event));
        let waker = std::task::Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut cx = std::task::Context::from_waker(&waker);
        loop {
            match publishing.as_mut().poll(&mut cx) {
                std::task::Poll::Ready(published) => return published,
                std::task::Poll::Pending => std::thread::park(),
            }
        }
    }

    /// The newest position: read it, load your state, subscribe since it, and nothing is lost between.
    pub async fn position(&self) -> Position {
        self.node.newest().await
    }

    /// How many connections read the channel now.
    #[must_use]
    pub fn subscribers(&self, channel: &E::Channel) -> usize {
        subscription::name(channel).map_or(0, |name| self.node.subscribers(&name))
    }

    /// Who is in the channel now, by the [keys](crate::Identity::key) of their identities: whoever has a connection to it, or had one
    /// until [`Limits::presence_debounce`] ago. Above [`Limits::presence_listed`] people only how many. Nobody is in a channel whose
    /// template has no `presence`.
    #[must_use]
    pub fn presence(&self, channel: &E::Channel) -> Presence {
        self.node.presence(&subscription::name(channel).unwrap_or_default())
    }

    /// Takes a channel from a user, by the [key](crate::Identity::key) of their identity, on all their connections: nothing of it that
    /// was published before or after reaches them once this returns, but what the kernel had already. The clients are told an `end`.
    ///
    /// What `authorize` said before is asked again, so first change what it looks at, then call this.
    pub async fn revoke(&self, user: &str, channel: &E::Channel) {
        if let Ok(name) = subscription::name(channel) {
            self.node.tell(user, &Word::Revoked(name.into())).await;
        }
    }

    /// Ends all connections of a user, by the [key](crate::Identity::key) of their identity, with a `bye`: nothing reaches them once this
    /// returns. They may come back if the application's extractor lets them.
    pub async fn disconnect(&self, user: &str) {
        self.node.tell(user, &Word::Disconnected).await;
    }

    /// The hub's numbers now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.node.stats()
    }

    /// Ends every stream with a `bye`, spread over `within`, and refuses new ones from now on. Returns when all have ended, or
    /// after `within`. Await it before a graceful shutdown, which otherwise waits for ever on a stream that is open.
    pub async fn drain(&self, within: Duration) {
        self.node.drain(within).await;
    }
}

/// Wakes a thread that waits for a future.
struct Unpark(std::thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl<E> Clone for Hub<E> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone(), events: PhantomData }
    }
}

impl<E: Realtime> Default for Hub<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Realtime> std::fmt::Debug for Hub<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("events", &E::CONTRACT.name).field("head", &self.node.head).finish_non_exhaustive()
    }
}

/// Makes a [`Hub`].
pub struct HubBuilder<E> {
    limits: Limits,
    events: PhantomData<fn(E)>,
}

impl<E: Realtime> HubBuilder<E> {
    /// Bounds of your own.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// A hub in memory.
    #[must_use]
    pub fn build(self) -> Hub<E> {
        let broker = Memory::new(self.limits.remembered_channels);
        let opened = self.open(broker).now_or_never().expect("a memory broker answers at once");
        opened.expect("a memory broker of its own opens")
    }

    /// A hub kept by this broker.
    ///
    /// # Errors
    /// What the broker says when it cannot be opened.
    pub async fn open(self, broker: impl Broker) -> Result<Hub<E>, BrokerError> {
        let contract = E::CONTRACT;
        let guards: OfChannel = |name| Named::of::<E::Channel>(name).is_ok_and(|named| E::CONTRACT.guards(named.template));
        let guards = contract.variants.iter().any(|variant| variant.guarded).then_some(guards);
        let presences: OfChannel = |name| Named::of::<E::Channel>(name).is_ok_and(|named| E::CONTRACT.has_presence(named.template));
        let presences = contract.tells_presence().then_some(presences);
        let facts = Facts { history: contract.history, keep: contract.keep, guards, presences };
        let node = Node::new(self.limits, facts, Arc::new(broker));
        node.open().await?;
        Ok(Hub { node, events: PhantomData })
    }
}

impl<E> std::fmt::Debug for HubBuilder<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubBuilder").field("limits", &self.limits).finish()
    }
}
