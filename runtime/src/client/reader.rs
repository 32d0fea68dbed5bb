//! A stream of items from a hub elsewhere, and the task that keeps it going.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use serde::de::DeserializeOwned;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::error::ClientError;
use super::http::Line;
use super::machine::{Attempt, Ended, Machine, Next, Transport};
use super::remote::{Remote, die};
use super::stream::{Asked, Dialed, Piece, Stream};
use crate::item::Item;
use crate::position::{Position, Since};

/// Items that are read ahead. Whoever takes them more slowly than they come is overtaken, and told, as any client.
const AHEAD: usize = 64;

/// How a reader is connected at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It connects, over this transport.
    Connecting(Transport),
    /// It is connected, over this transport.
    Connected(Transport),
    /// It was cut, or not let in, and comes back after this time.
    Resting(Duration),
    /// The stream has ended.
    Over,
}

/// An item, and the position when one has it.
struct Given<E> {
    item: Result<Item<E>, ClientError>,
    position: Option<Position>,
}

/// A stream of items from a hub elsewhere: `remote.subscribe(…)`. Dropped, it leaves.
pub struct Reader<E> {
    items: mpsc::Receiver<Given<E>>,
    position: Option<Position>,
    status: watch::Receiver<Status>,
    /// Ends with the reader.
    _task: JoinSet<()>,
}

impl<E: DeserializeOwned + Send + 'static> Reader<E> {
    /// Starts the task.
    pub(super) fn start(remote: Arc<Remote>, channels: Vec<String>, since: Since) -> Self {
        let (give, items) = mpsc::channel(AHEAD);
        let machine = Machine::new(remote.rules(), channels, since);
        let (tell, status) = watch::channel(Status::Connecting(remote.transports[0]));
        let position = machine.position();
        let task = Task { remote, machine, give, tell, begun: Instant::now(), kept: None };
        let mut tasks = JoinSet::new();
        tasks.spawn(task.run());
        Self { items, position, status, _task: tasks }
    }

    /// The next item; none when every channel has ended, or after an error.
    pub async fn next(&mut self) -> Option<Result<Item<E>, ClientError>> {
        std::future::poll_fn(|cx| self.poll_item(cx)).await
    }
}

impl<E> Reader<E> {
    /// How far the items that it gave have come. Kept somewhere, it is where another reader goes on.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// How it is connected at the moment.
    #[must_use]
    pub fn status(&self) -> Status {
        *self.status.borrow()
    }

    /// The status, to be waited for.
    #[must_use]
    pub fn statuses(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Item<E>, ClientError>>> {
        let Some(Given { item, position }) = ready!(self.items.poll_recv(cx)) else { return Poll::Ready(None) };
        self.position = position;
        Poll::Ready(Some(item))
    }
}

/// Nothing in it is pinned.
impl<E> Unpin for Reader<E> {}

impl<E> futures_util::Stream for Reader<E> {
    type Item = Result<Item<E>, ClientError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(cx)
    }
}

impl<E> fmt::Debug for Reader<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("position", &self.position).field("status", &self.status()).finish_non_exhaustive()
    }
}

/// What drives a machine over sockets.
struct Task<E> {
    remote: Arc<Remote>,
    machine: Machine,
    give: mpsc::Sender<Given<E>>,
    tell: watch::Sender<Status>,
    begun: Instant,
    /// The connection of the poll before.
    kept: Option<Line>,
}

impl<E: DeserializeOwned> Task<E> {
    async fn run(mut self) {
        loop {
            match self.machine.next(self.now()) {
                Next::Rest(until) => {
                    self.tell.send_replace(Status::Resting(until.saturating_sub(self.now())));
                    sleep_until(self.begun + until).await;
                }
                Next::Open(attempt) => {
                    // Between two polls it is connected.
                    if attempt.by != Transport::Poll || *self.tell.borrow() != Status::Connected(Transport::Poll) {
                        self.tell.send_replace(Status::Connecting(attempt.by));
                    }
                    let Err(ended) = self.connection(&attempt).await else { continue };
                    tracing::debug!(?ended, by = ?attempt.by, "a connection ended");
                    self.machine.ended(self.now(), ended, die());
                }
                Next::Over(error) => {
                    self.tell.send_replace(Status::Over);
                    if let Some(error) = error {
                        self.hand(Err(error)).await;
                    }
                    return;
                }
            }
        }
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// When what is waited for is late; at once, where there is no connection any more.
    fn deadline(&self) -> Instant {
        self.begun + self.machine.deadline().unwrap_or_default()
    }

    /// One connection from its dialling to its end: an error, or where the machine itself has ended it.
    async fn connection(&mut self, attempt: &Attempt) -> Result<(), Ended> {
        let dialling = async {
            let credentials = self.remote.credentials(attempt.expired).await?;
            let kept = if attempt.by == Transport::Poll { &mut self.kept } else { &mut None };
            Ok((credentials, Dialed::dial(&self.remote, kept).await?))
        };
        let deadline = self.begun + self.machine.deadline().unwrap_or_default();
        let (credentials, dialed) = timeout_at(deadline, dialling).await.unwrap_or(Err(Ended::Unreachable))?;
        self.machine.opened(self.now());
        let deadline = self.deadline();
        let asked = Asked { remote: &self.remote, attempt, credentials: &credentials };
        let opening = timeout_at(deadline, Stream::open(dialed, &asked, &mut self.kept));
        let mut stream = opening.await.unwrap_or(Err(Ended::Silent))?;
        while let Some(until) = self.machine.deadline() {
            let piece = timeout_at(self.begun + until, stream.next()).await.unwrap_or(Err(Ended::Silent))?;
            self.take(piece, attempt.by).await;
        }
        Ok(())
    }

    async fn take(&mut self, piece: Piece, by: Transport) {
        let now = self.now();
        match piece {
            Piece::Life => self.machine.heard(now),
            Piece::Retry(after) => self.machine.retry(after),
            Piece::Position(position) => {
                self.connected(by);
                if self.machine.reached(now, position) {
                    self.hand(Ok(Item::Heartbeat(position))).await;
                }
            }
            Piece::Item(json) => match Item::read(&json) {
                Ok(item) => {
                    self.connected(by);
                    if self.machine.item(now, &item, die()) {
                        self.hand(Ok(item)).await;
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "an item that this version does not know is left out");
                    self.machine.heard(now);
                }
            },
        }
    }

    fn connected(&self, by: Transport) {
        self.tell.send_if_modified(|status| std::mem::replace(status, Status::Connected(by)) != Status::Connected(by));
    }

    /// Hands it on, as soon as there is room for it. A reader that was dropped has ended this task.
    async fn hand(&mut self, item: Result<Item<E>, ClientError>) {
        let _ = self.give.send(Given { item, position: self.machine.position() }).await;
        // While it waited for the application, nothing was read: that is no silence of the hub's.
        self.machine.heard(self.now());
    }
}
