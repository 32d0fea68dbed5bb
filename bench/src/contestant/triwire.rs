//! What all this is about, on each of its transports.

use std::io;

use tokio::net::TcpListener;
use triwire::{Hub, Limits};

use crate::event::BenchEvent;

/// Under `axum::serve`.
pub(super) async fn serve(listener: TcpListener) -> io::Result<()> {
    // The default would refuse the last of ten thousand while the first that left are still counted.
    let hub = Hub::<BenchEvent>::builder().limits(Limits { connections: 100_000, ..Limits::default() }).build();
    tokio::spawn(axum::serve(listener, hub.endpoints().into_router()).into_future());
    publish(&hub).await
}

async fn publish(hub: &Hub<BenchEvent>) -> io::Result<()> {
    super::publish(async |publish| {
        for event in publish.events() {
            hub.publish(event).await.expect("the memory broker takes events of this size");
        }
    })
    .await
}
