use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    #[realtime(channel = "{tenant}:{id}")]
    Message { tenant: String, id: String },
    #[realtime(channel = "user:{id}")]
    Typing { id: String },
}

fn main() {}
