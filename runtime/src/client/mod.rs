//! A hub elsewhere, from Rust: the items of its channels as a stream that goes on through every cut, and its commands, done once.
//!
//! It is in the feature `client`; for `https` in `client-rustls`. Nothing of the server is in its tree: with `default-features = false`
//! neither axum nor tower is built.
//!
//! ```
//! # use std::time::Duration;
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use triwire::client::RemoteHub;
//! use triwire::{Item, Realtime, Since};
//!
//! #[derive(Debug, Realtime, Serialize, Deserialize, JsonSchema)]
//! #[serde(tag = "type", rename_all = "snake_case")]
//! enum ChatEvent {
//!     #[realtime(channel = "room:{room}")]
//!     Message { room: String, text: String },
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let hub = triwire::Hub::<ChatEvent>::new();
//! # let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
//! # let url = format!("http://{}/chat", listener.local_addr()?);
//! # tokio::spawn(triwire::serve(listener, axum::Router::new().nest("/chat", hub.endpoints().into_router())).into_future());
//! # let from = hub.position().await;
//! # for text in ["hello", "bye"] {
//! #     hub.publish(ChatEvent::Message { room: "tea".into(), text: text.into() }).await?;
//! # }
//! // `url` is "http://127.0.0.1:3000/chat", or wherever the hub is mounted.
//! let remote = RemoteHub::<ChatEvent>::at(&url).build()?;
//! # let since = Since::At(from);
//! let mut items = remote.subscribe([ChatChannel::room("tea")], since)?;
//! while let Some(item) = items.next().await {
//!     match item? {
//!         Item::Event { event: ChatEvent::Message { text, .. }, .. } if text == "bye" => break,
//!         Item::Event { event, .. } => println!("{event:?}"),
//!         Item::Gap { channel, gap } => println!("{channel} lost {:?} events", gap.missed),
//!         _ => {}
//!     }
//! }
//! // Whoever comes later goes on from here.
//! println!("{:?}", items.position());
//! # Ok(())
//! # }
//! ```

mod address;
mod builder;
mod command;
mod credentials;
mod error;
mod http;
mod machine;
mod poll;
mod reader;
mod remote;
mod socket;
mod sse;
mod stream;
#[cfg(feature = "client-rustls")]
mod tls;
#[cfg(not(feature = "client-rustls"))]
#[path = "tls_without.rs"]
mod tls;
mod ws;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::HeaderValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use crate::contract::Realtime;
use crate::error::ChannelError;
use crate::position::Since;
pub use builder::RemoteHubBuilder;
pub use credentials::{BoxError, Credentials};
pub use error::{ClientError, CommandError, ConnectError, Refused};
pub use machine::Transport;
pub use reader::{Reader, Status};

/// A hub elsewhere. Clones are the same hub.
pub struct RemoteHub<E> {
    remote: Arc<remote::Remote>,
    /// The connection of the command before.
    kept: Arc<Mutex<Option<http::Line>>>,
    events: PhantomData<fn() -> E>,
}

impl<E: Realtime> RemoteHub<E> {
    /// The hub that is mounted at this URL, `https://example.org/chat`. A query in it is sent with each request.
    pub fn at(url: impl Into<String>) -> RemoteHubBuilder<E> {
        RemoteHubBuilder::new(url.into())
    }

    /// Reads channels. One reader is one connection, over whatever transport works, and has one position for all its channels;
    /// it goes on until every channel has ended, or an error that does not pass. Nothing has to be there yet: it connects
    /// until it is let in.
    ///
    /// A `since` of [`Since::Now`] begins with what comes once it is connected.
    ///
    /// # Errors
    /// Values that make no channel's name.
    ///
    /// # Panics
    /// Outside of a tokio runtime: a reader is a task.
    pub fn subscribe(&self, channels: impl IntoIterator<Item = E::Channel>, since: impl Into<Since>) -> Result<Reader<E>, ChannelError>
    where
        E: DeserializeOwned,
    {
        let mut names: Vec<String> = Vec::new();
        for channel in channels {
            let name = name(&channel)?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(Reader::start(self.remote.clone(), names, since.into()))
    }

    /// Asks for a command, until it is answered: under a key of its own it takes effect once, whatever is cut on the way.
    ///
    /// # Errors
    /// What it was refused with; or that no answer came for as long as the hub knows the key.
    pub async fn command(&self, command: &E::Command) -> Result<E::Reply, CommandError>
    where
        E: Realtime<Command: Serialize, Reply: DeserializeOwned>,
    {
        self.command_with_key(&command::key(), command).await
    }

    /// The same, under this key: what the command leads to carries it as its `cause`.
    ///
    /// # Errors
    /// As [`command`](Self::command); and where the key is none that stands in a header.
    pub async fn command_with_key(&self, key: &str, command: &E::Command) -> Result<E::Reply, CommandError>
    where
        E: Realtime<Command: Serialize, Reply: DeserializeOwned>,
    {
        let encode = |error: &dyn fmt::Display| CommandError::Encode(error.to_string());
        let json = serde_json::to_vec(command).map_err(|error| encode(&error))?;
        let key = HeaderValue::from_str(key).map_err(|error| encode(&error))?;
        let reply = command::ask(&self.remote, &self.kept, &command::Sent { key: &key, json: Bytes::from(json) }).await?;
        serde_json::from_slice(&reply).map_err(|error| CommandError::Reply(error.to_string()))
    }
}

/// The name of a channel, which its fields may not make.
fn name(channel: &impl fmt::Display) -> Result<String, ChannelError> {
    use fmt::Write as _;
    let mut name = String::new();
    write!(name, "{channel}").map_err(|_| ChannelError::Malformed)?;
    Ok(name)
}

impl<E> Clone for RemoteHub<E> {
    fn clone(&self) -> Self {
        Self { remote: self.remote.clone(), kept: self.kept.clone(), events: PhantomData }
    }
}

impl<E> fmt::Debug for RemoteHub<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.remote.fmt(f)
    }
}
