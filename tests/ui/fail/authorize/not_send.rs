//! An answer that cannot move between threads.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Anyone, Denied, Hub, Realtime};

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String },
}

async fn may_subscribe(_: Anyone, _: ChatChannel) -> Result<(), Denied> {
    let counted = std::rc::Rc::new(());
    std::future::ready(()).await;
    drop(counted);
    Ok(())
}

fn main() {
    let hub = Hub::<ChatEvent>::new();
    let _: axum::Router = hub.endpoints().authorize(may_subscribe).into_router();
}
