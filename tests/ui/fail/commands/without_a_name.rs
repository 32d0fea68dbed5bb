//! The word alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(commands)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

#[derive(Deserialize, JsonSchema)]
enum ChatCommand {
    Say { room: String },
}

fn main() {}
