use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;

use super::*;
use crate::hub::Hub;
use crate::limits::Limits;
use crate::position::Since;
use crate::sync::{Mutex, lock};

#[derive(crate::Realtime, serde::Serialize, schemars::JsonSchema)]
#[realtime(crate = crate)]
enum TickEvent {
    #[realtime(channel = "ticks")]
    Tick { text: String },
}

/// Every length up to here: that of the longest chunk, so that each of its bytes is somewhere the first of a write.
const AT_ONCE: usize = 400;
/// The last are together more than is joined to one piece.
const TEXTS: [usize; 8] = [0, 1, 150, 200, 300, 6_000, 6_000, 6_000];

/// A socket that takes so many bytes at a time, and nothing at every other time.
struct Piecemeal {
    asks: &'static [u8],
    at_once: usize,
    rests: bool,
    taken: Arc<Mutex<Vec<u8>>>,
}

impl AsyncRead for Piecemeal {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let asks = std::mem::take(&mut self.asks);
        buffer.put_slice(asks);
        if asks.is_empty() { Poll::Pending } else { Poll::Ready(Ok(())) }
    }
}

impl AsyncWrite for Piecemeal {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if std::mem::take(&mut self.rests) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.rests = self.at_once < usize::MAX;
        let taken = bytes.len().min(self.at_once);
        lock(&self.taken).extend_from_slice(&bytes[..taken]);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.rests = false;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// One that HTTP has let go, and what it has taken since.
async fn socket(at_once: usize) -> (Socket, Arc<Mutex<Vec<u8>>>) {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let asks = b"GET / HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: test\r\n\r\n";
    let io = TokioIo::new(Piecemeal { asks, at_once, rests: false, taken: Arc::clone(&taken) });
    let (let_go, mut has) = mpsc::channel(1);
    let service = service_fn(move |request| {
        let (upgrade, let_go) = (hyper::upgrade::on(request), let_go.clone());
        tokio::spawn(async move { let_go.send(upgrade.await.expect("it is let go")).await });
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("test"));
        std::future::ready(Ok::<_, Infallible>(response))
    });
    tokio::spawn(http1::Builder::new().serve_connection(io, service).with_upgrades());
    let upgraded = has.recv().await.expect("it is let go");
    lock(&taken).clear();
    (Socket::of(upgraded).0, taken)
}

#[tokio::test(start_paused = true)]
async fn its_bytes_are_the_same_wherever_its_writes_are_cut() {
    // Without a spread, so that the ends are the same, too.
    let limits = Limits { sse_retry: Duration::ZERO, ..Limits::default() };
    let hub = Hub::<TickEvent>::builder().limits(limits).build();
    let mut all = Vec::new();
    for at_once in std::iter::once(usize::MAX).chain(1..=AT_ONCE) {
        let (socket, taken) = socket(at_once).await;
        let Ok(stream) = hub.node.connect(&["ticks".to_owned()], Since::Now, None) else { panic!("there is room") };
        let line = Line { node: Arc::clone(&hub.node), socket, stage: Stage::Open(stream) };
        hub.node.drivers.drive(Connection { line, hold: None });
        all.push((at_once, taken));
    }
    for text in TEXTS {
        hub.publish(TickEvent::Tick { text: "x".repeat(text) }).await.expect("it is taken");
    }
    hub.drain(Duration::from_secs(600)).await;
    let expected = lock(&all[0].1).clone();
    let events = expected.windows(8).filter(|bytes| bytes == b"\"event\":").count();
    assert!(events == TEXTS.len() && expected.ends_with(LAST_CHUNK), "{}", String::from_utf8_lossy(&expected));
    for (at_once, taken) in all {
        let taken = lock(&taken);
        assert!(*taken == expected, "{at_once} at once: {}", String::from_utf8_lossy(&taken));
    }
}
