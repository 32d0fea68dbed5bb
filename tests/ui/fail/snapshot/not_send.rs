//! A future that cannot leave its thread.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Hub, Realtime};

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(state = ChatState)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

#[derive(Serialize, JsonSchema)]
struct ChatState {
    texts: Vec<String>,
}

async fn state(_: ChatChannel) -> ChatState {
    let texts = std::rc::Rc::new(Vec::new());
    std::future::ready(()).await;
    ChatState { texts: texts.to_vec() }
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let _: axum::Router = hub.endpoints().snapshot(state).into_router();
}
