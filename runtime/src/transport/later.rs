//! Why a client gets no stream now, though it may have one later: a problem where there is a status for it, a bye where there is none.

use crate::hub::accounts::Over;
use crate::hub::node::{Node, Refused};
use crate::protocol::{Bye, ByeReason};
use crate::transport::problem::Problem;

/// See the module.
pub(crate) struct Later {
    pub(crate) problem: Problem,
    pub(crate) bye: Bye,
}

impl Later {
    /// The node takes nobody.
    pub(crate) fn refused(refused: Refused, node: &Node) -> Self {
        let retry_ms = node.retry();
        let (problem, reason) = match refused {
            Refused::Busy => (Problem::Busy { retry_ms }, ByeReason::Busy),
            Refused::Draining => (Problem::Draining { retry_ms }, ByeReason::Drain),
        };
        Self { problem, bye: Bye { reason, retry_ms } }
    }

    /// The client has as much as it may.
    pub(crate) fn over(over: Over, node: &Node) -> Self {
        let wait = over.wait.map_or(0, |wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        // No sooner than after any other end: who is over a rate by little would come back for each of the next moments.
        let retry_ms = node.retry().max(wait);
        Self { problem: Problem::over(over, node), bye: Bye { reason: ByeReason::Busy, retry_ms } }
    }
}
