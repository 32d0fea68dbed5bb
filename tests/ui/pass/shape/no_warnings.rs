//! Nothing that the derive writes is warned of, in whatever way a crate is strict.

#![deny(warnings, missing_docs, unused_qualifications, unused, nonstandard_style)]
#![deny(rust_2018_idioms, rust_2024_compatibility, trivial_casts, trivial_numeric_casts, single_use_lifetimes, let_underscore_drop)]
#![forbid(unsafe_code)]

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

/// Documented.
#[derive(Realtime, Serialize, JsonSchema)]
pub enum PublicEvent {
    /// Documented.
    #[realtime(channel = "room:{room}")]
    Message {
        /// Documented.
        room: String,
    },
    /// Documented.
    Notice,
}

/// Documented.
/// Documented.
#[derive(Realtime, Serialize, JsonSchema)]
pub enum AgingEvent {
    /// Documented.
    #[deprecated]
    Old,
    /// Documented.
    #[realtime(channel = "new:{room}")]
    New {
        /// Documented.
        #[deprecated]
        room: String,
    },
}

#[derive(Realtime, Serialize, JsonSchema)]
enum PrivateEvent {
    #[realtime(channel = "room:{room}/{number}")]
    Message { room: String, number: u64 },
    #[realtime(channel = "lobby")]
    Notice,
}

fn main() {
    drop((PublicEvent::Notice.route(), PublicEvent::Message { room: "a".into() }));
    drop((PrivateEvent::Notice.route(), PrivateEvent::Message { room: "a".into(), number: 1 }));
}
