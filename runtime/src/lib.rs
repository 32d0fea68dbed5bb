//! One enum, three wires, no silent gaps.

mod contract;
mod error;

pub use contract::{Channels, Parameter, Realtime};
pub use error::{BrokerError, ChannelError, Denied, PositionError, PublishError, Refusal, SubscribeError};
pub use triwire_macros::Realtime;

/// What the derive writes; not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::contract::{Channels, Contract, Describe, Encode, Named, Parameter, Part, Realtime, Route, Template, Variant, print};
    pub use crate::error::ChannelError;
}
