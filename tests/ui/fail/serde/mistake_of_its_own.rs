use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[serde(tag = "type", rename_al = "snake_case")]
enum ChatEvent {
    Message { text: String },
}

fn main() {}
