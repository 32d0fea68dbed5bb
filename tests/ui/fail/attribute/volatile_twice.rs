use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    #[realtime(volatile)]
    #[realtime(volatile)]
    Message { room: String, text: String },
}

fn main() {}
