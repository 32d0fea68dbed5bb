use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(latest)]
enum BoardEvent {
    #[realtime(channel = "board:{board}", volatile)]
    Moved { board: String, card: u64 },
}

fn main() {}
