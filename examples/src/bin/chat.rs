//! A chat: one room over all three wires, side by side. Cut one, flood the room, reconnect: nothing is lost in silence.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::{Client, Denied, Hub, Realtime, Rejected};
use triwire_examples::{Unpublished, User, serve};

/// What happens in a chat.
#[derive(Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[realtime(history = 256, keep = "5m", commands = ChatCommand, state = usize)]
enum ChatEvent {
    /// Somebody said something.
    #[realtime(channel = "room:{room}")]
    Message { room: String, from: String, text: String },
    /// Somebody is typing: worth seeing now, not worth replaying.
    #[realtime(channel = "room:{room}", volatile)]
    Typing { room: String, from: String },
    /// The operator speaks to everybody.
    #[realtime(channel = "lobby")]
    Notice { text: String },
}
triwire::contract!(ChatEvent);

/// What the page asks for.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ChatCommand {
    /// Says something.
    Say { room: String, text: String },
    /// Shows that something is being written.
    Typing { room: String },
    /// Says so many things at once.
    Flood { room: String, count: u16 },
    /// Puts somebody out of the room.
    Kick { room: String, name: String },
}

#[derive(Clone)]
struct App {
    hub: Hub<ChatEvent>,
    /// Who may not enter, by room and name. Yours would be a table; this one ends with the process.
    kicked: Arc<Mutex<HashSet<(String, String)>>>,
}

/// A client's user, and what the answers look at.
type Person = (User, State<App>);

fn may_be_in(room: &str, (user, State(app)): &Person) -> bool {
    !app.kicked.lock().expect("nothing panics with it").contains(&(room.to_owned(), user.name.clone()))
}

/// The hub asks at every subscribe, resume and poll.
async fn may_read(person: Person, channel: ChatChannel) -> Result<(), Denied> {
    let ChatChannel::Room { room } = channel else { return Ok(()) };
    if may_be_in(&room, &person) { Ok(()) } else { Err(Denied) }
}

/// A room's state: how many were kicked out of it.
async fn kicked((_, State(app)): Person, channel: ChatChannel) -> usize {
    let kicked = app.kicked.lock().expect("nothing panics with it");
    kicked.iter().filter(|(room, _)| channel == ChatChannel::room(room)).count()
}

async fn handle(client: Client<ChatEvent, Person>, command: ChatCommand) -> Result<(), Rejected> {
    use ChatCommand::{Flood, Kick, Say, Typing};
    let (User { name: from }, State(app)) = client.user().clone();
    let (Say { room, .. } | Typing { room } | Flood { room, .. } | Kick { room, .. }) = &command;
    if !may_be_in(room, client.user()) {
        return Err(Rejected::new("kicked", "You are not in this room any more."));
    }
    let event = match command {
        Say { room, text } => ChatEvent::Message { room, from, text },
        Typing { room } => ChatEvent::Typing { room, from },
        Flood { room, count } => return flood(&client, room, from, count).await,
        // Anybody may kick anybody: yours would ask first. What `may_read` looks at is changed before the hub asks it again.
        Kick { room, name } => {
            app.kicked.lock().expect("nothing panics with it").insert((room.clone(), name.clone()));
            app.hub.revoke(&name, &ChatChannel::room(room)).await;
            return Ok(());
        }
    };
    Ok(client.publish(event).await.map(drop)?)
}

/// More than the history keeps, faster than anybody reads and no faster than a browser polls: who keeps reading has it all, and a wire that is cut meanwhile comes back to a gap.
async fn flood(client: &Client<ChatEvent, Person>, room: String, from: String, count: u16) -> Result<(), Rejected> {
    for number in 1..=count {
        client.publish(ChatEvent::Message { room: room.clone(), from: from.clone(), text: format!("{number} of {count}") }).await?;
        if number % 4 == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    Ok(())
}

/// What `curl` says, by whatever name: it does not say who it is.
#[derive(Deserialize)]
struct Say {
    room: String,
    from: String,
    text: String,
}

async fn say(State(App { hub, .. }): State<App>, Json(Say { room, from, text }): Json<Say>) -> Result<StatusCode, Unpublished> {
    Ok(hub.publish(ChatEvent::Message { room, from, text }).await.map(|_| StatusCode::NO_CONTENT)?)
}

async fn notice(State(App { hub, .. }): State<App>, Json(text): Json<String>) -> Result<StatusCode, Unpublished> {
    Ok(hub.publish(ChatEvent::Notice { text }).await.map(|_| StatusCode::NO_CONTENT)?)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = Hub::<ChatEvent>::new();
    let app = Router::new()
        .nest("/chat", hub.endpoints().authorize(may_read).commands(handle).snapshot(kicked).into_router())
        .route("/say", post(say))
        .route("/notice", post(notice))
        .route("/stats", get(async |State(App { hub, .. }): State<App>| Json(hub.stats())))
        .with_state(App { hub: hub.clone(), kicked: Arc::default() });
    serve("chat", include_str!("chat.html"), app, hub).await
}
