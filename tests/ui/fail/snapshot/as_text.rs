//! The type in quotes.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(state = "ChatState")]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

#[derive(Serialize, JsonSchema)]
struct ChatState {
    texts: Vec<String>,
}

fn main() {}
