use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(keep = 300)]
enum ChatEvent {
    Message { text: String },
}

fn main() {}
