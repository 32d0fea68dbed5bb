use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(history = 99999999999999999999)]
enum ChatEvent {
    Message { text: String },
}

fn main() {}
