//! What the tests over real sockets share: a server, clients of the three transports, and the law that they hold.

#![allow(clippy::missing_errors_doc, clippy::missing_panics_doc)]

pub mod chat;
pub mod client;
pub mod exact;
pub mod law;
pub mod reader;
pub mod relay;
pub mod remote;
pub mod server;
