use schemars::JsonSchema;
use triwire::Realtime;

#[derive(Realtime, JsonSchema)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Message { room: String, text: String },
    Notice { text: String },
}

fn main() {}
