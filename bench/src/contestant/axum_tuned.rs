//! axum as who measured would write it: bytes made once and shared, small buffers, one write for all that is ready.

use std::convert::Infallible;
use std::io;

use axum::Router;
use axum::body::Body;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use axum::extract::{RawQuery, State, WebSocketUpgrade};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::net::TcpListener;

use super::registry::Registry;

/// An event in the bytes of both protocols.
#[derive(Clone)]
struct Shared {
    text: Utf8Bytes,
    sse: Bytes,
}

type Rooms = Registry<Shared>;

/// The default is 128 KiB, which axum fills with zeros whenever it looks whether the client said something.
const READ_BYTES: usize = 4_096;
/// Events in one write, at most.
const BATCH: usize = 64;

pub(super) async fn serve(listener: TcpListener) -> io::Result<()> {
    let rooms = Rooms::default();
    let app = Router::new().route("/ws", get(ws)).route("/sse", get(sse)).with_state(rooms.clone());
    tokio::spawn(axum::serve(listener, app).into_future());
    super::publish(async |publish| {
        for event in publish.events() {
            let json = event.json();
            let sse = format!("data: {json}\n\n").into();
            rooms.publish(event.room(), Shared { text: json.into(), sse });
        }
    })
    .await
}

async fn ws(State(rooms): State<Rooms>, RawQuery(query): RawQuery, upgrade: WebSocketUpgrade) -> Response {
    let events = rooms.subscribe(&query.unwrap_or_default());
    upgrade.read_buffer_size(READ_BYTES).on_upgrade(move |socket| stream_to(socket, events))
}

async fn stream_to(mut socket: WebSocket, mut events: BoxStream<'static, Shared>) {
    loop {
        tokio::select! {
            event = events.next() => {
                let mut next = event;
                while let Some(event) = next {
                    if socket.feed(Message::Text(event.text)).await.is_err() {
                        return;
                    }
                    next = events.next().now_or_never().flatten();
                }
                if socket.flush().await.is_err() {
                    return;
                }
            }
            said = socket.recv() => if !matches!(said, Some(Ok(_))) {
                return;
            },
        }
    }
}

async fn sse(State(rooms): State<Rooms>, RawQuery(query): RawQuery) -> impl IntoResponse {
    let events = rooms.subscribe(&query.unwrap_or_default());
    let batches = events.ready_chunks(BATCH).map(|batch| {
        Ok::<_, Infallible>(match batch.as_slice() {
            [only] => only.sse.clone(),
            batch => batch.iter().flat_map(|event| event.sse.iter().copied()).collect(),
        })
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(batches))
}
