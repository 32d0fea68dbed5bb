//! A connection that was accepted, as hyper reads and writes it, and what others see of it meanwhile.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::direct::Offer;

/// What a connection has done so far. One task writes and reads it, but for the requests of HTTP/2, whose tasks are their own: what
/// they change is seen a little later.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    pub(crate) read: AtomicU64,
    pub(crate) written: AtomicU64,
    /// The kernel did not take what was written last.
    pub(crate) blocked: AtomicBool,
    /// The kernel has all that was to be written.
    pub(crate) flushed: AtomicBool,
    /// Bodies, of requests and of answers, that are not done with.
    pub(crate) open: AtomicUsize,
    /// Requests so far.
    pub(crate) begun: AtomicU64,
    /// What writes to the socket next, once the answer's head and opening are out; and whether hyper has them. Boxed, since every
    /// connection has room for it and few have one.
    offer: Mutex<Option<Box<Offer>>>,
    opened: AtomicBool,
}

impl Pulse {
    /// The socket is to be let go for this, behind what hyper has to write.
    pub(crate) fn let_go_for(&self, offer: Offer) {
        *self.offer.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(offer));
    }

    /// hyper has all of the head and the opening: after the first time that it hears so, it flushes.
    pub(crate) fn open(&self) {
        if !self.opened.swap(true, Relaxed) {
            self.flushed.store(false, Relaxed);
        }
    }

    /// Whether the socket is to be let go now.
    pub(crate) fn lets_go(&self) -> bool {
        self.opened.load(Relaxed) && self.flushed.load(Relaxed)
    }

    /// What it is let go for.
    pub(crate) fn take_offer(&self) -> Option<Box<Offer>> {
        self.offer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A place among the connections that the server takes; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Place {
    /// None above the limit. Only the accept loop takes places, so nothing comes between the look and the count.
    pub(crate) fn take(taken: &Arc<AtomicUsize>, limit: usize) -> Option<Self> {
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
pub(crate) struct Accepted {
    tcp: TcpStream,
    /// What was read already, and is to be read once more.
    again: Bytes,
    pulse: Arc<Pulse>,
    place: Place,
}

impl Accepted {
    pub(crate) fn new(tcp: TcpStream, place: Place) -> Self {
        Self { tcp, again: Bytes::new(), pulse: Arc::default(), place }
    }

    pub(crate) fn pulse(&self) -> &Arc<Pulse> {
        &self.pulse
    }

    /// Gives these bytes back: they are read first. Where there are none, nothing is kept, for even no bytes may hold a buffer.
    pub(crate) fn unread(&mut self, bytes: Bytes) {
        self.again = if bytes.is_empty() { Bytes::new() } else { bytes };
    }

    /// Waits for the first byte, and takes none. False: there comes none.
    pub(crate) fn poll_begins(&self, cx: &mut Context<'_>) -> Poll<bool> {
        if !self.again.is_empty() {
            return Poll::Ready(true);
        }
        let mut byte = [0];
        self.tcp.poll_peek(cx, &mut ReadBuf::new(&mut byte)).map(|peeked| peeked.is_ok_and(|bytes| bytes > 0))
    }

    /// Whether the kernel has bytes of a request now. tokio hears of them a little later.
    pub(crate) fn has_bytes(&self) -> bool {
        SockRef::from(&self.tcp).peek(&mut [MaybeUninit::uninit()]).is_ok_and(|bytes| bytes > 0)
    }

    /// Whether what comes begins with this; it is read as far as is needed to know, and given back.
    #[cfg(feature = "http2")]
    pub(crate) async fn begins_with<const N: usize>(&mut self, expected: &[u8; N]) -> io::Result<bool> {
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

    /// The kernel's socket, and its place.
    pub(crate) fn into_tcp(self) -> (TcpStream, Place) {
        (self.tcp, self.place)
    }

    fn wrote(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.pulse.flushed.store(false, Relaxed);
        self.pulse.blocked.store(written.is_pending(), Relaxed);
        let written = ready!(written)?;
        self.pulse.written.fetch_add(written as u64, Relaxed);
        Poll::Ready(Ok(written))
    }
}

impl AsyncRead for Accepted {
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

impl AsyncWrite for Accepted {
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
