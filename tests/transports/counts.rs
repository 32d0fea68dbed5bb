//! An application of these tests: counters, whose states it gives.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use axum::Router;
use axum::extract::FromRequestParts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::{Endpoints, Given, Hub, Identity, Limits, Position, Realtime};

use super::client::within;
use super::server::listen;

/// What happens to a counter.
#[derive(Debug, Clone, PartialEq, Realtime, Serialize, Deserialize, JsonSchema)]
#[realtime(state = Count)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum CountEvent {
    /// It is more.
    #[realtime(channel = "count:{name}")]
    Added { name: String, by: u64 },
}

/// How many it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub(super) struct Count {
    pub(super) total: u64,
    /// Whose it is, where it is somebody's.
    pub(super) whose: String,
}

/// How many it is, and the position of the newest that is counted.
type Total = (u64, Option<Position>);

/// What the application has: each change and its event under one lock, so that it knows what a state is good for.
#[derive(Clone)]
pub(super) struct Counts {
    pub(super) hub: Hub<CountEvent>,
    totals: Arc<tokio::sync::Mutex<BTreeMap<String, Total>>>,
    /// How often it was asked for a state.
    pub(super) asked: Arc<AtomicUsize>,
}

impl Counts {
    pub(super) fn new(limits: Limits) -> Self {
        Self { hub: Hub::builder().limits(limits).build(), totals: Arc::default(), asked: Arc::default() }
    }

    pub(super) async fn add(&self, name: &str, by: u64) -> Position {
        let mut totals = self.totals.lock().await;
        let (total, position) = totals.entry(name.to_owned()).or_default();
        *total += by;
        *position = self.hub.publish(CountEvent::Added { name: name.to_owned(), by }).await.expect("published");
        position.expect("with a position")
    }

    pub(super) async fn state(&self, channel: CountChannel) -> (Count, Option<Position>) {
        self.asked.fetch_add(1, Relaxed);
        let CountChannel::Count { name } = channel;
        let (total, position) = self.totals.lock().await.get(&name).copied().unwrap_or_default();
        (Count { total, whose: String::new() }, position)
    }

    /// Serves, and says what its state is good for.
    pub(super) async fn exact(&self) -> SocketAddr {
        self.gives(|counts, channel| async move { counts.state(channel).await }).await
    }

    /// Serves what this makes of the counts.
    pub(super) async fn gives<Answer>(&self, give: impl Fn(Self, CountChannel) -> Answer + Clone + Send + Sync + 'static) -> SocketAddr
    where
        Answer: Future<Output: Given<Count>> + Send + 'static,
    {
        let counts = self.clone();
        self.listen(move |endpoints| endpoints.snapshot(move |channel: CountChannel| give(counts.clone(), channel))).await
    }

    /// Until it was asked for so many states.
    pub(super) async fn asked_for(&self, states: usize) {
        within(async {
            while self.asked.load(Relaxed) < states {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    pub(super) async fn listen<U>(&self, with: impl FnOnce(Endpoints<CountEvent>) -> Endpoints<CountEvent, (), U>) -> SocketAddr
    where
        U: Identity + FromRequestParts<()>,
    {
        listen(Router::new().nest("/chat", with(self.hub.endpoints()).into_router())).await
    }
}
