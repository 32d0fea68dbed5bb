use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ChatEvent {
    Message { text: String },
    #[serde(rename = "message")]
    Reply { text: String },
}

fn main() {}
