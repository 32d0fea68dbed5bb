use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    Message { text: String },
    #[serde(skip)]
    Internal,
}

fn main() {}
