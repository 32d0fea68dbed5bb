//! A connection's socket, and what the connection's task sees of it while hyper owns it. Floor 8.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::limits::ServeLimits;

/// What a connection has done so far. One task writes and reads it, but for the requests of HTTP/2, whose tasks are their own: what
/// they change is seen a little later.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    pub(super) read: AtomicU64,
    pub(super) written: AtomicU64,
    /// The kernel did not take what was written last.
    pub(super) blocked: AtomicBool,
    /// The kernel has all that was to be written.
    pub(super) flushed: AtomicBool,
    /// Bodies, of requests and of answers, that are not done with.
    pub(super) open: AtomicUsize,
    /// Requests so far.
    pub(super) begun: AtomicU64,
}

/// A place among the connections that the server takes; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place(Arc<AtomicUsize>);

impl Place {
    /// None above the limit. Only the accept loop takes places, so nothing comes between the look and the count.
    pub(super) fn take(taken: &Arc<AtomicUsize>, limit: usize) -> Option<Self> {
        (taken.load(Relaxed) < limit).then(|| {
            taken.fetch_add(1, Relaxed);
            Self(Arc::clone(taken))
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// The socket as hyper reads and writes it. Its place goes where it goes: an upgraded connection is one, too.
#[derive(Debug)]
pub(super) struct Socket {
    tcp: TcpStream,
    /// What was read already, and is to be read once more.
    again: Bytes,
    pulse: Arc<Pulse>,
    _place: Place,
}

impl Socket {
    pub(super) fn new(tcp: TcpStream, place: Place) -> Self {
        Self { tcp, again: Bytes::new(), pulse: Arc::default(), _place: place }
    }

    pub(super) fn pulse(&self) -> &Arc<Pulse> {
        &self.pulse
    }

    /// Gives these bytes back: they are read first.
    pub(super) fn unread(&mut self, bytes: Bytes) {
        self.again = bytes;
    }

    /// Waits for the first byte, and takes none. False: there comes none.
    pub(super) async fn begins(&self) -> bool {
        !self.again.is_empty() || self.tcp.peek(&mut [0]).await.is_ok_and(|bytes| bytes > 0)
    }

    /// Whether the kernel has bytes of a request now. tokio hears of them a little later.
    pub(super) fn has_bytes(&self) -> bool {
        SockRef::from(&self.tcp).peek(&mut [MaybeUninit::uninit()]).is_ok_and(|bytes| bytes > 0)
    }

    /// Whether what comes begins with this; it is read as far as is needed to know, and given back.
    #[cfg(feature = "http2")]
    pub(super) async fn begins_with<const N: usize>(&mut self, expected: &[u8; N]) -> io::Result<bool> {
        let (mut bytes, mut filled) = ([0; N], 0);
        while filled < N && bytes[..filled] == expected[..filled] {
            self.tcp.readable().await?;
            match self.tcp.try_read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        self.unread(Bytes::copy_from_slice(&bytes[..filled]));
        Ok(bytes[..filled] == expected[..])
    }

    /// Ends with an answer that no handler gave.
    pub(super) async fn turn_away(self, answer: &[u8]) {
        turn_away(self.tcp, answer).await;
    }

    fn wrote(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.pulse.flushed.store(false, Relaxed);
        self.pulse.blocked.store(written.is_pending(), Relaxed);
        let written = ready!(written)?;
        self.pulse.written.fetch_add(written as u64, Relaxed);
        Poll::Ready(Ok(written))
    }
}

/// How long a client that is turned away may take to read why.
const PARTING: Duration = Duration::from_secs(1);

/// Writes the answer, then reads on for a little: a socket that is closed over unread bytes resets, and the answer would be lost.
pub(super) async fn turn_away(mut tcp: TcpStream, answer: &[u8]) {
    let told = async {
        // It fits: nothing else, or nothing that was not taken, was written before.
        tcp.writable().await?;
        tcp.try_write(answer)?;
        std::future::poll_fn(|cx| Pin::new(&mut tcp).poll_shutdown(cx)).await?;
        let mut bytes = [0; 512];
        loop {
            tcp.readable().await?;
            match tcp.try_read(&mut bytes) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    };
    let _: Result<io::Result<()>, _> = tokio::time::timeout(PARTING, told).await;
}

/// Sets what TCP is to do for a connection. What cannot be set is done without.
pub(super) fn prepare(tcp: &TcpStream, limits: &ServeLimits) {
    let set = || {
        // An event is one write and nothing follows it: to wait for more would only hold it back.
        tcp.set_nodelay(true)?;
        let socket = SockRef::from(tcp);
        socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(limits.probe))?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            socket.set_tcp_user_timeout(Some(limits.stalled))?;
            // What the kernel has, the log cannot overtake; and a socket that takes bytes only once megabytes have left it is as one
            // whose client takes nothing.
            socket.set_tcp_notsent_lowat(u32::try_from(limits.buffer_bytes).unwrap_or(u32::MAX))?;
        }
        Ok::<(), io::Error>(())
    };
    if let Err(error) = set() {
        tracing::debug!(%error, "a connection's TCP could not be set");
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.again.is_empty() {
            ready!(Pin::new(&mut self.tcp).poll_read(cx, buffer))?;
        } else {
            let length = self.again.len().min(buffer.remaining());
            buffer.put_slice(&self.again[..length]);
            self.again.advance(length);
        }
        self.pulse.read.fetch_add((buffer.filled().len() - before) as u64, Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(cx, bytes);
        self.wrote(written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, pieces: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write_vectored(cx, pieces);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pulse.flushed.store(true, Relaxed);
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_kernel_is_told_the_limits() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let _client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("it connects");
        let (tcp, _) = listener.accept().await.expect("it came");
        let limits =
            ServeLimits { probe: Duration::from_secs(7), stalled: Duration::from_secs(8), buffer_bytes: 9_000, ..ServeLimits::default() };
        prepare(&tcp, &limits);
        let socket = SockRef::from(&tcp);
        assert!(tcp.nodelay().expect("a socket knows") && socket.keepalive().expect("a socket knows"));
        assert_eq!(socket.tcp_keepalive_time().expect("a socket knows"), limits.probe);
        assert_eq!(socket.tcp_user_timeout().expect("linux knows"), Some(limits.stalled));
        assert_eq!(socket.tcp_notsent_lowat().expect("linux knows"), 9_000);
    }
}
