//! Tickets that were used: each opens once. Floor 6.

use std::collections::BTreeSet;

use crate::broker::Timestamp;
use crate::sync::{Mutex, lock};

/// What tells one ticket from any other.
pub(crate) type Id = [u8; 24];

/// The used tickets of a node, by the time they are good until: those that are good no longer are forgotten.
#[derive(Debug, Default)]
pub(crate) struct Used(Mutex<BTreeSet<(Timestamp, Id)>>);

/// Whether a ticket opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// It does, and never again.
    First,
    /// It did before.
    Again,
    /// It is good no longer.
    Late,
    /// As many are remembered as may be: it is not used.
    Full,
}

impl Used {
    /// Uses a ticket that is good until then. The clock is read under the lock: who reads an older time than another who has already
    /// forgotten a ticket would take it for a new one.
    pub(crate) fn take(&self, ticket: Id, until: Timestamp, most: usize, clock: impl FnOnce() -> Timestamp) -> Use {
        let mut used = lock(&self.0);
        let now = clock();
        forget(&mut used, now);
        if until <= now {
            Use::Late
        } else if used.contains(&(until, ticket)) {
            Use::Again
        } else if used.len() >= most {
            Use::Full
        } else {
            used.insert((until, ticket));
            Use::First
        }
    }

    /// Forgets those that are good no longer.
    pub(super) fn expire(&self, now: Timestamp) {
        forget(&mut lock(&self.0), now);
    }
}

fn forget(used: &mut BTreeSet<(Timestamp, Id)>, now: Timestamp) {
    while used.first().is_some_and(|(until, _)| *until <= now) {
        used.pop_first();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(used: &Used, ticket: u8, until: u64, now: u64) -> Use {
        used.take([ticket; 24], Timestamp(until), 2, || Timestamp(now))
    }

    #[test]
    fn a_ticket_opens_once_and_not_after_its_time() {
        let used = Used::default();
        assert_eq!(take(&used, 1, 100, 0), Use::First);
        assert_eq!(take(&used, 1, 100, 99), Use::Again);
        assert_eq!(take(&used, 1, 100, 100), Use::Late, "forgotten, and of no use any more");
        assert_eq!(take(&used, 2, 100, 100), Use::Late);
    }

    #[test]
    fn so_many_are_remembered_and_no_more_and_each_only_for_its_time() {
        let used = Used::default();
        assert_eq!(take(&used, 1, 100, 0), Use::First);
        assert_eq!(take(&used, 2, 200, 0), Use::First);
        assert_eq!(take(&used, 3, 300, 99), Use::Full);
        assert_eq!(take(&used, 2, 200, 99), Use::Again, "what is full still knows what it has");
        assert_eq!(take(&used, 3, 300, 100), Use::First, "the first has gone");
        used.expire(Timestamp(300));
        assert!(lock(&used.0).is_empty());
    }
}
