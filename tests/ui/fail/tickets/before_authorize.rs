//! `tickets` before it is known who a client is.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Hub, Realtime, TicketSecret};

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    #[realtime(channel = "lobby")]
    Notice { text: String },
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let endpoints = hub.endpoints::<()>().tickets(&TicketSecret::generate());
    let _: axum::Router = endpoints.into_router();
}
