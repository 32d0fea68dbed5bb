//! Functions, closures, several extractors at once, and an extractor that needs the application's state.

use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Anyone, Denied, Hub, Identity, Realtime};

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

#[derive(Clone)]
struct Database;

#[derive(Clone)]
struct User;

impl FromRequestParts<Database> for User {
    type Rejection = StatusCode;

    async fn from_request_parts(_: &mut Parts, _: &Database) -> Result<Self, StatusCode> {
        Err(StatusCode::UNAUTHORIZED)
    }
}

impl Identity for User {
    fn key(&self) -> std::borrow::Cow<'_, str> {
        "user".into()
    }
}

async fn of_two((_, _): (Anyone, HeaderMap), _: ChatChannel) -> Result<(), Denied> {
    Err(Denied)
}

async fn with_state(_: (User, State<Database>), _: ChatChannel) -> Result<(), Denied> {
    Ok(())
}

fn boxed(_: (Anyone, Option<axum::Extension<u8>>), _: ChatChannel) -> std::pin::Pin<Box<dyn Future<Output = Result<(), Denied>> + Send>> {
    Box::pin(async { Ok(()) })
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let limit = 3;
    let closure = move |_: User, channel: ChatChannel| async move {
        let ChatChannel::Room { room } = channel;
        if room.len() > limit { Err(Denied) } else { Ok(()) }
    };
    let _: Router = Router::new()
        .nest("/a", hub.endpoints().authorize(with_state).into_router())
        .nest("/b", hub.endpoints().authorize(closure).into_router())
        .with_state(Database)
        .nest("/c", hub.endpoints().authorize(of_two).into_router())
        .nest("/d", hub.endpoints().authorize(async |_: Anyone, _: ChatChannel| Ok(())).into_router())
        .nest("/e", hub.endpoints().authorize(boxed).into_router());
}
