//! What commands with an idempotency key were answered: a retry is answered the same, and does nothing. Floor 6.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::Rejected;
use crate::limits::Limits;
use crate::sync::{Mutex, lock};

/// What a command was answered.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// What its handler gave, JSON.
    Given(Bytes),
    Rejected(Rejected),
    /// Its handler panicked.
    Failed,
    /// Its handler took too long.
    Late,
}

/// What stands for a command's body.
pub(crate) type Fingerprint = [u8; 20];

/// The replies of a hub, by the key of an identity and the command's own.
#[derive(Debug, Default)]
pub(crate) struct Replies(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    of: HashMap<Arc<str>, Keys>,
    kept: usize,
}

/// Those of one identity.
#[derive(Debug, Default)]
struct Keys {
    kept: HashMap<Arc<str>, Kept>,
    /// The oldest first.
    order: VecDeque<Arc<str>>,
}

#[derive(Debug)]
struct Kept {
    at: Instant,
    fingerprint: Fingerprint,
    reply: watch::Receiver<Option<Reply>>,
}

/// What is to be done with a command.
pub(crate) enum Begun {
    /// It is the first with this key: do it, and say here what it was answered.
    First(watch::Sender<Option<Reply>>),
    /// It came before: this is, or will be, the answer.
    Again(watch::Receiver<Option<Reply>>),
    /// Another command had this key.
    Reused,
    /// As many are remembered as may be.
    Full,
}

impl Replies {
    /// Begins a command of this identity (nobody's in particular are all one) with this key.
    pub(crate) fn begin(&self, who: &Arc<str>, key: &Arc<str>, fingerprint: Fingerprint, limits: &Limits, now: Instant) -> Begun {
        let mut table = lock(&self.0);
        let Table { of, kept } = &mut *table;
        let keys = of.entry(who.clone()).or_default();
        *kept -= keys.expire(limits, now);
        if let Some(before) = keys.kept.get(key) {
            return if before.fingerprint == fingerprint { Begun::Again(before.reply.clone()) } else { Begun::Reused };
        }
        let most = if who.is_empty() { limits.replies } else { limits.replies_per_identity };
        while keys.order.len() >= most {
            if !keys.drop_oldest() {
                return Begun::Full;
            }
            *kept -= 1;
        }
        if *kept >= limits.replies {
            return Begun::Full;
        }
        *kept += 1;
        let (promise, reply) = watch::channel(None);
        keys.order.push_back(key.clone());
        keys.kept.insert(key.clone(), Kept { at: now, fingerprint, reply });
        Begun::First(promise)
    }

    /// Lets go what is too old, everywhere.
    pub(super) fn expire(&self, limits: &Limits, now: Instant) {
        let mut table = lock(&self.0);
        let Table { of, kept } = &mut *table;
        of.retain(|_, keys| {
            *kept -= keys.expire(limits, now);
            !keys.order.is_empty()
        });
    }
}

impl Keys {
    /// Lets go what is too old, and says how many those were.
    fn expire(&mut self, limits: &Limits, now: Instant) -> usize {
        let before = self.order.len();
        let is_old = |keys: &Self| {
            let oldest = keys.order.front().and_then(|key| keys.kept.get(key));
            oldest.is_some_and(|oldest| now.duration_since(oldest.at) >= limits.reply_keep)
        };
        while is_old(self) && self.drop_oldest() {}
        before - self.order.len()
    }

    /// Lets the oldest go, unless its command is still under way: a retry would do it twice.
    fn drop_oldest(&mut self) -> bool {
        let Some(key) = self.order.front() else { return false };
        let is_under_way = self.kept.get(key).is_some_and(|kept| kept.reply.borrow().is_none() && kept.reply.has_changed().is_ok());
        if !is_under_way {
            self.kept.remove(key);
            self.order.pop_front();
        }
        !is_under_way
    }
}

#[cfg(test)]
mod tests;
