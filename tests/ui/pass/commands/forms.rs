//! With a state, without; closures; a path; a user.

use axum::Router;
use axum::extract::{FromRef, FromRequestParts, State};
use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Client, Denied, Hub, Identity, Realtime, Rejected};

mod asked {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    pub enum ChatCommand {
        Say { room: String },
    }
}

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(commands = asked::ChatCommand, reply = Reply, history = 16)]
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

#[derive(Serialize, JsonSchema)]
struct Reply {
    position: String,
}

async fn may(_: User, _: ChatChannel) -> Result<(), Denied> {
    Ok(())
}

async fn bare(client: Client<ChatEvent>, command: asked::ChatCommand) -> Result<Reply, Rejected> {
    let asked::ChatCommand::Say { room } = command;
    let position = client.publish(ChatEvent::Said { room }).await?.map_or_else(String::new, |position| position.to_string());
    Ok(Reply { position })
}

async fn full(State(Database): State<Database>, client: Client<ChatEvent, User>, _: asked::ChatCommand) -> Result<Reply, Rejected> {
    let User = client.user();
    let _: Option<&str> = client.key();
    let position = client.hub().position().await.to_string();
    Ok(Reply { position })
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let closure = async |_: Client<ChatEvent, User>, _: asked::ChatCommand| Err::<Reply, _>(Rejected::new("no", "No."));
    let _: Router = Router::new()
        .nest("/a", hub.endpoints().authorize(may).commands(full).into_router())
        .with_state(App { database: Database })
        .nest("/b", hub.endpoints().commands(bare).into_router())
        .nest("/c", hub.endpoints().authorize(may).commands(closure).into_router());
}
