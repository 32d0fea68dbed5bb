//! `cargo xtask bench NAME`: what is measured, never a part of the tests.

pub(crate) mod derive;
