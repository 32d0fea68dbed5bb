//! One connection from its first byte to its last. Floor 8.
//!
//! Most connections wait, most of the time, so what their tasks hold while they wait is what a server costs: all else is boxed.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use futures_util::FutureExt as _;
use hyper::server::conn::http1;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::clock::{Clock, FOREVER};
use super::limits::ServeLimits;
use super::service::Service;
use crate::transport::accepted::{Accepted, Place, Pulse};
use crate::transport::let_go::LetGo;

/// What all connections share.
pub(super) struct Server {
    pub(super) app: Router,
    pub(super) limits: ServeLimits,
    pub(super) http1: http1::Builder,
    pub(super) let_go: Arc<LetGo>,
}

/// See the module.
pub(super) struct Connection {
    pub(super) server: Arc<Server>,
    pub(super) peer: SocketAddr,
    pub(super) clock: Clock,
    /// True once the server ends.
    pub(super) ending: watch::Receiver<bool>,
    pub(super) pulse: Arc<Pulse>,
    /// The socket, while no protocol has it.
    pub(super) socket: Option<Accepted>,
}

impl Connection {
    pub(super) fn new(server: &Arc<Server>, tcp: TcpStream, place: Place, peer: SocketAddr, ending: &watch::Receiver<bool>) -> Self {
        let socket = Accepted::new(tcp, place);
        let pulse = Arc::clone(socket.pulse());
        let clock = Clock::new(&pulse, &server.limits);
        Self { server: Arc::clone(server), peer, clock, ending: ending.clone(), pulse, socket: Some(socket) }
    }

    /// Serves it to its end.
    pub(super) async fn serve(mut self) {
        if AssertUnwindSafe(self.run()).catch_unwind().await.is_err() {
            panicked(self.peer);
        }
    }

    async fn run(&mut self) {
        #[cfg(feature = "http2")]
        {
            if !self.wait().await {
                return;
            }
            match Box::pin(super::http2::is_meant(self)).await {
                Some(true) => return Box::pin(super::http2::serve(self)).await,
                Some(false) => {}
                None => return,
            }
        }
        super::http1::serve(self).await;
    }

    /// Waits for a request to begin. False: there is none, and the connection ends.
    pub(super) async fn wait(&mut self) -> bool {
        let Self { clock, ending, socket: Some(socket), .. } = self else { return false };
        let begins = poll_fn(|cx| match socket.poll_begins(cx) {
            Poll::Pending => clock.poll(FOREVER, cx).map(|_| false),
            begins => begins,
        });
        tokio::select! {
            biased;
            begins = begins => begins,
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

/// A handler's panic is its own: the panic's text is with the panic hook, which ran already.
pub(super) fn panicked(peer: SocketAddr) {
    tracing::error!(%peer, "a handler panicked: its client gets no answer");
}
