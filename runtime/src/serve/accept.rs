//! The accept loop: it ends when it is told to, and for no other reason. Floor 8.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::connection::{Connection, Server};
use super::socket::{prepare, turn_away};
use crate::transport::accepted::Place;
use crate::transport::problem::Problem;

/// How long nothing is accepted when it cannot be, unless a connection ends before: it is for want of descriptors or memory.
const PAUSE: Duration = Duration::from_secs(1);
/// Clients that are being told that there is no place; who comes beyond them is closed without a word.
const TURNED_AWAY: usize = 64;
/// The seconds after which they may come back are spread over this many.
const RETRY_SPREAD: usize = 5;
/// How long a task that is cut may take to notice. One that blocks its thread does not.
const CUT: Duration = Duration::from_secs(1);

/// See the module. Dropping it cuts its connections.
pub(super) struct Accept {
    server: Arc<Server>,
    ending: watch::Receiver<bool>,
    connections: JoinSet<()>,
    taken: Arc<AtomicUsize>,
    leaving: Arc<AtomicUsize>,
    turned_away: usize,
}

impl Accept {
    pub(super) fn new(server: Arc<Server>, ending: watch::Receiver<bool>) -> Self {
        Self { server, ending, connections: JoinSet::new(), taken: Arc::default(), leaving: Arc::default(), turned_away: 0 }
    }

    /// Accepts until the signal; then the listener is closed.
    pub(super) async fn run(&mut self, listener: TcpListener, signal: impl Future<Output = ()>) {
        let mut signal = std::pin::pin!(signal);
        let mut was_refused = false;
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut signal => break,
                Some(_) = self.connections.join_next() => continue,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((tcp, peer)) => {
                    was_refused = false;
                    self.take(tcp, peer);
                }
                Err(error) if is_of_the_client(&error) => tracing::debug!(%error, "a client was gone before it was accepted"),
                Err(error) => {
                    if !was_refused {
                        tracing::error!(%error, "nothing can be accepted: a connection has to end first, or `ulimit -n` to be raised");
                    }
                    was_refused = true;
                    tokio::select! {
                        () = &mut signal => break,
                        Some(_) = self.connections.join_next() => {}
                        () = sleep(PAUSE) => {}
                    }
                }
            }
        }
        tracing::info!(connections = self.open(), "the server ends");
    }

    /// One connection more; or a client that is told to come back.
    fn take(&mut self, tcp: TcpStream, peer: SocketAddr) {
        prepare(&tcp, &self.server.limits);
        if let Some(place) = Place::take(&self.taken, self.server.limits.connections) {
            self.connections.spawn(Connection::new(&self.server, tcp, place, peer, &self.ending).serve());
        } else if let Some(place) = Place::take(&self.leaving, TURNED_AWAY) {
            self.turned_away += 1;
            tracing::debug!(%peer, "a client is turned away: over the limit `connections`");
            let answer = busy(1 + self.turned_away % RETRY_SPREAD);
            self.connections.spawn(async move {
                turn_away(tcp, answer.as_bytes()).await;
                drop(place);
            });
        }
    }

    /// Waits for the end of all connections.
    pub(super) async fn finished(&mut self) {
        while self.connections.join_next().await.is_some() {}
        self.server.let_go.ended().await;
    }

    fn open(&self) -> usize {
        self.connections.len() + self.server.let_go.len()
    }

    /// Ends them.
    pub(super) async fn cut(&mut self) {
        tracing::warn!(connections = self.open(), "the limit `finish` is over: what is in flight is cut");
        self.connections.abort_all();
        self.server.let_go.cut();
        let _ = timeout(CUT, self.finished()).await;
    }
}

impl Drop for Accept {
    fn drop(&mut self) {
        self.server.let_go.cut();
    }
}

/// Whether the error is that of the connection which would have been accepted (accept(2)), and the next may be better.
fn is_of_the_client(error: &io::Error) -> bool {
    use ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, Interrupted, NetworkDown, NetworkUnreachable,
        PermissionDenied, TimedOut,
    };
    matches!(
        error.kind(),
        ConnectionAborted
            | ConnectionRefused
            | ConnectionReset
            | HostUnreachable
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
            | PermissionDenied
            | TimedOut
    )
}

/// The refusal of a server that is full, for who comes back after so many seconds.
fn busy(seconds: usize) -> String {
    let json = Problem::Busy { retry_ms: 0 }.json();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\nretry-after: {seconds}\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{json}",
        json.len()
    )
}
