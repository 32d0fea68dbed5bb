//! A handler that cannot say no.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::{Client, Hub, Realtime};

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(commands = ChatCommand)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

#[derive(Deserialize, JsonSchema)]
enum ChatCommand {
    Say { room: String },
}

async fn handle(_: Client<ChatEvent>, _: ChatCommand) {}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let _: axum::Router = hub.endpoints().commands(handle).into_router();
}
