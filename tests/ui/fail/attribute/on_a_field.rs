use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    Message {
        #[realtime(channel)]
        room: String,
        text: String,
    },
}

fn main() {}
