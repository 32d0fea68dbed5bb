//! What each identity, and each address, has had of this node: the limits of one client, however many connections it makes. Floor 6.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

use super::node::Node;
use super::people::{ByKey, Person};
use crate::limits::Limits;
use crate::rate::{Full, Rate};
use crate::sync::{Mutex, lock};

/// As many as are here before it is looked for those that could go.
const FEW: usize = 64;

/// How many connections one has.
#[derive(Debug, Default)]
pub(super) struct Open(AtomicU32);

/// What else one has had. With all forgotten these are as good as new ones.
#[derive(Debug, Default)]
pub(super) struct Rates {
    subscribes: AtomicU64,
    commands: AtomicU64,
}

/// What an address has had; or what a caller has of whom neither the address nor the person is known, and whose connections are not counted.
#[derive(Debug, Default)]
struct Account {
    open: Option<Open>,
    rates: Rates,
}

/// Those who have had something. With nothing open and all forgotten one is as good as a new one, and goes.
#[derive(Debug)]
pub(super) struct Book<K, V> {
    kept: HashMap<K, V>,
    /// As many as there were when those that could go had gone.
    stayed: usize,
}

/// See the module. What an identity has had is with the person.
#[derive(Debug)]
pub(super) struct Accounts {
    began: Instant,
    addresses: Mutex<Book<IpAddr, Arc<Account>>>,
}

/// Whose a request or a connection is, where limits are concerned.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller {
    person: Option<Arc<Person>>,
    account: Option<Arc<Account>>,
}

/// A connection among those of its identity and of its address, until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Counted(Caller);

/// A limit of one client is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Over {
    /// Its name.
    pub(crate) name: &'static str,
    pub(crate) limit: usize,
    /// When it has passed; none where that is up to others.
    pub(crate) wait: Option<Duration>,
}

impl Open {
    /// One more, unless there are as many as there may be.
    fn one_more(&self, name: &'static str, limit: usize) -> Result<(), Over> {
        let one_more = |open: u32| open.checked_add(1).filter(|_| (open as usize) < limit);
        let more = self.0.fetch_update(Relaxed, Relaxed, one_more);
        more.map(drop).map_err(|_| Over { name, limit, wait: None })
    }

    fn one_less(&self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Rates {
    /// Whether new ones would be the same.
    pub(super) fn are_new(&self, now: u64) -> bool {
        let is_full = |full: &AtomicU64| full.load(Relaxed) <= now;
        is_full(&self.subscribes) && is_full(&self.commands)
    }
}

/// Whether one is here, or a new one would not be the same.
pub(super) fn stays<T>(one: &Arc<T>, rates: &Rates, now: u64) -> bool {
    Arc::strong_count(one) > 1 || !rates.are_new(now)
}

impl<K, V> Default for Book<K, V> {
    fn default() -> Self {
        Self { kept: HashMap::new(), stayed: 0 }
    }
}

impl<K: Eq + Hash, V> Book<K, V> {
    /// One of them.
    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        self.kept.get_key_value(key)
    }

    /// One more; now and then those go that do not stay.
    pub(super) fn insert(&mut self, key: K, value: V, stays: impl Fn(&K, &V) -> bool) {
        // Each look at all is paid for by as many that came.
        if self.kept.len() >= 2 * self.stayed.max(FEW) {
            self.clean(stays);
        }
        self.kept.insert(key, value);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.kept.len()
    }

    /// Lets those go that do not stay.
    pub(super) fn clean(&mut self, stays: impl Fn(&K, &V) -> bool) {
        self.kept.retain(|key, value| stays(key, value));
        self.kept.shrink_to(2 * self.kept.len());
        self.stayed = self.kept.len();
    }
}

impl Accounts {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), addresses: Mutex::default() }
    }

    /// The nanoseconds since the node began, now.
    pub(super) fn now(&self) -> u64 {
        self.time(Instant::now())
    }

    /// Those until then.
    fn time(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.began).as_nanos()).unwrap_or(u64::MAX)
    }

    /// That of an address.
    fn of(&self, address: IpAddr) -> Arc<Account> {
        let mut addresses = lock(&self.addresses);
        if let Some((_, account)) = addresses.get(&address) {
            return account.clone();
        }
        let account = Arc::new(Account { open: Some(Open::default()), ..Account::default() });
        let now = self.now();
        addresses.insert(address, account.clone(), |_, account| stays(account, &account.rates, now));
        account
    }

    fn take(&self, full: &AtomicU64, rate: Rate) -> Result<(), Duration> {
        let now = self.now();
        let mut wait = 0;
        let taken = full.fetch_update(Relaxed, Relaxed, |full| rate.take(full, now).map_err(|rest| wait = rest).ok());
        taken.map(drop).map_err(|_| Duration::from_nanos(wait))
    }
}

