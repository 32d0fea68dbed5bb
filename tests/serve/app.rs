//! The application of these tests, under `triwire::serve`.

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use triwire::{Hub, Realtime, ServeLimits};

use super::client::within;

/// What is published.
#[derive(Realtime, Serialize, Deserialize, schemars::JsonSchema)]
pub(super) enum TickEvent {
    #[realtime(channel = "ticks")]
    Tick { text: String },
}

pub(super) struct App {
    pub(super) hub: Hub<TickEvent>,
    pub(super) address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

/// Short enough for a test to wait for.
pub(super) const SOON: Duration = Duration::from_millis(300);

/// Limits that end a server soon.
pub(super) fn quick() -> ServeLimits {
    ServeLimits { drain: SOON, finish: SOON, ..ServeLimits::default() }
}

fn routes() -> Router {
    let endless =
        || async { Body::from_stream(futures_util::stream::repeat(Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b'x'; 1_024])))) };
    Router::new()
        .route("/", get(async || "hello"))
        .route("/who", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()))
        .route(
            "/panic",
            get(async || {
                if true {
                    panic!("as the test asked")
                }
            }),
        )
        .route("/echo", post(async |body: Bytes| body))
        .route("/endless", get(endless))
        .route(
            "/slow/{milliseconds}",
            get(async |Path(milliseconds): Path<u64>| {
                sleep(Duration::from_millis(milliseconds)).await;
                "at last"
            }),
        )
}

impl App {
    pub(super) async fn start(limits: ServeLimits) -> Self {
        Self::with(limits, Router::new()).await
    }

    /// With these routes, too.
    pub(super) async fn with(limits: ServeLimits, more: Router) -> Self {
        let hub = Hub::<TickEvent>::new();
        let app = routes().merge(more).nest("/hub", hub.endpoints().into_router());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let serve = triwire::serve(listener, app).drain(&hub).limits(limits).shutdown(stopped);
        Self { hub, address, stop, serving: tokio::spawn(serve.into_future()) }
    }

    /// Ends it, and says how long that took.
    pub(super) async fn stop(self) -> Duration {
        let began = Instant::now();
        self.stop.send(()).expect("it serves");
        within(self.serving).await.expect("no panic").expect("it served");
        began.elapsed()
    }

    /// Tells it to end, and gives what is to be awaited.
    pub(super) fn stopping(self) -> JoinHandle<std::io::Result<()>> {
        self.stop.send(()).expect("it serves");
        self.serving
    }

    pub(super) async fn tick(&self, text: &str) {
        self.hub.publish(TickEvent::Tick { text: text.into() }).await.expect("it is taken");
    }

    pub(super) async fn connections(&self, count: usize) {
        within(async {
            while self.hub.stats().connections != count {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}
