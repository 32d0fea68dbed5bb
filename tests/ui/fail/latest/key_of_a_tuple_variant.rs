use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum BoardEvent {
    #[realtime(channel = "lobby", latest, key = card)]
    Moved(u64, u8),
}

fn main() {}
