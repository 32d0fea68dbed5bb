use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(keep = "1h30m")]
enum ChatEvent {
    Message { text: String },
}

fn main() {}
