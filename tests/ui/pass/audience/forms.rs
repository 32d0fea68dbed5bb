//! Of a field that is a parameter, too; of several; of a type that only prints itself; with a raw name.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Anyone, Denied, Hub, Realtime};

#[derive(Serialize, JsonSchema)]
struct Player {
    name: String,
}

impl fmt::Display for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[derive(Realtime, Serialize, JsonSchema)]
enum CardEvent {
    #[realtime(channel = "table:{table}", audience = "{table}")]
    Own { table: u8 },
    #[realtime(channel = "table:{table}", audience = "player:{to}/{type}")]
    Dealt { table: u8, to: Player, r#type: u64, hand: String },
    #[realtime(channel = "table:{table}", volatile, audience = "{to}")]
    Winked { to: char, table: u8 },
}

async fn anything(_: Anyone, _: CardChannel) -> Result<(), Denied> {
    Ok(())
}

fn main() {
    let hub = Hub::<CardEvent>::new();
    let limit = 3;
    let _: axum::Router = hub.endpoints().authorize(anything).visible(move |Anyone, audience| audience.len() < limit).into_router();
    let _ = [
        CardEvent::Own { table: 1 },
        CardEvent::Dealt { table: 1, to: Player { name: "ann".into() }, r#type: 1, hand: String::new() },
        CardEvent::Winked { table: 1, to: 'a' },
    ];
}
