//! The state at once, without a future.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Hub, Realtime};

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(state = ChatState)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

#[derive(Serialize, JsonSchema)]
struct ChatState {
    texts: Vec<String>,
}

fn state(_: ChatChannel) -> ChatState {
    ChatState { texts: Vec::new() }
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let _: axum::Router = hub.endpoints().snapshot(state).into_router();
}
