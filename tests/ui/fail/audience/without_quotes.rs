//! A field instead of a template.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum CardEvent {
    #[realtime(channel = "table:{table}", audience = to)]
    Dealt { table: u8, to: String },
}

fn main() {}
