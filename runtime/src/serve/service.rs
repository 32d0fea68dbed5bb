//! The application as hyper calls it: a request is told whose it is, and its bodies are counted until they are done with. Floor 8.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::ConnectInfo;
use axum::http::{Version, header};
use axum::response::Response;
use axum::routing::future::RouteFuture;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::Request;
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower_service::Service as _;

use crate::transport::accepted::Pulse;
use crate::transport::direct::HandOver;

/// See the module.
pub(super) struct Service {
    pub(super) app: Router,
    pub(super) peer: SocketAddr,
    pub(super) pulse: Arc<Pulse>,
    /// The limit `body`.
    pub(super) silence: Duration,
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        self.pulse.begun.fetch_add(1, Relaxed);
        let open = Open::new(&self.pulse);
        let mut request = request.map(|body| {
            if body.is_end_stream() {
                return Body::empty();
            }
            Body::new(Asked { body, silence: self.silence, timer: None, _open: Open::new(&self.pulse) })
        });
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let lets_go = request.version() == Version::HTTP_11;
        if lets_go {
            request.extensions_mut().insert(HandOver::default());
        }
        let pulse = lets_go.then(|| Arc::clone(&self.pulse));
        Answering { route: self.app.clone().call(request), open: Some(open), pulse }
    }
}

/// Counts one of a connection's open bodies.
struct Open(Arc<Pulse>);

impl Open {
    fn new(pulse: &Arc<Pulse>) -> Self {
        pulse.open.fetch_add(1, Relaxed);
        Self(Arc::clone(pulse))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}

pin_project! {
    /// The application's future.
    pub(super) struct Answering {
        #[pin]
        route: RouteFuture<Infallible>,
        open: Option<Open>,
        // Of a connection whose socket may be let go.
        pulse: Option<Arc<Pulse>>,
    }
}

impl Future for Answering {
    type Output = Result<Response<Answer>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.route.poll(cx))?;
        if let Some(pulse) = this.pulse.take() {
            let_go(&mut response, &pulse);
        }
        let open = this.open.take().expect("a future that is done is not polled");
        Poll::Ready(Ok(response.map(|body| Answer { body, open })))
    }
}

/// Where the answer is a stream that can be written without hyper, hyper writes its head and opening only. What else has the body in hand
/// (a layer that compresses) must have it to the end: then the body writes the stream.
fn let_go(response: &mut Response, pulse: &Arc<Pulse>) {
    let Some(hand_over) = response.extensions_mut().remove::<HandOver>() else { return };
    let size = response.body().size_hint();
    if size.lower() != hand_over.least() || size.upper().is_some() {
        return;
    }
    if response.headers().contains_key(header::CONTENT_ENCODING) || response.headers().contains_key(header::CONTENT_LENGTH) {
        return;
    }
    let Some(offer) = hand_over.take() else { return };
    *response.body_mut() = Body::new(Opening { opening: Some(offer.opening()), pulse: Arc::clone(pulse) });
    pulse.let_go_for(offer);
}

/// The first bytes of an answer whose rest hyper does not write.
struct Opening {
    opening: Option<Bytes>,
    pulse: Arc<Pulse>,
}

impl HttpBody for Opening {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.opening.take() {
            Some(opening) => Poll::Ready(Some(Ok(Frame::data(opening)))),
            None => {
                self.pulse.open();
                Poll::Pending
            }
        }
    }
}

/// An answer's body.
pub(super) struct Answer {
    body: Body,
    open: Open,
}

impl Drop for Answer {
    fn drop(&mut self) {
        // Its end is still to be written: after that hyper flushes.
        self.open.0.flushed.store(false, Relaxed);
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A request's body, which its client may not leave unfinished for ever.
struct Asked {
    body: Incoming,
    silence: Duration,
    /// Runs while the handler waits.
    timer: Option<Pin<Box<Sleep>>>,
    _open: Open,
}

impl HttpBody for Asked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.timer = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(axum::Error::new)));
        }
        ready!(this.timer.get_or_insert_with(|| Box::pin(sleep(this.silence))).as_mut().poll(cx));
        tracing::debug!("a request's body stopped: over the limit `body`");
        Poll::Ready(Some(Err(axum::Error::new(std::io::Error::from(std::io::ErrorKind::TimedOut)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
