#![doc = include_str!("../README.md")]

#[cfg(feature = "server")]
mod application;
#[cfg(feature = "server")]
mod authorize;
#[cfg(feature = "server")]
pub mod broker;
#[cfg(feature = "server")]
mod channel;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
mod commands;
#[cfg(feature = "server")]
mod connection;
mod contract;
#[cfg(feature = "server")]
mod documents;
#[cfg(feature = "server")]
mod entry;
mod error;
#[cfg(feature = "server")]
mod forgotten;
#[cfg(feature = "server")]
mod guard;
#[cfg(feature = "server")]
mod head;
#[cfg(feature = "server")]
mod hub;
#[cfg(feature = "server")]
mod identity;
mod item;
#[cfg(feature = "server")]
mod limits;
pub mod lock;
#[cfg(feature = "server")]
mod log;
#[cfg(feature = "server")]
mod metrics;
#[cfg(feature = "server")]
mod output;
mod position;
#[cfg(feature = "server")]
mod presence;
mod protocol;
#[cfg(feature = "server")]
mod rate;
#[cfg(feature = "server")]
mod router;
#[cfg(feature = "server")]
mod run;
#[cfg(feature = "server")]
mod schema;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "server")]
mod snapshot;
#[cfg(feature = "server")]
mod subscribers;
#[cfg(feature = "server")]
mod sync;
#[cfg(feature = "server")]
mod task;
#[cfg(feature = "server")]
mod tickets;
#[cfg(feature = "server")]
mod transport;
#[cfg(feature = "server")]
mod typescript;
#[cfg(feature = "server")]
mod websocket;

#[cfg(feature = "server")]
pub use authorize::Authorize;
#[cfg(feature = "server")]
pub use commands::{Client, Handle};
pub use contract::{Channels, Key, Parameter, Realtime};
#[cfg(feature = "server")]
pub use documents::Documents;
#[cfg(feature = "server")]
pub use error::{BrokerError, Denied, PublishError, Refusal, Rejected, SubscribeError};
pub use error::{ChannelError, PositionError};
#[cfg(feature = "server")]
pub use hub::{Hub, HubBuilder, Subscription};
#[cfg(feature = "server")]
pub use identity::{Anyone, Identity};
pub use item::Item;
#[cfg(feature = "server")]
pub use limits::Limits;
#[cfg(feature = "server")]
pub use metrics::Stats;
pub use position::{Epoch, Position, Since};
pub use protocol::{Bye, ByeReason, End, EndReason, Gap, GapReason, Presence};
#[cfg(feature = "server")]
pub use router::Endpoints;
#[cfg(feature = "serve")]
pub use serve::{Serve, ServeLimits, serve, shutdown_signal};
#[cfg(feature = "server")]
pub use snapshot::{Given, Snapshot};
#[cfg(feature = "tickets")]
pub use tickets::{TicketSecret, TicketSecretError, Ticketed};
pub use triwire_macros::Realtime;

/// What the derive writes; not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::contract::{
        Channels, Commands, Contract, Decode, Describe, Encode, Key, Named, Parameter, Part, ReadCommand, Realtime, Route, Sent, Shown,
        Template, Variant, print,
    };
    #[cfg(feature = "server")]
    pub use crate::documents::write_contract;
    pub use crate::error::{ChannelError, Misread};
}

/// The WebSocket codec, for what must look at it from outside: the tests, Autobahn's echo server and the fuzz driver; not for use.
#[doc(hidden)]
#[cfg(feature = "server")]
pub mod __websocket {
    pub use crate::websocket::{Agreed, deflate, negotiate};
    pub use crate::websocket::{Decoder, Header, Opcode, Received, Violation, accept_key, close_frame, frame, header};
}

/// What the benchmarks of the core read; not for use.
#[doc(hidden)]
#[cfg(feature = "server")]
pub mod __bench {
    pub use crate::hub::raw::{Counts, Raw, Room, Taken};
}
