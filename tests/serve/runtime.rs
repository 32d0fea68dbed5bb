//! A runtime that is dropped under a hub's connections: they end, and the hub goes on in another.

use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use triwire::{Hub, ServeLimits};

use super::app::TickEvent;
use super::client::{PATIENCE, Raw, within};

fn start(runtime: &Runtime, hub: &Hub<TickEvent>) -> SocketAddr {
    let app = Router::new().nest("/hub", hub.endpoints().into_router());
    let hub = hub.clone();
    runtime.block_on(async move {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let limits = ServeLimits { finish: Duration::ZERO, ..ServeLimits::default() };
        tokio::spawn(async move { triwire::serve(listener, app).limits(limits).drain(&hub).await });
        address
    })
}

/// Clients of every kind, some of which take nothing of what is published, in a runtime of their own.
async fn clients(hub: &Hub<TickEvent>, address: SocketAddr) -> Vec<TcpStream> {
    let upgrade =
        "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let position = hub.position().await;
    let mut clients = Vec::new();
    for (path, lines) in [("sse?channel=ticks", ""), ("ws?channel=ticks", upgrade), (&*format!("poll?channel=ticks&since={position}"), "")]
    {
        for _ in 0..4 {
            let mut client = Raw::narrow(address).await;
            client.send(&format!("GET /hub/{path} HTTP/1.1\r\nhost: test\r\n{lines}\r\n")).await;
            clients.push(client.tcp.into_std().expect("a socket"));
        }
    }
    clients
}

fn until(what: impl Fn() -> bool) {
    let began = Instant::now();
    while !what() {
        assert!(began.elapsed() < PATIENCE, "within the patience of a test");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn its_connections_end_and_another_serves_the_hub() {
    let (hub, ours) = (Hub::<TickEvent>::new(), Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("it is built"));
    for workers in [0, 1, 4] {
        let mut builder = if workers == 0 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
        let runtime = builder.worker_threads(workers.max(1)).enable_all().build().expect("it is built");
        let address = start(&runtime, &hub);
        let connecting = ours.spawn({
            let hub = hub.clone();
            async move { clients(&hub, address).await }
        });
        // One thread does nothing but what is asked of it here.
        let clients = runtime.block_on(connecting).expect("no panic");
        runtime.block_on(async {
            within(async {
                while hub.stats().connections < clients.len() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            })
            .await;
            for _ in 0..50 {
                hub.publish(TickEvent::Tick { text: "x".repeat(60_000) }).await.expect("it is taken");
            }
        });
        drop(runtime);
        until(|| hub.stats().connections == 0);
        for mut client in clients {
            client.set_nonblocking(false).expect("it blocks");
            client.set_read_timeout(Some(PATIENCE)).expect("it waits so long");
            // To its end, or a reset, but not to the end of the patience.
            let ended = client.read_to_end(&mut Vec::new());
            assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset));
        }
    }
}

#[test]
fn one_that_is_shut_down_while_a_hub_drains_holds_up_neither() {
    let hub = Hub::<TickEvent>::new();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("it is built");
    let ours = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("it is built");
    let address = start(&runtime, &hub);
    let clients = ours.block_on(clients(&hub, address));
    until(|| hub.stats().connections == clients.len());
    let draining = ours.spawn({
        let hub = hub.clone();
        async move { hub.drain(Duration::from_secs(600)).await }
    });
    runtime.shutdown_timeout(PATIENCE);
    ours.block_on(async { tokio::time::timeout(PATIENCE, draining).await }).expect("all have ended").expect("no panic");
    assert_eq!(hub.stats().connections, 0);
}
