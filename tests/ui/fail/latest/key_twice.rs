use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum BoardEvent {
    #[realtime(channel = "board:{board}", latest, key = card, key = column)]
    Moved { board: String, card: u64, column: u8 },
}

fn main() {}
