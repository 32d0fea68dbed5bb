//! What the transports promise, under `axum::serve`.

#[path = "transports.rs"]
mod same;
