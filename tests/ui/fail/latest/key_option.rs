use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum BoardEvent {
    #[realtime(channel = "board:{board}", latest, key = card)]
    Moved { board: String, card: Option<u64> },
}

fn main() {}
