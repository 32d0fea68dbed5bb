//! axum as people write it: a broadcast channel, JSON made for each subscriber, and a WebSocket served by two tasks, as in axum's own
//! examples, or by one that `select!`s.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use axum::extract::{Query, RawQuery, State, WebSocketUpgrade};
use axum::response::Response;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::stream::BoxStream;
use futures_util::{SinkExt as _, Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::registry::Registry;
use crate::event::BenchEvent;

type Rooms = Registry<BenchEvent>;

/// How long a poll waits.
const WAIT: Duration = Duration::from_secs(25);
/// Events that are kept for polls.
const RECENT: usize = 256;

#[derive(Clone, Default)]
struct App {
    rooms: Rooms,
    log: Arc<Mutex<Log>>,
}

/// What polls go on from.
#[derive(Default)]
struct Log {
    newest: u64,
    recent: VecDeque<(u64, BenchEvent)>,
}

/// With two tasks a WebSocket.
pub(super) async fn serve_split(listener: TcpListener) -> io::Result<()> {
    serve(listener, Router::new().route("/ws", get(ws_split))).await
}

/// With one.
pub(super) async fn serve_select(listener: TcpListener) -> io::Result<()> {
    serve(listener, Router::new().route("/ws", get(ws_select))).await
}

async fn serve(listener: TcpListener, router: Router<App>) -> io::Result<()> {
    let app = App::default();
    let router = router.route("/sse", get(sse)).route("/poll", get(poll)).with_state(app.clone());
    tokio::spawn(axum::serve(listener, router).into_future());
    super::publish(async |publish| publish.events().for_each(|event| app.publish(event))).await
}

impl App {
    fn publish(&self, event: BenchEvent) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.newest += 1;
        let newest = log.newest;
        log.recent.push_back((newest, event.clone()));
        if log.recent.len() > RECENT {
            log.recent.pop_front();
        }
        drop(log);
        self.rooms.publish(event.room(), event);
    }

    /// What a room has had since; nothing where the client only asks where it begins.
    fn newer(&self, room: Option<u32>, since: Option<u64>) -> Answer {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let since = since.unwrap_or(log.newest);
        let newer = log.recent.iter().filter(|(number, event)| *number > since && Some(event.room()) == room);
        Answer { position: log.newest.to_string(), items: newer.map(|(_, event)| event.clone()).collect() }
    }
}

async fn ws_split(State(app): State<App>, RawQuery(query): RawQuery, upgrade: WebSocketUpgrade) -> Response {
    let events = app.rooms.subscribe(&query.unwrap_or_default());
    upgrade.on_upgrade(move |socket| split(socket, events))
}

async fn split(socket: WebSocket, mut events: BoxStream<'static, BenchEvent>) {
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

async fn ws_select(State(app): State<App>, RawQuery(query): RawQuery, upgrade: WebSocketUpgrade) -> Response {
    let events = app.rooms.subscribe(&query.unwrap_or_default());
    upgrade.on_upgrade(move |socket| select(socket, events))
}

async fn select(mut socket: WebSocket, mut events: BoxStream<'static, BenchEvent>) {
    loop {
        tokio::select! {
            event = events.next() => {
                let Some(event) = event else { return };
                let text = serde_json::to_string(&event).expect("it is JSON");
                if socket.send(Message::Text(text.into())).await.is_err() {
                    return;
                }
            }
            said = socket.recv() => if !matches!(said, Some(Ok(_))) {
                return;
            },
        }
    }
}

async fn sse(State(app): State<App>, RawQuery(query): RawQuery) -> Sse<impl Stream<Item = Result<Event, axum::Error>>> {
    let events = app.rooms.subscribe(&query.unwrap_or_default());
    Sse::new(events.map(|event| Event::default().json_data(event))).keep_alive(KeepAlive::default())
}

#[derive(Deserialize)]
struct Asked {
    since: Option<u64>,
}

#[derive(Serialize)]
struct Answer {
    position: String,
    items: Vec<BenchEvent>,
}

async fn poll(State(app): State<App>, RawQuery(query): RawQuery, Query(Asked { since }): Query<Asked>) -> Json<Answer> {
    let query = query.unwrap_or_default();
    let room = super::rooms(&query).first().copied();
    // Before the log is looked at: what comes between would be missed for the whole wait.
    let mut events = app.rooms.subscribe(&query);
    let answer = app.newer(room, since);
    if since.is_none() || !answer.items.is_empty() {
        return Json(answer);
    }
    // At the deadline the answer has no items.
    let _ = timeout(WAIT, events.next()).await;
    Json(app.newer(room, since))
}
