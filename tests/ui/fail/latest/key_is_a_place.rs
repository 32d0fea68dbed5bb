use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum BoardEvent {
    #[realtime(channel = "lobby", latest, key = 0)]
    Moved(u64, u8),
}

fn main() {}
