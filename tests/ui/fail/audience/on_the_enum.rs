//! On the enum, which has no audience.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(audience = "{to}")]
enum CardEvent {
    #[realtime(channel = "table:{table}")]
    Dealt { table: u8, to: String },
}

fn main() {}
