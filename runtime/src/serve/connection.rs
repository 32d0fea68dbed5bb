//! One connection from its first byte to its last. Floor 8.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use futures_util::FutureExt as _;
use hyper::server::conn::http1;
use tokio::sync::watch;

use super::clock::{Clock, FOREVER};
#[cfg(feature = "http2")]
use super::http2;
use super::limits::ServeLimits;
use super::service::Service;
use crate::transport::accepted::{Accepted, Pulse};

/// What all connections share.
pub(super) struct Server {
    pub(super) app: Router,
    pub(super) limits: ServeLimits,
    pub(super) http1: http1::Builder,
}

/// See the module.
pub(super) struct Connection {
    pub(super) server: Arc<Server>,
    pub(super) peer: SocketAddr,
    pub(super) clock: Clock,
    /// True once the server ends.
    pub(super) ending: watch::Receiver<bool>,
    pub(super) pulse: Arc<Pulse>,
}

/// Serves the connection to its end.
pub(super) async fn serve(server: Arc<Server>, socket: Accepted, peer: SocketAddr, ending: watch::Receiver<bool>) {
    let pulse = Arc::clone(socket.pulse());
    let clock = Clock::new(&pulse, &server.limits);
    let mut connection = Connection { server, peer, clock, ending, pulse };
    if AssertUnwindSafe(connection.run(socket)).catch_unwind().await.is_err() {
        panicked(peer);
    }
}

/// A handler's panic is its own: the panic's text is with the panic hook, which ran already.
pub(super) fn panicked(peer: SocketAddr) {
    tracing::error!(%peer, "a handler panicked: its client gets no answer");
}

impl Connection {
    #[cfg(not(feature = "http2"))]
    async fn run(&mut self, socket: Accepted) {
        super::http1::serve(self, socket).await;
    }

    #[cfg(feature = "http2")]
    async fn run(&mut self, mut socket: Accepted) {
        if !self.wait(&socket).await {
            return;
        }
        match tokio::time::timeout(self.server.limits.head, socket.begins_with(http2::PREFACE)).await {
            Ok(Ok(true)) => http2::serve(self, socket).await,
            Ok(Ok(false)) => super::http1::serve(self, socket).await,
            Ok(Err(error)) => tracing::debug!(peer = %self.peer, %error, "a connection ends"),
            Err(_) => tracing::debug!(peer = %self.peer, "a connection waited too long for its opening"),
        }
    }

    /// Waits for a request to begin. False: there is none, and the connection ends.
    pub(super) async fn wait(&mut self, socket: &Accepted) -> bool {
        let Self { clock, ending, .. } = self;
        tokio::select! {
            biased;
            begins = socket.begins() => begins,
            _ = poll_fn(|cx| clock.poll(FOREVER, cx)) => false,
            // What came before is still answered: its client could not know.
            _ = ending.wait_for(|is_ending| *is_ending) => socket.has_bytes(),
        }
    }

    /// The application, for this connection.
    pub(super) fn service(&self) -> Service {
        let Server { app, limits, .. } = &*self.server;
        Service { app: app.clone(), peer: self.peer, pulse: Arc::clone(&self.pulse), silence: limits.body }
    }
}
