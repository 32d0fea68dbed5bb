use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(ttl = "5m")]
enum ChatEvent {
    Message { text: String },
}

fn main() {}
