//! Items over a WebSocket: one text message each.

use futures_util::StreamExt as _;
use hyper::header::{HeaderMap, RETRY_AFTER};
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{ClientRequestBuilder, Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::address::Address;
use super::error::Refused;
use super::machine::Ended;
use super::socket::Socket;
use super::stream::{ITEM_BYTES, Piece};

/// A WebSocket that is open.
pub(super) struct Ws(WebSocketStream<Socket>);

impl Ws {
    /// Asks for the upgrade.
    pub(super) async fn open(socket: Socket, address: &Address, target: &str, headers: &HeaderMap) -> Result<Self, Ended> {
        let uri = format!("ws://{}{target}", address.authority).parse().map_err(|_| Ended::Unfit)?;
        let mut request = ClientRequestBuilder::new(uri);
        for (name, value) in headers {
            request = request.with_header(name.as_str(), value.to_str().unwrap_or_default());
        }
        let config = WebSocketConfig::default().max_message_size(Some(ITEM_BYTES)).max_frame_size(Some(ITEM_BYTES));
        let (stream, _) = client_async_with_config(request, socket, Some(config)).await.map_err(|error| ended(&error))?;
        Ok(Self(stream))
    }

    pub(super) async fn next(&mut self) -> Result<Piece, Ended> {
        let message = self.0.next().await.ok_or(Ended::Cut)?.map_err(|error| ended(&error))?;
        match message {
            Message::Text(text) => Ok(Piece::Item(text.into())),
            // A ping is answered by the library.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(Piece::Life),
            Message::Binary(_) => Err(Ended::Unfit),
            Message::Close(close) => Err(close.map_or(Ended::Cut, |close| Ended::Closed(close.code.into()))),
        }
    }
}

fn ended(error: &Error) -> Ended {
    match error {
        Error::Http(response) => {
            let retry_after = response.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok());
            let body = response.body().as_deref().unwrap_or_default();
            Ended::Answered(Refused::read(response.status().as_u16(), retry_after, body))
        }
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_)
        | Error::Protocol(ProtocolError::HandshakeIncomplete | ProtocolError::ResetWithoutClosingHandshake) => Ended::Cut,
        _ => Ended::Unfit,
    }
}
