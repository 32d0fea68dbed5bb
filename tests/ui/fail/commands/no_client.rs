//! A handler that does not want to know who asks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::{Hub, Realtime, Rejected};

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

async fn handle(_: ChatCommand) -> Result<(), Rejected> {
    Ok(())
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let _: axum::Router = hub.endpoints().commands(handle).into_router();
}
