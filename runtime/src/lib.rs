//! One enum, three wires, no silent gaps.

mod contract;
mod entry;
mod error;
mod item;
mod limits;
mod metrics;
mod position;
mod protocol;

pub use contract::{Channels, Parameter, Realtime};
pub use error::{BrokerError, ChannelError, Denied, PositionError, PublishError, Refusal, SubscribeError};
pub use item::Item;
pub use limits::Limits;
pub use metrics::Stats;
pub use position::{Epoch, Position, Since};
pub use protocol::{Bye, ByeReason, Gap, GapReason};
pub use triwire_macros::Realtime;

/// What the derive writes; not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::contract::{Channels, Contract, Describe, Encode, Named, Parameter, Part, Realtime, Route, Template, Variant, print};
    pub use crate::error::ChannelError;
}
