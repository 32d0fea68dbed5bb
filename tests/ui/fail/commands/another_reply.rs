//! A handler that answers something else than the enum says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::{Client, Hub, Realtime, Rejected};

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

#[derive(Serialize, JsonSchema)]
struct Reply;

async fn handle(_: Client<ChatEvent>, _: ChatCommand) -> Result<Reply, Rejected> {
    Ok(Reply)
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let _: axum::Router = hub.endpoints().commands(handle).into_router();
}
