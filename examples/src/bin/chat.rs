//! A chat: one room over all three wires, side by side. Cut one, flood the room, reconnect: nothing is lost in silence.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use triwire::{Hub, Realtime, Stats};
use triwire_examples::{Unpublished, serve};

/// What happens in a chat.
#[derive(Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[realtime(history = 256, keep = "5m")]
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

type Chat = State<Hub<ChatEvent>>;
type Published = Result<StatusCode, Unpublished>;

#[derive(Deserialize)]
struct Say {
    room: String,
    from: String,
    text: String,
}

#[derive(Deserialize)]
struct Typing {
    room: String,
    from: String,
}

#[derive(Deserialize)]
struct Notice {
    text: String,
}

#[derive(Deserialize)]
struct Flood {
    room: String,
    from: String,
    count: u16,
}

async fn say(State(hub): Chat, Json(Say { room, from, text }): Json<Say>) -> Published {
    hub.publish(ChatEvent::Message { room, from, text }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn typing(State(hub): Chat, Json(Typing { room, from }): Json<Typing>) -> Published {
    hub.publish(ChatEvent::Typing { room, from }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn notice(State(hub): Chat, Json(Notice { text }): Json<Notice>) -> Published {
    hub.publish(ChatEvent::Notice { text }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// More than the history keeps, in a moment: who keeps reading has it all, and a wire that is cut meanwhile comes back to a gap.
async fn flood(State(hub): Chat, Json(flood): Json<Flood>) -> Published {
    for number in 1..=flood.count {
        let (room, from, text) = (flood.room.clone(), flood.from.clone(), format!("{number} of {}", flood.count));
        hub.publish(ChatEvent::Message { room, from, text }).await?;
        // Faster than anybody reads, and no faster than a browser polls.
        if number % 4 == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn stats(State(hub): Chat) -> Json<Stats> {
    Json(hub.stats())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = Hub::<ChatEvent>::new();
    let app = Router::new()
        .nest("/chat", hub.endpoints().into_router())
        .route("/say", post(say))
        .route("/typing", post(typing))
        .route("/notice", post(notice))
        .route("/flood", post(flood))
        .route("/stats", get(stats))
        .with_state(hub.clone());
    serve("chat", include_str!("chat.html"), app, hub).await
}
