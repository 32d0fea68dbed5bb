use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(channels = ChatEvent)]
enum ChatEvent {
    Message { text: String },
}

fn main() {}
