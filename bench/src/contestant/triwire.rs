//! What all this is about, on each of its transports.

use std::io;

use tokio::net::TcpListener;
use triwire::{Hub, Limits, ServeLimits};

use crate::event::BenchEvent;

/// The defaults are for applications: they would refuse the last of ten thousand while the first that left are still counted.
const CONNECTIONS: usize = 100_000;

/// Under its own server.
pub(super) async fn serve(listener: TcpListener) -> io::Result<()> {
    let hub = hub();
    let limits = ServeLimits { connections: CONNECTIONS, ..ServeLimits::default() };
    tokio::spawn(triwire::serve(listener, hub.endpoints().into_router()).limits(limits).into_future());
    publish(&hub).await
}

/// Under `axum::serve`.
pub(super) async fn serve_axum(listener: TcpListener) -> io::Result<()> {
    let hub = hub();
    tokio::spawn(axum::serve(listener, hub.endpoints().into_router()).into_future());
    publish(&hub).await
}

fn hub() -> Hub<BenchEvent> {
    Hub::builder().limits(Limits { connections: CONNECTIONS, channels_per_query: 128, ..Limits::default() }).build()
}

async fn publish(hub: &Hub<BenchEvent>) -> io::Result<()> {
    super::publish(async |publish| {
        for event in publish.events() {
            hub.publish(event).await.expect("the memory broker takes events of this size");
        }
    })
    .await
}
