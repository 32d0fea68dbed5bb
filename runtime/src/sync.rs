//! The locks and wakers of floors 4 and up: the standard ones, or loom's where a test explores every interleaving. Floor 0.
//!
//! Not `cfg(loom)`: tokio has one of its own, which changes what it compiles.

#[cfg(not(triwire_loom))]
pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
};

#[cfg(triwire_loom)]
pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
};

#[cfg(not(triwire_loom))]
pub(crate) use futures_util::task::AtomicWaker;
#[cfg(triwire_loom)]
pub(crate) use loom::future::AtomicWaker;

/// Locks; a panic of another holder is no reason to stop: no state here is left half changed between two statements that can panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
