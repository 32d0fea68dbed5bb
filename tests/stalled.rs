//! What the book says of an SSE client that takes nothing: it is closed, and a shutdown returns. By `triwire::serve` as it comes; under
//! `axum::serve` by the kernel, where it was told to.

use std::future::IntoFuture;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
#[cfg(target_os = "linux")]
use axum::serve::ListenerExt as _;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
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

/// Publishes to a client that takes nothing until it is closed, which the server's end must then not wait for.
async fn closes(serve: impl FnOnce(TcpListener, Router, oneshot::Receiver<()>) -> JoinHandle<std::io::Result<()>>) {
    let hub = Hub::<LoadEvent>::new();
    let app = Router::new().nest("/hub", hub.endpoints().into_router());
    let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("the loopback listens");
    let address = listener.local_addr().expect("it has an address");
    let (stop, stopped) = oneshot::channel();
    let serving = serve(listener, app, stopped);
    let client = Client::open(Wire::Sse, address, "/hub", &["load".to_owned()], None).await.expect("it connects");
    let closed = async {
        // More than hyper and the kernel hold for one connection, and then time to see that nothing is taken.
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

#[tokio::test]
async fn a_client_that_takes_nothing_is_closed_and_the_shutdown_returns() {
    closes(|listener, app, stopped| tokio::spawn(triwire::serve(listener, app).shutdown(stopped).into_future())).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn under_another_server_the_kernel_closes_it() {
    closes(|listener, app, stopped| {
        let listener = listener.tap_io(|tcp| {
            socket2::SockRef::from(&*tcp).set_tcp_user_timeout(Some(Duration::from_secs(1))).expect("linux has it");
        });
        let stopped = async move { drop(stopped.await) };
        tokio::spawn(axum::serve(listener, app).with_graceful_shutdown(stopped).into_future())
    })
    .await;
}
