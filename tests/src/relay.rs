//! A proxy between a client and a hub that does what proxies and networks do: it cuts, stalls, keeps back, says 502, forbids upgrades.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What it does to the connections that go through it, and to those that come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Whoever comes is cut.
    Refuse,
    /// Nothing goes through, and nobody is told.
    Stall,
    /// Whoever comes is told 502.
    BadGateway,
    /// So is whoever wants a WebSocket.
    NoUpgrade,
    /// An answer goes out when it is whole, and not before.
    Buffer,
    /// Each connection is cut once so many bytes have come from the server, at most: how many is thrown for each.
    Chop(u64),
}

/// See the module. It ends when it is dropped.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    fault: watch::Sender<Fault>,
    cuts: watch::Sender<u64>,
    accepted: Arc<AtomicU64>,
    _tasks: JoinSet<()>,
}

impl Relay {
    /// One before the server that is here at the moment.
    pub async fn start(upstream: watch::Receiver<SocketAddr>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (fault, does) = watch::channel(Fault::None);
        let (cuts, cut) = watch::channel(0);
        let accepted = Arc::new(AtomicU64::new(0));
        let count = accepted.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let Ok((client, _)) = listener.accept().await else { continue };
                count.fetch_add(1, Relaxed);
                while connections.try_join_next().is_some() {}
                let (to, does, mut cut) = (*upstream.borrow(), does.clone(), cut.clone());
                cut.mark_unchanged();
                connections.spawn(async move {
                    tokio::select! {
                        _ = cut.changed() => {}
                        _ = connection(client, to, does) => {}
                    }
                });
            }
        });
        Ok(Self { address, fault, cuts, accepted, _tasks: tasks })
    }

    /// From now on it does this.
    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    /// Cuts every connection that goes through it.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// How many have come.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Relaxed)
    }
}

async fn connection(mut client: TcpStream, to: SocketAddr, fault: watch::Receiver<Fault>) -> io::Result<()> {
    let first = *fault.borrow();
    if first == Fault::Refuse {
        return Ok(());
    }
    let head = head(&mut client).await?;
    let wants_upgrade = String::from_utf8_lossy(&head).to_lowercase().contains("\r\nupgrade: websocket");
    if first == Fault::BadGateway || (first == Fault::NoUpgrade && wants_upgrade) {
        client.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n").await?;
        return client.shutdown().await;
    }
    let mut server = TcpStream::connect(to).await?;
    server.write_all(&head).await?;
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    let left = if let Fault::Chop(most) = first { fastrand::u64(..most) } else { u64::MAX };
    tokio::select! {
        up = pump(client_reads, server_writes, fault.clone(), u64::MAX, false) => up,
        down = pump(server_reads, client_writes, fault, left, true) => down,
    }
}

/// The head of the first request.
async fn head(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if client.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}

/// One direction, until its end or so many bytes.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut fault: watch::Receiver<Fault>,
    mut left: u64,
    is_answer: bool,
) -> io::Result<()> {
    let (mut bytes, mut kept) = (vec![0; 16 << 10], Vec::new());
    loop {
        let read = from.read(&mut bytes).await?;
        let _ = fault.wait_for(|fault| *fault != Fault::Stall).await;
        let part = &bytes[..read.min(usize::try_from(left).unwrap_or(usize::MAX))];
        left -= part.len() as u64;
        if is_answer && *fault.borrow() == Fault::Buffer {
            kept.extend_from_slice(part);
            // A poll's answer is whole when it has its end; a stream's never is.
            if !is_whole(&kept) && read > 0 {
                continue;
            }
            to.write_all(&std::mem::take(&mut kept)).await?;
        } else {
            to.write_all(part).await?;
        }
        if read == 0 || left == 0 {
            return Ok(());
        }
    }
}

/// Whether these bytes are an answer with its whole body.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
    length.is_some_and(|length| body.len() >= length)
}