impl Caller {
    /// Whose it is, where that is anybody in particular.
    pub(crate) fn person(&self) -> Option<&Arc<Person>> {
        self.person.as_ref()
    }

    /// What it pays for subscribes and commands from.
    fn rates(&self) -> Option<&Rates> {
        let of_address = || self.account.as_ref().map(|account| &account.rates);
        self.person.as_ref().map(|person| &person.rates).or_else(of_address)
    }

    /// A connection more, unless its identity or its address has as many as it may.
    pub(crate) fn connects(&self, limits: &Limits) -> Result<Counted, Over> {
        let mut counted = Counted::default();
        if let Some(person) = &self.person {
            person.open.one_more("connections_per_identity", limits.connections_per_identity)?;
            counted.0.person = Some(person.clone());
        }
        if let Some(account) = &self.account
            && let Some(open) = &account.open
        {
            open.one_more("connections_per_address", limits.connections_per_address)?;
            counted.0.account = Some(account.clone());
        }
        Ok(counted)
    }
}

impl Counted {
    /// Whose it is, where that is anybody in particular.
    pub(super) fn person(&self) -> Option<&Arc<Person>> {
        self.0.person()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let of_address = self.0.account.iter().filter_map(|account| account.open.as_ref());
        self.0.person.iter().map(|person| &person.open).chain(of_address).for_each(Open::one_less);
    }
}

impl Node {
    /// Whose a request is that has this key, an empty one for nobody in particular, and comes from there.
    pub(crate) fn caller(&self, key: &str, address: Option<IpAddr>) -> Caller {
        let person = (!key.is_empty()).then(|| self.person(key));
        let of_address = address.map(|address| self.accounts.of(address));
        let account = of_address.or_else(|| person.is_none().then(Arc::default));
        Caller { person, account }
    }

    /// Forgets those who are gone and as good as new.
    pub(super) fn forget_callers(&self) {
        let now = self.accounts.now();
        lock(&self.people).clean(|ByKey(person), ()| stays(person, &person.rates, now));
        lock(&self.accounts.addresses).clean(|_, account| stays(account, &account.rates, now));
    }

    /// A subscribe of this caller: of a stream, of a poll, or by a message.
    pub(crate) fn subscribes(&self, caller: &Caller) -> Result<(), Over> {
        let limit = self.limits.subscribes_per_second;
        let Some(rates) = caller.rates() else { return Ok(()) };
        let taken = self.accounts.take(&rates.subscribes, Rate::new(limit, self.limits.subscribe_burst));
        taken.map_err(|wait| Over { name: "subscribes_per_second", limit, wait: Some(wait) })
    }

    /// A command of this caller.
    pub(crate) fn commands(&self, caller: &Caller) -> Result<(), Over> {
        let limit = self.limits.commands_per_second;
        let Some(rates) = caller.rates() else { return Ok(()) };
        let taken = self.accounts.take(&rates.commands, Rate::new(limit, self.limits.command_burst));
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
