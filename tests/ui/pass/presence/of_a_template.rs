//! One variant says it for its template; several may, and it stands with every other word.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Hub, Realtime};

#[derive(Realtime, Serialize, JsonSchema)]
enum BoardEvent {
    #[realtime(channel = "board:{board}")]
    Renamed { board: String },
    #[realtime(channel = "board:{board}", presence, latest, key = card)]
    Moved { board: String, card: u64 },
    #[realtime(presence, channel = "board:{board}", volatile)]
    Pointed { board: String },
    #[realtime(channel = "board:{board}", audience = "{to}", presence)]
    Asked { board: String, to: String },
    #[realtime(channel = "board:{board}", ends, presence)]
    Closed { board: String },
    #[realtime(channel = "lobby")]
    Notice,
}

fn main() {
    let schema = Hub::<BoardEvent>::contract().schema.to_string();
    assert!(schema.contains("BoardItemPresence"));
    let presence = Hub::<BoardEvent>::new().presence(&BoardChannel::board("kitchen"));
    assert_eq!((presence.count, presence.here), (0, Some(Vec::new())));
}
