use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(crate = "triwire")]
enum ChatEvent {
    Message { text: String },
}

fn main() {}
