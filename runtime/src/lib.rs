#![doc = include_str!("../README.md")]

mod application;
mod authorize;
pub mod broker;
mod channel;
mod commands;
mod connection;
mod contract;
mod documents;
mod entry;
mod error;
mod forgotten;
mod guard;
mod head;
mod hub;
mod identity;
mod item;
mod limits;
pub mod lock;
mod log;
mod metrics;
mod position;
mod presence;
mod protocol;
mod rate;
mod router;
mod run;
mod schema;
#[cfg(feature = "serve")]
mod serve;
mod snapshot;
mod subscribers;
mod sync;
mod task;
mod tickets;
mod transport;
mod websocket;

pub use authorize::Authorize;
pub use commands::{Client, Handle};
pub use contract::{Channels, Key, Parameter, Realtime};
pub use documents::Documents;
pub use error::{BrokerError, ChannelError, Denied, PositionError, PublishError, Refusal, Rejected, SubscribeError};
pub use hub::{Hub, HubBuilder, Subscription};
pub use identity::{Anyone, Identity};
pub use item::Item;
pub use limits::Limits;
pub use metrics::Stats;
pub use position::{Epoch, Position, Since};
pub use protocol::{Bye, ByeReason, End, EndReason, Gap, GapReason, Presence};
pub use router::Endpoints;
#[cfg(feature = "serve")]
pub use serve::{Serve, ServeLimits, serve, shutdown_signal};
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
    pub use crate::documents::write_contract;
    pub use crate::error::{ChannelError, Misread};
}

/// The WebSocket codec, for what must look at it from outside: the tests, Autobahn's echo server and the fuzz driver; not for use.
#[doc(hidden)]
pub mod __websocket {
    pub use crate::websocket::{Agreed, deflate, negotiate};
    pub use crate::websocket::{Decoder, Header, Opcode, Received, Violation, accept_key, close_frame, frame, header};
}

/// What the benchmarks of the core read; not for use.
#[doc(hidden)]
pub mod __bench {
    pub use crate::hub::raw::{Counts, Raw, Room, Taken};
}
