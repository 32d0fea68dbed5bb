//! An error of the application'\''s own.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Anyone, Hub, Realtime};

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

async fn may_subscribe(_: Anyone, _: ChatChannel) -> Result<(), String> {
    Err("no".to_owned())
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let _: axum::Router = hub.endpoints().authorize(may_subscribe).into_router();
}
