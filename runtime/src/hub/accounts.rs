//! What each identity, and each address, has had of this node: the limits of one client, however many connections it makes. Floor 6.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

use super::node::Node;
use crate::limits::Limits;
use crate::rate::{Full, Rate};
use crate::sync::{Mutex, lock};

/// Accounts below which none is looked for that could go.
const FEW: usize = 64;

/// Whose an account is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    Identity(Arc<str>),
    Address(IpAddr),
}

/// What one has had. With nothing open and all forgotten it is as good as a new one, and goes.
#[derive(Debug, Default)]
struct Account {
    connections: AtomicUsize,
    subscribes: AtomicU64,
    commands: AtomicU64,
}

/// All accounts of a node.
#[derive(Debug, Default)]
struct Book {
    accounts: HashMap<Whose, Arc<Account>>,
    /// As many as there were when those that could go had gone.
    stayed: usize,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Accounts {
    began: Instant,
    book: Mutex<Book>,
}

/// Whose a request or a connection is, where limits are concerned.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Who has so many connections: the identity and the address, as far as they are known.
    counted: [Option<Arc<Account>>; 2],
    /// Who pays for subscribes and commands.
    pays: Arc<Account>,
}

/// A connection among those of its identity and of its address, until this is dropped.
#[derive(Debug)]
pub(crate) struct Counted([Option<Arc<Account>>; 2]);

/// A limit of one client is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Over {
    /// Its name.
    pub(crate) name: &'static str,
    pub(crate) limit: usize,
    /// When it has passed; none where that is up to others.
    pub(crate) wait: Option<Duration>,
}

impl Account {
    /// Whether a new one would be the same.
    fn is_new(&self, now: u64) -> bool {
        let is_full = |full: &AtomicU64| full.load(Relaxed) <= now;
        is_full(&self.subscribes) && is_full(&self.commands)
    }
}

impl Book {
    /// Lets those go that nobody has and that are as good as new.
    fn clean(&mut self, now: u64) {
        self.accounts.retain(|_, account| Arc::strong_count(account) > 1 || !account.is_new(now));
        self.accounts.shrink_to(2 * self.accounts.len());
        self.stayed = self.accounts.len();
    }
}

impl Accounts {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), book: Mutex::default() }
    }

    /// The nanoseconds since the node began.
    fn time(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.began).as_nanos()).unwrap_or(u64::MAX)
    }

    fn of(&self, whose: Whose) -> Arc<Account> {
        let mut book = lock(&self.book);
        if let Some(account) = book.accounts.get(&whose) {
            return account.clone();
        }
        // Each look at all is paid for by as many that came.
        if book.accounts.len() >= 2 * book.stayed.max(FEW) {
            book.clean(self.time(Instant::now()));
        }
        book.accounts.entry(whose).or_default().clone()
    }

    /// Lets those go that are as good as new.
    pub(super) fn clean(&self) {
        lock(&self.book).clean(self.time(Instant::now()));
    }

    fn take(&self, full: &AtomicU64, rate: Rate) -> Result<(), Duration> {
        let now = self.time(Instant::now());
        let mut wait = 0;
        let taken = full.fetch_update(Relaxed, Relaxed, |full| rate.take(full, now).map_err(|rest| wait = rest).ok());
        taken.map(drop).map_err(|_| Duration::from_nanos(wait))
    }
}

impl Caller {
    /// A connection more, unless its identity or its address has as many as it may.
    pub(crate) fn connects(&self, limits: &Limits) -> Result<Counted, Over> {
        let mut counted = Counted([None, None]);
        let most =
            [("connections_per_identity", limits.connections_per_identity), ("connections_per_address", limits.connections_per_address)];
        for ((account, (name, limit)), counted) in self.counted.iter().zip(most).zip(&mut counted.0) {
            let Some(account) = account else { continue };
            let one_more = |open: usize| (open < limit).then_some(open + 1);
            if account.connections.fetch_update(Relaxed, Relaxed, one_more).is_err() {
                return Err(Over { name, limit, wait: None });
            }
            *counted = Some(account.clone());
        }
        Ok(counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        for account in self.0.iter().flatten() {
            account.connections.fetch_sub(1, Relaxed);
        }
    }
}

impl Node {
    /// Whose a request is that has this key, none for nobody in particular, and comes from there.
    pub(crate) fn caller(&self, key: Option<Arc<str>>, address: Option<IpAddr>) -> Caller {
        let identity = key.map(|key| self.accounts.of(Whose::Identity(key)));
        let address = address.map(|address| self.accounts.of(Whose::Address(address)));
        let pays = identity.clone().or_else(|| address.clone()).unwrap_or_default();
        Caller { counted: [identity, address], pays }
    }

    /// A subscribe of this caller: of a stream, of a poll, or by a message.
    pub(crate) fn subscribes(&self, caller: &Caller) -> Result<(), Over> {
        let limit = self.limits.subscribes_per_second;
        let taken = self.accounts.take(&caller.pays.subscribes, Rate::new(limit, self.limits.subscribe_burst));
        taken.map_err(|wait| Over { name: "subscribes_per_second", limit, wait: Some(wait) })
    }

    /// A command of this caller.
    pub(crate) fn commands(&self, caller: &Caller) -> Result<(), Over> {
        let limit = self.limits.commands_per_second;
        let taken = self.accounts.take(&caller.pays.commands, Rate::new(limit, self.limits.command_burst));
        taken.map_err(|wait| Over { name: "commands_per_second", limit, wait: Some(wait) })
    }

    /// Bytes that a connection sent; and until when no more is read of it, where they were more than it may send.
    pub(crate) fn received(&self, full: &mut Full, bytes: usize, now: Instant) -> Option<Instant> {
        let rate = Rate::new(self.limits.inbound_bytes_per_second, self.limits.inbound_burst);
        *full = rate.charge(*full, self.accounts.time(now), bytes);
        let ready = self.accounts.began + Duration::from_nanos(rate.ready(*full));
        (ready > now).then_some(ready)
    }
}

#[cfg(test)]
mod tests;
