use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Serialize, JsonSchema)]
struct CardId(u64);

#[derive(Realtime, Serialize, JsonSchema)]
enum BoardEvent {
    #[realtime(channel = "board:{board}", latest, key = card)]
    Moved { board: String, card: CardId },
}

fn main() {}
