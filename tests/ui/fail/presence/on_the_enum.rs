use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(presence)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Message { room: String, text: String },
}

fn main() {}
