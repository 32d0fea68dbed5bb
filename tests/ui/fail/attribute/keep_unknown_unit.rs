use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(keep = "5min")]
enum ChatEvent {
    Message { text: String },
}

fn main() {}
