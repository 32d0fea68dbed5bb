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
use triwire::{Hub, Limits, Position, Realtime, Serve, ServeLimits};

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
        Self::layered(limits, Limits::default(), |router| router.merge(more)).await
    }

    /// With these limits of the hub, and with this done to the router.
    pub(super) async fn layered(limits: ServeLimits, of_hub: Limits, with: impl FnOnce(Router) -> Router) -> Self {
        let hub = Hub::<TickEvent>::builder().limits(of_hub).build();
        let app = with(routes().nest("/hub", hub.endpoints().into_router()));
        let drained = hub.clone();
        Self::serving(hub, app, |serve| serve.drain(&drained).limits(limits)).await
    }

    /// Whose end its hub is not told of.
    pub(super) async fn undrained(limits: ServeLimits) -> Self {
        let hub = Hub::<TickEvent>::new();
        let app = routes().nest("/hub", hub.endpoints().into_router());
        Self::serving(hub, app, |serve| serve.limits(limits)).await
    }

    async fn serving(hub: Hub<TickEvent>, app: Router, with: impl FnOnce(Serve) -> Serve) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let serve = with(triwire::serve(listener, app)).shutdown(stopped);
        Self { hub, address, stop, serving: tokio::spawn(serve.into_future()) }
    }

    /// Drops the server.
    pub(super) async fn abort(&mut self) {
        self.serving.abort();
        assert!(within(&mut self.serving).await.expect_err("it is dropped").is_cancelled());
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

    pub(super) async fn tick(&self, text: &str) -> Position {
        self.hub.publish(TickEvent::Tick { text: text.into() }).await.expect("it is taken").expect("it has a place")
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
