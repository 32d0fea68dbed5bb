use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum ÄnderungEvent {
    Message { text: String },
}

fn main() {}
