//! A user that no request can be made into.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Denied, Hub, Realtime};

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

#[derive(Clone)]
struct User;

impl triwire::Identity for User {
    fn key(&self) -> std::borrow::Cow<'_, str> {
        "user".into()
    }
}

async fn may_subscribe(_: User, _: ChatChannel) -> Result<(), Denied> {
    Ok(())
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let _: axum::Router = hub.endpoints().authorize(may_subscribe).into_router();
}
