//! A small application, which can end and start again at the same address while its hub lives on: what a store that survives looks like
//! to a client.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum::response::Html;
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use triwire::{Hub, Limits, Realtime};

/// What happens on a board.
#[derive(Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum BoardEvent {
    /// Somebody pinned a note.
    #[realtime(channel = "board:{board}")]
    Pinned { board: String, text: String },
}

pub(super) struct App {
    pub(super) hub: Hub<BoardEvent>,
    pub(super) address: SocketAddr,
    /// What the page says it has seen.
    pub(super) seen: UnboundedReceiver<String>,
    report: UnboundedSender<String>,
    page: String,
    layer: fn(Router) -> Router,
    /// All that serves, so that ending it ends every connection in the middle, as the end of a process does.
    runtime: Option<Runtime>,
}

impl App {
    /// Serves the hub under `/live`, this page at `/`, and takes what the page has seen; inside these layers.
    pub(super) fn start(page: String, layer: fn(Router) -> Router) -> Self {
        // A tenth of a second, so that a browser which comes back by itself does so within the outage.
        let limits = Limits { sse_retry: Duration::from_millis(100), ..Limits::default() };
        let (report, seen) = unbounded_channel();
        let hub = Hub::builder().limits(limits).build();
        let mut app = Self { hub, address: ([127, 0, 0, 1], 0).into(), seen, report, page, layer, runtime: None };
        app.resume();
        app
    }

    /// Serves again, where it served before.
    pub(super) fn resume(&mut self) {
        let listener = TcpListener::bind(self.address).expect("the address is free");
        listener.set_nonblocking(true).expect("a listener of tokio's does not block");
        self.address = listener.local_addr().expect("it is bound");
        let (page, report) = (self.page.clone(), self.report.clone());
        let router = Router::new()
            .route("/", get(move || std::future::ready(Html(page))))
            .route(
                "/seen",
                post(move |item: String| {
                    report.send(item).ok();
                    std::future::ready(())
                }),
            )
            .nest("/live", self.hub.endpoints().into_router());
        let router = (self.layer)(router);
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener of this runtime");
            axum::serve(listener, router).await
        });
        self.runtime = Some(runtime);
    }

    /// Ends every connection without a word, and answers nobody.
    pub(super) fn end(&mut self) {
        self.runtime.take().expect("it serves").shutdown_background();
    }

    pub(super) async fn pin(&self, text: &str) {
        let event = BoardEvent::Pinned { board: "kitchen".into(), text: text.into() };
        self.hub.publish(event).await.expect("memory takes it");
    }

    /// Waits until nothing listens any more.
    pub(super) async fn wait_until_refused(&self) {
        while tokio::net::TcpStream::connect(self.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // A runtime may not be dropped where it would have to wait, in a test that is async itself.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
