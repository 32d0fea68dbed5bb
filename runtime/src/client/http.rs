//! Requests over one connection of HTTP/1.1.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;

use super::error::Refused;
use super::machine::Ended;
use super::socket::Socket;

/// What of a refusal is read.
const REFUSAL_BYTES: usize = 64 << 10;

/// A connection, and the task that drives it: it ends with this.
pub(super) struct Line {
    sender: SendRequest<Full<Bytes>>,
    _driver: JoinSet<()>,
}

impl Line {
    /// Begins HTTP on a socket.
    pub(super) async fn new(socket: Socket) -> Result<Self, Ended> {
        let (sender, connection) = handshake(TokioIo::new(socket)).await.map_err(|_| Ended::Cut)?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // What goes wrong is told to who waits for an answer.
            let _ = connection.await;
        });
        Ok(Self { sender, _driver: driver })
    }

    /// Whether another request may be sent.
    pub(super) fn is_usable(&self) -> bool {
        !self.sender.is_closed()
    }

    /// The answer to a request, its body still on its way.
    pub(super) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Ended> {
        self.sender.ready().await.map_err(|_| Ended::Cut)?;
        self.sender.send_request(request).await.map_err(|error| if error.is_parse() { Ended::Unfit } else { Ended::Cut })
    }
}

/// The answer where it is a 200 with this type of content.
pub(super) async fn expect(response: Response<Incoming>, content: &str) -> Result<Incoming, Ended> {
    if response.status() == StatusCode::OK {
        let own = response.headers().get(CONTENT_TYPE).and_then(|own| own.to_str().ok()).unwrap_or_default();
        let kind = own.split(';').next().unwrap_or_default().trim();
        return if kind.eq_ignore_ascii_case(content) { Ok(response.into_body()) } else { Err(Ended::Unfit) };
    }
    Err(Ended::Answered(refused(response).await))
}

/// The answer as a no.
pub(super) async fn refused(response: Response<Incoming>) -> Refused {
    let (head, body) = response.into_parts();
    let retry_after = head.headers.get(RETRY_AFTER).and_then(|after| after.to_str().ok());
    // A body that does not come says no less than its status.
    let body = whole(body, REFUSAL_BYTES).await.unwrap_or_default();
    Refused::read(head.status.as_u16(), retry_after, &body)
}

/// A whole body of at most so many bytes.
pub(super) async fn whole(body: Incoming, most: usize) -> Result<Bytes, Ended> {
    let collected = Limited::new(body, most).collect().await;
    let fault = |error: Box<dyn std::error::Error + Send + Sync>| if error.is::<hyper::Error>() { Ended::Cut } else { Ended::Unfit };
    Ok(collected.map_err(fault)?.to_bytes())
}
