//! With a state of axum, without; with a user, without; alone, or with what it is good for; a closure; a path.

use axum::Router;
use axum::extract::{FromRef, FromRequestParts, State};
use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Denied, Hub, Identity, Position, Realtime};

mod known {
    #[derive(serde::Serialize, schemars::JsonSchema)]
    pub struct ChatState {
        pub texts: Vec<String>,
    }
}

use known::ChatState;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(state = known::ChatState, history = 16)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

#[derive(Clone)]
struct User;

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut axum::http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self)
    }
}

impl Identity for User {
    fn key(&self) -> std::borrow::Cow<'_, str> {
        "user".into()
    }
}

#[derive(Clone)]
struct Database;

#[derive(Clone)]
struct App {
    database: Database,
}

impl FromRef<App> for Database {
    fn from_ref(app: &App) -> Self {
        app.database.clone()
    }
}

async fn may(_: User, _: ChatChannel) -> Result<(), Denied> {
    Ok(())
}

async fn bare(ChatChannel::Room { room }: ChatChannel) -> ChatState {
    ChatState { texts: vec![room] }
}

async fn of_a_user(_: User, _: ChatChannel) -> (ChatState, Option<Position>) {
    (ChatState { texts: Vec::new() }, None)
}

async fn of_the_application(State(Database): State<Database>, _: ChatChannel) -> ChatState {
    ChatState { texts: Vec::new() }
}

async fn full(State(Database): State<Database>, _: User, _: ChatChannel) -> ChatState {
    ChatState { texts: Vec::new() }
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let position: Position = "1z141z3-42".parse().expect("a position");
    let closure = move |_: ChatChannel| async move { (ChatState { texts: Vec::new() }, position) };
    let _: Router = Router::new()
        .nest("/a", hub.endpoints().authorize(may).snapshot(full).into_router())
        .nest("/b", hub.endpoints().snapshot(of_the_application).into_router())
        .with_state(App { database: Database })
        .nest("/c", hub.endpoints().snapshot(bare).into_router())
        .nest("/d", hub.endpoints().authorize(may).snapshot(of_a_user).into_router())
        .nest("/e", hub.endpoints().authorize(may).snapshot(bare).into_router())
        .nest("/f", hub.endpoints().snapshot(closure).into_router());
}
