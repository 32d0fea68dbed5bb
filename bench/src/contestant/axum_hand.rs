//! axum as people write it, after its own examples: a broadcast channel, two tasks a WebSocket, JSON made for each subscriber.

use std::io;

use axum::Router;
use axum::extract::ws::{Message, WebSocket};
use axum::extract::{RawQuery, State, WebSocketUpgrade};
use axum::response::Response;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_util::stream::BoxStream;
use futures_util::{SinkExt as _, Stream, StreamExt as _};
use tokio::net::TcpListener;

use super::registry::Registry;
use crate::event::BenchEvent;

type Rooms = Registry<BenchEvent>;

pub(super) async fn serve(listener: TcpListener) -> io::Result<()> {
    let rooms = Rooms::default();
    let app = Router::new().route("/ws", get(ws)).route("/sse", get(sse)).with_state(rooms.clone());
    tokio::spawn(axum::serve(listener, app).into_future());
    super::publish(async |publish| publish.events().for_each(|event| rooms.publish(event.room(), event))).await
}

async fn ws(State(rooms): State<Rooms>, RawQuery(query): RawQuery, upgrade: WebSocketUpgrade) -> Response {
    let events = rooms.subscribe(&query.unwrap_or_default());
    upgrade.on_upgrade(move |socket| stream_to(socket, events))
}

async fn stream_to(socket: WebSocket, mut events: BoxStream<'static, BenchEvent>) {
    let (mut sender, mut receiver) = socket.split();
    let mut sending = tokio::spawn(async move {
        while let Some(event) = events.next().await {
            let text = serde_json::to_string(&event).expect("it is JSON");
            if sender.send(Message::Text(text.into())).await.is_err() {
                break;
            }
        }
    });
    let mut receiving = tokio::spawn(async move { while let Some(Ok(_)) = receiver.next().await {} });
    tokio::select! {
        _ = &mut sending => receiving.abort(),
        _ = &mut receiving => sending.abort(),
    }
}

async fn sse(State(rooms): State<Rooms>, RawQuery(query): RawQuery) -> Sse<impl Stream<Item = Result<Event, axum::Error>>> {
    let events = rooms.subscribe(&query.unwrap_or_default());
    Sse::new(events.map(|event| Event::default().json_data(event))).keep_alive(KeepAlive::default())
}
