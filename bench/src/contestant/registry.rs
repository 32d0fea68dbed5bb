//! Rooms as people make them: a map of broadcast channels.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};

/// What each room holds for readers that are late: the number in axum's own example.
const CAPACITY: usize = 100;

/// The rooms, and what is sent to each.
pub(super) struct Registry<Event>(Arc<Mutex<HashMap<u32, Sender<Event>>>>);

impl<Event> Clone for Registry<Event> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Event> Default for Registry<Event> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<Event: Clone + Send + 'static> Registry<Event> {
    fn senders(&self) -> MutexGuard<'_, HashMap<u32, Sender<Event>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The events of the rooms in this query.
    pub(super) fn subscribe(&self, query: &str) -> BoxStream<'static, Event> {
        let mut senders = self.senders();
        let rooms = super::rooms(query).into_iter();
        let mut receivers: Vec<_> = rooms.map(|room| senders.entry(room).or_insert_with(|| channel(CAPACITY).0).subscribe()).collect();
        match (receivers.pop(), receivers.is_empty()) {
            (Some(only), true) => received(only).boxed(),
            (last, _) => stream::select_all(receivers.into_iter().chain(last).map(|each| received(each).boxed())).boxed(),
        }
    }

    pub(super) fn publish(&self, room: u32, event: Event) {
        if let Some(sender) = self.senders().get(&room) {
            // Nobody listens: nothing to do.
            let _ = sender.send(event);
        }
    }
}

/// What comes. A reader that is too slow misses some and goes on, as nearly everybody writes it.
fn received<Event: Clone + Send + 'static>(receiver: Receiver<Event>) -> impl Stream<Item = Event> {
    stream::unfold(receiver, async |mut receiver| {
        loop {
            match receiver.recv().await {
                Ok(event) => return Some((event, receiver)),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    })
}
