//! What stands for TLS where it is not built in.

use std::io;

use tokio::net::TcpStream;

use super::error::ConnectError;
use super::socket::Socket;

/// There is none of it.
#[derive(Clone)]
pub(super) enum Tls {}

impl Tls {
    pub(super) fn new(_: &[Vec<u8>]) -> Result<Self, ConnectError> {
        Err(ConnectError::Tls)
    }

    #[allow(clippy::unused_async, reason = "as with TLS")]
    pub(super) async fn wrap(&self, _: &str, _: TcpStream) -> io::Result<Socket> {
        match *self {}
    }
}
