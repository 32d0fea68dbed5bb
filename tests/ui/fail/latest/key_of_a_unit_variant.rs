use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum BoardEvent {
    #[realtime(channel = "lobby", latest, key = card)]
    Wiped,
}

fn main() {}
