//! A connection's socket, written in as few calls as can be, and what it has not taken yet.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade::downcast;
use tokio::io::{AsyncRead as _, AsyncWrite as _, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::hub::driver::Turn;
#[cfg(feature = "serve")]
use crate::transport::accepted::{Accepted, Place};

/// There is none without the server that counts them.
#[cfg(not(feature = "serve"))]
type Place = std::convert::Infallible;

/// Pieces that leave in one write: a batch of the default limits.
const PIECES: usize = 64;

/// See the module.
pub(crate) struct Socket {
    io: Io,
    /// What was handed over and not taken: mostly nothing, and then it has no memory.
    unwritten: VecDeque<Bytes>,
    /// Whatever lies between us and the kernel may hold bytes back until it is flushed.
    unflushed: bool,
    /// Bytes that were taken: the only sign of life of a client that is slow.
    written: u64,
    /// How much had been taken, and when, at the last write that took nothing more.
    blocked: Option<(u64, Instant)>,
}

/// What there is of a connection below HTTP.
enum Io {
    /// The kernel's socket itself, and what is free again with it.
    Tcp { tcp: TcpStream, _place: Option<Place> },
    /// Whatever the HTTP server read from: TLS, a test's pipe.
    Other(Box<TokioIo<Upgraded>>),
}

impl Socket {
    /// Of a connection that HTTP has let go. Also gives what its client sent since.
    pub(crate) fn of(upgraded: Upgraded) -> (Self, Bytes) {
        #[cfg(feature = "serve")]
        let upgraded = match upgraded.downcast::<TokioIo<Accepted>>() {
            Ok(parts) => return (Self::accepted(parts.io.into_inner()), parts.read_buf),
            Err(upgraded) => upgraded,
        };
        let tcp = downcast::<TokioIo<TcpStream>>(upgraded).map(|parts| (parts.io, parts.read_buf));
        let tcp = tcp.or_else(|upgraded| upgraded.downcast::<TokioIo<TcpStream>>().map(|parts| (parts.io, parts.read_buf)));
        match tcp {
            Ok((io, read)) => (Self::tcp(io.into_inner()), read),
            Err(upgraded) => (Self::new(Io::Other(Box::new(TokioIo::new(upgraded)))), Bytes::new()),
        }
    }

    /// Of a connection that our own server accepted.
    #[cfg(feature = "serve")]
    pub(crate) fn accepted(accepted: Accepted) -> Self {
        let (tcp, place) = accepted.into_tcp();
        Self::new(Io::Tcp { tcp, _place: Some(place) })
    }

    /// Of one that another server did. What is written is whole items: waiting for more would only make them late.
    fn tcp(tcp: TcpStream) -> Self {
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY is not set: events may come late");
        }
        Self::new(Io::Tcp { tcp, _place: None })
    }

    fn new(io: Io) -> Self {
        Self { io, unwritten: VecDeque::new(), unflushed: false, written: 0, blocked: None }
    }

    /// Looks at what a write will look at first, and gives something of it.
    pub(crate) fn touch(&self) -> usize {
        let ready = if let Io::Tcp { tcp, .. } = &self.io { tcp.try_io(Interest::WRITABLE, || Ok(())).is_ok() } else { false };
        usize::from(ready) + self.unwritten.len()
    }

    /// Whether it has taken all.
    pub(crate) fn is_clear(&self) -> bool {
        self.unwritten.is_empty() && !self.unflushed
    }

    /// Puts these behind what waits.
    pub(crate) fn queue(&mut self, pieces: impl IntoIterator<Item = Bytes>) {
        self.unwritten.extend(pieces);
        self.unflushed = true;
    }

    /// Writes all, or as much as it takes; then the rest waits, and the task is woken when it takes more. `pieces` is empty then.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, now: Instant, pieces: &mut Vec<Bytes>) -> Poll<io::Result<()>> {
        self.unflushed = true;
        let mut done = 0;
        if self.unwritten.is_empty() {
            if pieces.len() > 1 && !self.io.takes_many() {
                let mut joined = BytesMut::with_capacity(pieces.iter().map(Bytes::len).sum());
                pieces.drain(..).for_each(|piece| joined.extend_from_slice(&piece));
                pieces.push(joined.freeze());
            }
            while done < pieces.len() {
                match self.io.poll_write(cx, &pieces[done..]) {
                    Poll::Pending => break,
                    Poll::Ready(written) => {
                        let mut written = written?;
                        self.written += written as u64;
                        while done < pieces.len() && written >= pieces[done].len() {
                            written -= pieces[done].len();
                            done += 1;
                        }
                        if written > 0 {
                            pieces[done].advance(written);
                        }
                    }
                }
            }
        }
        self.unwritten.extend(pieces.drain(done..));
        pieces.clear();
        self.poll_flush(cx, now)
    }

    /// Writes what waits.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<io::Result<()>> {
        let flushed = self.poll_empty(cx);
        if flushed.is_pending() {
            if self.blocked.is_none_or(|(written, _)| written != self.written) {
                self.blocked = Some((self.written, now));
            }
        } else {
            self.blocked = None;
        }
        flushed
    }

    fn poll_empty(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unwritten.is_empty() {
            let (waiting, _) = self.unwritten.as_slices();
            let mut written = ready!(self.io.poll_write(cx, waiting))?;
            self.written += written as u64;
            while let Some(first) = self.unwritten.front_mut() {
                if written < first.len() {
                    first.advance(written);
                    break;
                }
                written -= first.len();
                self.unwritten.pop_front();
            }
        }
        self.unwritten = VecDeque::new();
        if std::mem::take(&mut self.unflushed)
            && let Io::Other(io) = &mut self.io
            && Pin::new(io).poll_flush(cx)?.is_pending()
        {
            self.unflushed = true;
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    /// When it will have taken nothing for so long.
    pub(crate) fn stalled_at(&self, after: Duration) -> Option<Instant> {
        self.blocked.map(|(_, since)| since + after)
    }

    /// Reads what is there; 0 at the end.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        match &mut self.io {
            Io::Tcp { tcp, .. } => loop {
                match tcp.try_read(into) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => ready!(tcp.poll_read_ready(cx))?,
                    read => return Poll::Ready(read),
                }
            },
            Io::Other(io) => {
                let mut buffer = ReadBuf::new(into);
                ready!(Pin::new(io).poll_read(cx, &mut buffer))?;
                Poll::Ready(Ok(buffer.filled().len()))
            }
        }
    }

    /// Writes what waits, ends the writing half, and reads to the end what still comes: a socket that is closed over unread bytes resets,
    /// and the client would lose what it was told. `written` is called when all is written.
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>, turn: &mut Turn, written: impl FnOnce()) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(cx, turn.now))?;
        written();
        ready!(self.poll_shutdown(cx))?;
        while ready!(self.poll_read(cx, &mut turn.input))? > 0 {}
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Tcp { tcp, .. } => Pin::new(tcp).poll_shutdown(cx),
            Io::Other(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}

