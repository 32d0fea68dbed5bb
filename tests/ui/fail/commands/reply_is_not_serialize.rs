//! A reply that cannot be sent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::{Client, Hub, Realtime, Rejected};

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(commands = ChatCommand, reply = Reply)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

#[derive(Deserialize, JsonSchema)]
enum ChatCommand {
    Say { room: String },
}

#[derive(JsonSchema)]
struct Reply;

async fn handle(_: Client<ChatEvent>, _: ChatCommand) -> Result<Reply, Rejected> {
    Ok(Reply)
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let _: axum::Router = hub.endpoints().commands(handle).into_router();
}
