use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[serde(tag = "type")]
enum ChatEvent {
    Message { text: String },
    #[serde(skip_serializing)]
    Internal,
}

fn main() {}
