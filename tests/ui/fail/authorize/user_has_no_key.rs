//! A user that nothing tells from another.

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

impl<S: Sync> axum::extract::FromRequestParts<S> for User {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut axum::http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self)
    }
}

async fn may_subscribe(_: User, _: ChatChannel) -> Result<(), Denied> {
    Ok(())
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let _: axum::Router = hub.endpoints().authorize(may_subscribe).into_router();
}
