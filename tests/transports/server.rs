//! A server of these tests: a hub behind a real socket, nested as an application would.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRequestParts;
use tokio::net::TcpListener;
use triwire::{Endpoints, Hub, Identity, Limits, Position};
use triwire_tests::server::By;

use super::chat::ChatEvent;

pub(super) struct Server {
    pub(super) hub: Hub<ChatEvent>,
    pub(super) address: SocketAddr,
}

/// Limits that let a test see heartbeats, pings and stalls.
pub(super) fn quick() -> Limits {
    Limits {
        sse_heartbeat: Duration::from_millis(200),
        ws_ping: Duration::from_millis(300),
        ws_pong: Duration::from_millis(600),
        stalled: Duration::from_millis(500),
        ..Limits::default()
    }
}

impl Server {
    pub(super) async fn new() -> Self {
        Self::with(Limits::default(), |endpoints| endpoints).await
    }

    /// A server under `/chat`, with these limits.
    pub(super) async fn with<U>(limits: Limits, with: impl FnOnce(Endpoints<ChatEvent>) -> Endpoints<ChatEvent, (), U>) -> Self
    where
        U: Identity + FromRequestParts<()>,
    {
        let hub = Hub::builder().limits(limits).build();
        let app = Router::new().nest("/chat", with(hub.endpoints()).into_router());
        Self { hub, address: listen(app).await }
    }

    pub(super) async fn say(&self, room: &str, text: &str) -> Position {
        let event = ChatEvent::Message { room: room.into(), text: text.into() };
        self.hub.publish(event).await.expect("published").expect("with a position")
    }

    pub(super) async fn notice(&self, text: &str) -> Position {
        self.hub.publish(ChatEvent::Notice { text: text.into() }).await.expect("published").expect("with a position")
    }

    pub(super) async fn typing(&self, room: &str) {
        self.hub.publish(ChatEvent::Typing { room: room.into() }).await.expect("published");
    }
}

/// Serves at a free port, for as long as the test runs.
pub(super) async fn listen(app: Router) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(serve(listener, app, std::future::pending()));
    address
}

/// Serves until this is ready. Every transport is the same under every server: `transports_axum.rs` is these tests once more.
pub(super) async fn serve(listener: TcpListener, app: Router, stopped: impl Future<Output = ()> + Send + 'static) {
    let served = match By::of(env!("CARGO_CRATE_NAME")) {
        By::Triwire => triwire::serve(listener, app).shutdown(stopped).await,
        By::Axum => axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).with_graceful_shutdown(stopped).await,
    };
    served.expect("it served");
}

/// The item of a message as it is on every transport.
pub(super) fn message(room: &str, text: &str, id: Position) -> String {
    format!(r#"{{"channel":"room:{room}","id":"{id}","event":{{"type":"message","room":"{room}","text":"{text}"}}}}"#)
}
