//! A client of a user that `authorize` does not name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::{Client, Hub, Realtime, Rejected};

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(commands = ChatCommand)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

#[derive(Deserialize, JsonSchema)]
enum ChatCommand {
    Say { room: String },
}

#[derive(Clone)]
struct User;

impl triwire::Identity for User {
    fn key(&self) -> std::borrow::Cow<'_, str> {
        "user".into()
    }
}

async fn handle(_: Client<ChatEvent, User>, _: ChatCommand) -> Result<(), Rejected> {
    Ok(())
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let _: axum::Router = hub.endpoints().commands(handle).into_router();
}
