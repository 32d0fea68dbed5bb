//! A word of another house.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum CardEvent {
    #[realtime(channel = "table:{table}", only = "{to}")]
    Dealt { table: u8, to: String },
}

fn main() {}
