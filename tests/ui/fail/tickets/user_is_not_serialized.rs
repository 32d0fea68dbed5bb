//! A user that cannot be sealed into a ticket.

use std::borrow::Cow;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Denied, Hub, Identity, Realtime, TicketSecret};

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    #[realtime(channel = "lobby")]
    Notice { text: String },
}

#[derive(Clone)]
struct User;

impl Identity for User {
    fn key(&self) -> Cow<'_, str> {
        "somebody".into()
    }
}

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

async fn may_subscribe(_: User, _: ChatChannel) -> Result<(), Denied> {
    Ok(())
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let endpoints = hub.endpoints().authorize(may_subscribe).tickets(&TicketSecret::generate());
    let _: axum::Router = endpoints.into_router();
}
