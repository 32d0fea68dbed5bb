//! A server on a free port of the loopback, with socket buffers small enough that a reader who stops is felt at once.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use triwire::ServeLimits;

/// Who serves the endpoints in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// `triwire::serve`.
    Triwire,
    /// `axum::serve`, or what it is made of.
    Axum,
}

impl By {
    /// A test that is compiled twice has `axum` in its second name.
    #[must_use]
    pub fn of(test: &str) -> Self {
        if test.ends_with("axum") { Self::Axum } else { Self::Triwire }
    }
}

/// A server that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    serving: JoinHandle<()>,
}

/// Buffers of a connection's two ends, in bytes: the kernel takes them as the least it may.
pub const SOCKET_BYTES: usize = 4_096;
/// What hyper buffers for a connection, the least it may: above it a stream is not asked for more.
const HYPER_BYTES: usize = 8_192;

/// A listener at the address, or at a free port for port 0.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_send_buffer_size(SOCKET_BYTES)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(1_024)?;
    TcpListener::from_std(socket.into())
}

impl Server {
    /// Serves the application at a free port, HTTP/1.1 and HTTP/2.
    pub fn start(by: By, app: Router) -> std::io::Result<Self> {
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(async move {
            match by {
                By::Triwire => {
                    let limits = ServeLimits { buffer_bytes: HYPER_BYTES, ..ServeLimits::default() };
                    triwire::serve(listener, app).limits(limits).await.expect("it ends by no error");
                }
                By::Axum => accept(listener, app).await,
            }
        });
        Ok(Self { address, serving })
    }

    /// Ends it as a crash would: every HTTP connection is cut.
    pub async fn kill(mut self) {
        self.serving.abort();
        let _ = (&mut self.serving).await;
    }
}

/// The loop of `axum::serve`, whose buffers nobody can set.
async fn accept(listener: TcpListener, app: Router) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((socket, _)) = listener.accept().await else { continue };
        let service = TowerToHyperService::new(app.clone());
        connections.spawn(async move {
            let mut http = auto::Builder::new(TokioExecutor::new());
            http.http1().max_buf_size(HYPER_BYTES);
            let _ = http.serve_connection_with_upgrades(TokioIo::new(socket), service).await;
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
