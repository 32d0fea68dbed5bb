use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum BoardEvent {
    #[realtime(channel = "board:{board}", latest, key = cards)]
    Moved { board: String, cards: Vec<u64> },
}

fn main() {}
