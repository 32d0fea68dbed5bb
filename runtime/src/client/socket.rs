//! One connection to where the hub is.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::address::Address;
use super::tls::Tls;

/// Bytes both ways, under TLS or not.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// See the module.
pub(super) type Socket = Box<dyn Duplex>;

/// Connects. Where the name has several addresses, one after the other is tried.
pub(super) async fn dial(address: &Address, tls: Option<&Tls>) -> io::Result<Socket> {
    let socket = TcpStream::connect((address.host.as_str(), address.port)).await?;
    // A command is one small write, and should not wait for the answer to the one before.
    socket.set_nodelay(true)?;
    match tls {
        Some(tls) => tls.wrap(&address.host, socket).await,
        None => Ok(Box::new(socket)),
    }
}
