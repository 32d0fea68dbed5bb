//! A hub, a proxy before it, and what the tests ask of them.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::timeout;
use triwire::client::{ClientError, Reader, RemoteHub, RemoteHubBuilder, Status, Transport};
use triwire::{Client, Denied, Hub, Identity, Item, Limits, Position, Realtime, Rejected, TicketSecret};
use triwire_tests::client::PATIENCE;
use triwire_tests::relay::Relay;
use triwire_tests::server::{By, Server};

#[derive(Debug, PartialEq, Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[realtime(history = 32, commands = NoteCommand, reply = u64, state = String)]
pub(super) enum NoteEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String, number: u64 },
    #[realtime(channel = "room:{room}", ends)]
    Closed { room: String },
}

/// The same channels, as a later version of the program has them.
#[derive(Debug, PartialEq, Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[realtime(commands = NoteCommand, reply = String)]
pub(super) enum LaterEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String, number: u64 },
    #[realtime(channel = "room:{room}")]
    Sung { room: String, song: String },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum NoteCommand {
    Say { room: String, number: u64 },
}

/// Who says `Authorization: Bearer NAME`, for so many milliseconds as `x-lasts` says.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct User {
    name: String,
    until: Option<SystemTime>,
}

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let name = header("authorization").map_or("anyone", |bearer| bearer.trim_start_matches("Bearer "));
        if name == "expired" {
            return Err(StatusCode::UNAUTHORIZED);
        }
        let lasts = header("x-lasts").map(|lasts| Duration::from_millis(lasts.parse().expect("a number")));
        Ok(Self { name: name.to_owned(), until: lasts.map(|lasts| SystemTime::now() + lasts) })
    }
}

impl Identity for User {
    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn expires(&self) -> Option<SystemTime> {
        self.until
    }
}

/// Every room but `secret`.
async fn may(_: User, channel: NoteChannel) -> Result<(), Denied> {
    let NoteChannel::Room { room } = channel;
    if room == "secret" { Err(Denied) } else { Ok(()) }
}

/// A hub that says something each 300 ms, and a proxy before it.
pub(super) struct App {
    pub(super) hub: Hub<NoteEvent>,
    pub(super) relay: Relay,
    /// How often a command took effect.
    pub(super) done: Arc<AtomicU64>,
    at: watch::Sender<SocketAddr>,
    server: Server,
}

pub(super) fn hub() -> Hub<NoteEvent> {
    let limits = Limits { sse_heartbeat: Duration::from_millis(300), ws_ping: Duration::from_millis(300), ..Limits::default() };
    Hub::builder().limits(limits).build()
}

fn serve(hub: &Hub<NoteEvent>, done: &Arc<AtomicU64>) -> Server {
    let done = done.clone();
    let handle = move |client: Client<NoteEvent, User>, NoteCommand::Say { room, number }| {
        let done = done.clone();
        async move {
            match number {
                13 => return Err(Rejected::new("unlucky", "Another number, please.")),
                77 if client.user().name != "ada" => return Err(Rejected::new("stranger", "This one is Ada's.")),
                _ => {}
            }
            done.fetch_add(1, Relaxed);
            client.publish(NoteEvent::Said { room, number }).await?;
            Ok(number)
        }
    };
    let endpoints = hub.endpoints().authorize(may).commands(handle).tickets(&TicketSecret::from([7; 32]));
    let endpoints = endpoints.snapshot(|channel: NoteChannel| async move { channel.to_string() });
    Server::start(By::Triwire, Router::new().nest("/notes", endpoints.into_router())).expect("the loopback listens")
}

impl App {
    pub(super) async fn start() -> Self {
        let (hub, done) = (hub(), Arc::default());
        let server = serve(&hub, &done);
        let (at, upstream) = watch::channel(server.address);
        let relay = Relay::start(upstream).await.expect("the loopback listens");
        Self { hub, relay, done, at, server }
    }

    /// Another hub takes the place of this one, as after a crash.
    pub(super) async fn restart(&mut self) {
        self.hub = hub();
        let server = serve(&self.hub, &self.done);
        self.at.send_replace(server.address);
        std::mem::replace(&mut self.server, server).kill().await;
    }

    /// The hub through the proxy, by a client that is quick to see that it is dead.
    pub(super) fn remote(&self) -> RemoteHubBuilder<NoteEvent> {
        self.remote_of()
    }

    /// The same, by a program that has another version of the enum.
    pub(super) fn remote_of<E: Realtime>(&self) -> RemoteHubBuilder<E> {
        let remote = RemoteHub::at(format!("http://{}/notes", self.relay.address));
        remote.opening(Duration::from_secs(1)).silence(Duration::from_secs(3))
    }

    /// A reader of the room `tea`, over one transport, from now on.
    pub(super) async fn reader(&self, transport: Transport) -> Reader<NoteEvent> {
        let remote = self.remote().transports([transport]).build().expect("a URL");
        self.reader_of(&remote).await
    }

    pub(super) async fn reader_of(&self, remote: &RemoteHub<NoteEvent>) -> Reader<NoteEvent> {
        let since = self.hub.position().await;
        remote.subscribe([NoteChannel::room("tea")], since).expect("a channel")
    }

    pub(super) async fn say(&self, number: u64) -> Position {
        let said = NoteEvent::Said { room: "tea".into(), number };
        self.hub.publish(said).await.expect("it is taken").expect("it is kept")
    }

    pub(super) async fn say_all(&self, numbers: impl IntoIterator<Item = u64>) {
        for number in numbers {
            self.say(number).await;
        }
    }
}

/// What comes next and is no heartbeat.
pub(super) async fn next<E: Realtime + serde::de::DeserializeOwned>(reader: &mut Reader<E>) -> Option<Result<Item<E>, ClientError>> {
    let news = async {
        loop {
            match reader.next().await {
                Some(Ok(Item::Heartbeat(_))) => {}
                other => return other,
            }
        }
    };
    timeout(PATIENCE, news).await.expect("something comes but heartbeats")
}

/// The numbers that come next, which must be these, once each and in order.
pub(super) async fn hears(reader: &mut Reader<NoteEvent>, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        match next(reader).await {
            Some(Ok(Item::Event { event: NoteEvent::Said { number: heard, .. }, .. })) => assert_eq!(heard, number),
            other => panic!("{other:?}, not {number}"),
        }
    }
}

/// Waits until the reader has this status.
pub(super) async fn is(reader: &Reader<NoteEvent>, wanted: impl Fn(Status) -> bool) {
    let mut statuses = reader.statuses();
    let reached = timeout(PATIENCE, statuses.wait_for(|status| wanted(*status))).await;
    reached.unwrap_or_else(|_| panic!("{reader:?}")).expect("the reader is there");
}
