//! A field that is not there.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum CardEvent {
    #[realtime(channel = "table:{table}", audience = "{too}")]
    Dealt { table: u8, to: String },
}

fn main() {}
