use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[serde(untagged)]
enum ChatEvent {
    Message { text: String },
}

fn main() {}
