//! What the book says of an SSE client that takes nothing: the kernel closes it, and a graceful shutdown returns.
#![cfg(target_os = "linux")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;
use serde::Serialize;
use tokio::time::timeout;
use triwire::{Hub, Realtime};
use triwire_tests::client::{Client, PATIENCE, Wire};
use triwire_tests::server::listen;

/// What is published.
#[derive(Realtime, Serialize, schemars::JsonSchema)]
enum LoadEvent {
    #[realtime(channel = "load")]
    Load { text: String },
}

/// How long a client may take none of its bytes here.
const STALLED: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_client_that_takes_nothing_is_closed_by_the_kernel_and_the_shutdown_returns() {
    let hub = Hub::<LoadEvent>::new();
    let app = Router::new().nest("/hub", hub.endpoints().into_router());
    let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("the loopback listens");
    let address = listener.local_addr().expect("it has an address");
    let listener = listener.tap_io(|tcp| {
        socket2::SockRef::from(&*tcp).set_tcp_user_timeout(Some(STALLED)).expect("linux has it");
    });
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let stopped = async move { drop(stopped.await) };
        axum::serve(listener, app).with_graceful_shutdown(stopped).await
    });
    let client = Client::open(Wire::Sse, address, "/hub", &["load".to_owned()], None).await.expect("it connects");
    let closed = async {
        // More than hyper and the kernel hold for one connection, and then time for the kernel to see that nothing is taken.
        while hub.stats().connections > 0 {
            hub.publish(LoadEvent::Load { text: "x".repeat(64 << 10) }).await.expect("it is taken");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, closed).await.expect("who takes nothing is closed");
    stop.send(()).expect("it still serves");
    timeout(PATIENCE, serving).await.expect("the shutdown returns").expect("no panic").expect("it served");
    drop(client);
}
