//! A reply, and nothing that is answered.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(reply = String)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

fn main() {}
