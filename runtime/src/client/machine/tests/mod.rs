//! The machine against a model of a hub and a network that does to it what networks do, in virtual time.

mod commands;
mod law;
mod rules;
mod world;
