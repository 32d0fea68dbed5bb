use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    Message { text: String },
    #[serde(untagged)]
    Other { value: u64 },
}

fn main() {}
