//! What TCP is to do for a connection, and how one ends that is not served. Floor 8.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::AsyncWrite as _;
use tokio::net::TcpStream;

use super::limits::ServeLimits;

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
