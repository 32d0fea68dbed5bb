//! A hub behind sockets that are made of memory, and that take as little at a time as a test wants.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use triwire::{Hub, Limits, Position, Realtime};
use triwire_tests::exact::Exact;

/// What is published.
#[derive(Realtime, Serialize, JsonSchema)]
pub(super) enum TickEvent {
    #[realtime(channel = "ticks")]
    Tick { text: String },
}

pub(super) struct App {
    pub(super) hub: Hub<TickEvent>,
    pub(super) router: Router,
    /// What its sockets took, in writes.
    pub(super) writes: Arc<AtomicUsize>,
}

/// How a socket takes what is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Takes {
    /// So many bytes; and after one, two or three times as many nothing until it is asked again.
    pub(super) at_once: usize,
    /// Several pieces in one write.
    pub(super) many: bool,
    /// So much that its client has not read.
    pub(super) room: usize,
}

impl App {
    pub(super) fn new(limits: Limits) -> Self {
        let hub = Hub::<TickEvent>::builder().limits(limits).build();
        let router = Router::new().nest("/hub", hub.endpoints().into_router());
        Self { hub, router, writes: Arc::default() }
    }

    pub(super) async fn tick(&self, text: &str) -> Position {
        self.hub.publish(TickEvent::Tick { text: text.into() }).await.expect("it is taken").expect("it has a place")
    }

    /// The client of a connection that is served on such a socket.
    pub(super) fn connect(&self, takes: Takes) -> Exact<DuplexStream> {
        let (client, io) = duplex(takes.room);
        let service = TowerToHyperService::new(self.router.clone());
        let all = self.writes.clone();
        tokio::spawn(async move {
            let io = TokioIo::new(Piecemeal { io, takes, held: Vec::new(), writes: 0, all });
            // How it ended is its client's to see.
            let _ = auto::Builder::new(TokioExecutor::new()).serve_connection_with_upgrades(io, service).await;
        });
        Exact::over(client)
    }
}

/// See [`Takes`]. It lets go of nothing before it is flushed, as a TLS does.
struct Piecemeal {
    io: DuplexStream,
    takes: Takes,
    held: Vec<u8>,
    /// Writes since it was flushed or rested.
    writes: usize,
    all: Arc<AtomicUsize>,
}

impl Piecemeal {
    fn poll_let_go(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.held.is_empty() {
            let written = ready!(Pin::new(&mut self.io).poll_write(cx, &self.held))?;
            self.held.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Piecemeal {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Piecemeal {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, pieces: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        ready!(self.poll_let_go(cx))?;
        self.writes += 1;
        if self.writes > 1 + self.takes.at_once % 3 {
            self.writes = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.all.fetch_add(1, Relaxed);
        let count = if self.takes.many { pieces.len() } else { 1 };
        let bytes = pieces.iter().filter(|piece| !piece.is_empty()).take(count).flat_map(|piece| piece.iter());
        let most = self.takes.at_once;
        self.held.extend(bytes.take(most));
        Poll::Ready(Ok(self.held.len()))
    }

    fn is_write_vectored(&self) -> bool {
        self.takes.many
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_let_go(cx))?;
        self.writes = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
