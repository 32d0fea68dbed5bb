//! The law, under what `axum::serve` is made of.

#[path = "law.rs"]
mod same;
