use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
#[realtime(history = 256)]
enum ChatEvent {
    Message { text: String },
}

fn main() {}
