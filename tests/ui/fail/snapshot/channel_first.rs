//! The user behind the channel.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Anyone, Hub, Realtime};

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

async fn state(_: ChatChannel, _: Anyone) -> ChatState {
    ChatState { texts: Vec::new() }
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let _: axum::Router = hub.endpoints().snapshot(state).into_router();
}
