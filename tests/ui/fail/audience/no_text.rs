//! A field without a text.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Serialize, JsonSchema)]
struct Player {
    name: String,
}

#[derive(Realtime, Serialize, JsonSchema)]
enum CardEvent {
    #[realtime(channel = "table:{table}", audience = "{to}")]
    Dealt { table: u8, to: Player },
}

fn main() {}
