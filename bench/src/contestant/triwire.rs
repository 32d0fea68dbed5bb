//! What all this is about, on each of its transports.

use std::borrow::Cow;
use std::io;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use tokio::net::TcpListener;
use triwire::{Hub, Identity, Limits, ServeLimits};

use crate::event::{BenchChannel, BenchEvent};

/// The defaults are for applications: they would refuse the last of ten thousand while the first that left are still counted.
const CONNECTIONS: usize = 100_000;

/// Under its own server.
pub(super) async fn serve(listener: TcpListener) -> io::Result<()> {
    let hub = hub();
    let limits = ServeLimits { connections: CONNECTIONS, ..ServeLimits::default() };
    tokio::spawn(triwire::serve(listener, hub.endpoints().into_router()).limits(limits).into_future());
    publish(&hub).await
}

/// Under its own server, where each connection is another user's and each channel is asked about.
pub(super) async fn serve_guarded(listener: TcpListener) -> io::Result<()> {
    let hub = hub();
    let limits = ServeLimits { connections: CONNECTIONS, ..ServeLimits::default() };
    let endpoints = hub.endpoints().authorize(async |_: User, _: BenchChannel| Ok(())).into_router();
    tokio::spawn(triwire::serve(listener, endpoints).limits(limits).into_future());
    publish(&hub).await
}

/// Who it is, as the connection has it.
#[derive(Clone)]
struct User(SocketAddr);

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let ConnectInfo(address) = parts.extensions.get().ok_or(StatusCode::UNAUTHORIZED)?;
        Ok(Self(*address))
    }
}

impl Identity for User {
    fn key(&self) -> Cow<'_, str> {
        self.0.to_string().into()
    }
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
