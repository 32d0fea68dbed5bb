use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct RoomId(u64);

impl std::fmt::Display for RoomId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for RoomId {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Message { room: RoomId, text: String },
    #[realtime(channel = "room:{room}")]
    Typing { room: RoomId },
}

fn main() {}