impl Io {
    /// Whether several pieces leave in one write.
    fn takes_many(&self) -> bool {
        match self {
            Self::Tcp { .. } => true,
            Self::Other(io) => io.is_write_vectored(),
        }
    }

    /// Writes some of these, none of which is empty.
    fn poll_write(&mut self, cx: &mut Context<'_>, pieces: &[Bytes]) -> Poll<io::Result<usize>> {
        if let [piece] = pieces {
            return self.poll_write_slices(cx, &[IoSlice::new(piece)]);
        }
        let mut slices = [IoSlice::new(&[]); PIECES];
        slices.iter_mut().zip(pieces).for_each(|(slice, piece)| *slice = IoSlice::new(piece));
        self.poll_write_slices(cx, &slices[..pieces.len().min(PIECES)])
    }

    fn poll_write_slices(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = match self {
            Self::Tcp { tcp, .. } => loop {
                let written = if let [slice] = slices { tcp.try_write(slice) } else { tcp.try_write_vectored(slices) };
                match written {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => ready!(tcp.poll_write_ready(cx))?,
                    written => break written?,
                }
            },
            Self::Other(io) => ready!(Pin::new(io).poll_write_vectored(cx, slices))?,
        };
        if written == 0 { Poll::Ready(Err(ErrorKind::WriteZero.into())) } else { Poll::Ready(Ok(written)) }
    }
}
