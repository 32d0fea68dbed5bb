use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    #[realtime(channel = "user:{id}")]
    Message { id: String },
    #[realtime(channel = "user:me")]
    Mine,
}

fn main() {}
