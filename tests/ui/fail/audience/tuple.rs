//! A variant whose fields have no names.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum CardEvent {
    #[realtime(channel = "news", audience = "{to}")]
    Dealt(String),
}

fn main() {}
