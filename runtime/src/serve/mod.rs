//! A server for the endpoints, and for all else that an application answers: an accept loop over hyper. Floor 8.
//!
//! What a general server leaves open is decided here: small buffers, a bound on every wait, and an end that returns.

mod accept;
mod clock;
mod connection;
mod http1;
#[cfg(feature = "http2")]
mod http2;
mod limits;
mod service;
mod signal;
mod socket;

use std::future::{Future, IntoFuture};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::future::join_all;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::contract::Realtime;
use crate::hub::Hub;
use crate::transport::let_go::LetGo;
use accept::Accept;
use clock::FOREVER;
use connection::Server;
pub use limits::ServeLimits;
pub use signal::shutdown_signal;

/// Serves the application until it is told to end: HTTP/1.1, and HTTP/2 with the feature `http2`. Await what it gives.
///
/// A handler may ask for `ConnectInfo<SocketAddr>`. A handler that panics ends its own request, and is logged.
///
/// ```no_run
/// # use triwire::{Hub, Realtime};
/// # async fn run<Event: Realtime>(app: axum::Router, hub: Hub<Event>) -> std::io::Result<()> {
/// let listener = tokio::net::TcpListener::bind(("127.0.0.1", 3000)).await?;
/// triwire::serve(listener, app).drain(&hub).shutdown(triwire::shutdown_signal()).await
/// # }
/// ```
pub fn serve(listener: TcpListener, app: Router) -> Serve {
    Serve { listener, app, limits: ServeLimits::default(), drains: Vec::new(), signal: Box::pin(std::future::pending()) }
}

/// A server that is to be awaited. See [`serve`].
#[must_use = "it serves while it is awaited"]
pub struct Serve {
    listener: TcpListener,
    app: Router,
    limits: ServeLimits,
    drains: Vec<Box<dyn FnOnce(Duration) -> Task<()> + Send>>,
    signal: Task<()>,
}

type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl Serve {
    /// Drains this hub when the server ends, so that each of its streams ends with a `bye`. May be said for several hubs.
    pub fn drain<E: Realtime>(mut self, hub: &Hub<E>) -> Self {
        let hub = hub.clone();
        self.drains.push(Box::new(move |within| Box::pin(async move { hub.drain(within).await })));
        self
    }

    /// Bounds of your own.
    pub fn limits(mut self, limits: ServeLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Ends the server when this future is ready, as [`shutdown_signal`] is when the process is asked to end; whatever it gives.
    ///
    /// Nothing is accepted any more, connections without a request are closed, and the hubs of [`drain`](Self::drain) end their streams
    /// within the limit `drain`. What is in flight may then take as long as the limit `finish`; what remains after it is cut.
    pub fn shutdown(mut self, signal: impl Future + Send + 'static) -> Self {
        self.signal = Box::pin(async move { drop(signal.await) });
        self
    }

    async fn run(self) {
        let Self { listener, app, limits, drains, signal } = self;
        let (drain, finish) = (limits.drain.min(FOREVER), limits.finish);
        // What `with_state` prepares is prepared once, not at each request.
        let let_go = Arc::new(LetGo::new());
        let server = Arc::new(Server { app: app.with_state(()), http1: http1::builder(&limits), limits, let_go });
        let (end, ending) = watch::channel(false);
        let mut accept = Accept::new(server, ending);
        accept.run(listener, signal).await;
        // A send that nobody hears is one that nobody needs.
        let _ = end.send(true);
        join_all(drains.into_iter().map(|of_hub| of_hub(drain))).await;
        if timeout(finish, accept.finished()).await.is_err() {
            accept.cut().await;
        }
    }
}

/// `Ok` when it was told to end and all has ended. There is no error that ends it: the result is that of other servers.
///
/// Dropping the future cuts every connection but those that are a hub's by then: its WebSockets and its SSE streams, which
/// [`Hub::drain`] ends.
impl IntoFuture for Serve {
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            self.run().await;
            Ok(())
        })
    }
}

impl std::fmt::Debug for Serve {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serve").field("listener", &self.listener).field("limits", &self.limits).finish_non_exhaustive()
    }
}
