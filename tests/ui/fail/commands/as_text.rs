//! The name in quotes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(commands = "ChatCommand")]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

#[derive(Deserialize, JsonSchema)]
enum ChatCommand {
    Say { room: String },
}

fn main() {}
