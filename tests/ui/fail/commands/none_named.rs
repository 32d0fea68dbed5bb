//! A handler, where the enum of events names no commands.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::{Client, Hub, Realtime, Rejected};

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(history = 16)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

#[derive(Deserialize, JsonSchema)]
enum ChatCommand {
    Say { room: String },
}

async fn handle(_: Client<ChatEvent>, _: ChatCommand) -> Result<(), Rejected> {
    Ok(())
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let _: axum::Router = hub.endpoints().commands(handle).into_router();
}
