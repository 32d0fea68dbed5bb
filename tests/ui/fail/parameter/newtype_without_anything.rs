use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Serialize, JsonSchema)]
struct RoomId(u64);

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Message { room: RoomId, text: String },
    #[realtime(channel = "room:{room}")]
    Typing { room: RoomId },
}

fn main() {}
