//! The word of the function, for that of its type.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(snapshot = ChatState)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

#[derive(Serialize, JsonSchema)]
struct ChatState {
    texts: Vec<String>,
}

fn main() {}
