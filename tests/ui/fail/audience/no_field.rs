//! The same audience for all.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum CardEvent {
    #[realtime(channel = "table:{table}", audience = "admins")]
    Dealt { table: u8, to: String },
}

fn main() {}
