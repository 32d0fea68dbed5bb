//! A client that does everything a client may: it changes transport and set, stops reading, is cut anywhere, and comes back.

mod taking;

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::client::{Client, Failure, PATIENCE, WIRES, Wire, query};
use crate::law::{Claim, Place};

/// How often each hard thing happened, over all readers.
#[derive(Debug, Default)]
pub struct Seen {
    /// Gaps of readers that were overtaken while connected.
    pub lagged: AtomicU64,
    /// Gaps of readers that came back too late.
    pub expired: AtomicU64,
    /// Gaps of readers whose epoch is over.
    pub reset: AtomicU64,
    /// Connections that began with what was published before them.
    pub replays: AtomicU64,
    /// Connections over another transport than the one before.
    pub transports: AtomicU64,
    /// Connections, or subscriptions in mid-stream, of another set of channels.
    pub sets: AtomicU64,
    /// Cuts by the reader.
    pub cuts: AtomicU64,
    /// Of these, right behind a gap.
    pub cuts_behind_gap: AtomicU64,
    /// Of these, before a subscription was answered.
    pub cuts_before_ok: AtomicU64,
    /// States that a channel began with.
    pub states: AtomicU64,
    /// States that came behind a gap.
    pub states_behind_gap: AtomicU64,
    /// Lists of who is in, and what changed one.
    pub people: AtomicU64,
    /// Of these, such as do not fit: changes between were overtaken, and the list is to come again.
    pub people_anew: AtomicU64,
    /// Events received.
    pub events: AtomicU64,
    /// Streams that ended with a bye.
    pub byes: AtomicU64,
}

/// How many kinds of readers there are.
pub const SIDES: u8 = 4;

/// What all readers of a test share.
#[derive(Debug)]
pub struct Shared {
    /// The channels there are.
    pub channels: Vec<String>,
    /// The newest offset that a publisher was answered.
    pub newest: AtomicU64,
    /// What happened.
    pub seen: Seen,
    /// Where the server is.
    pub address: watch::Receiver<SocketAddr>,
    /// Where it all ends, once the publishers have ended.
    pub finish: watch::Receiver<Option<Place>>,
}

/// One channel on one connection.
#[derive(Debug)]
struct Riding {
    claim: Claim,
    /// Over WebSocket: the place of a channel whose subscription is not answered yet.
    joining: Option<Option<Place>>,
    /// It began with the oldest that is kept, which may be above the position, and nothing of it came yet.
    oldest: bool,
    /// How far it was told: by a gap, or by a state.
    told: u64,
    /// It asked for the channel's states.
    asks: bool,
    /// Who is in, since it was given the list.
    people: Option<BTreeSet<String>>,
    /// A state comes next of this channel, and before it no position from here on.
    due: Option<u64>,
}

/// See the module.
pub struct Reader<'a> {
    who: usize,
    rng: fastrand::Rng,
    shared: &'a Shared,
    position: Option<Place>,
    wire: Wire,
    set: Vec<String>,
    riding: HashMap<String, Riding>,
    claims: Vec<Claim>,
}

/// What ends a ride.
#[derive(Debug, Clone, Copy)]
struct Plan {
    items: usize,
    at_gap: bool,
    at_join: bool,
    stall: bool,
    join: bool,
}

impl<'a> Reader<'a> {
    /// A reader with a seed of its own.
    #[must_use]
    pub fn new(who: usize, seed: u64, shared: &'a Shared) -> Self {
        let rng = fastrand::Rng::with_seed(seed.wrapping_mul(1_000_003) + who as u64);
        Self { who, rng, shared, position: None, wire: Wire::Sse, set: Vec::new(), riding: HashMap::new(), claims: Vec::new() }
    }

    /// Reads until it has come to the end, and gives what it claims.
    pub async fn run(mut self) -> Result<Vec<Claim>, Failure> {
        loop {
            let finish = self.shared.finish.borrow().clone();
            if let (Some(finish), Some(position)) = (&finish, &self.position)
                && finish.epoch == position.epoch
                && finish.offset <= position.offset
            {
                return Ok(self.claims);
            }
            self.choose(finish.is_some());
            let since = self.position.as_ref().map(ToString::to_string);
            let earliest = since.is_none() && self.rng.bool();
            let since = if earliest { Some("earliest".to_owned()) } else { since };
            let address = *self.shared.address.borrow();
            let asks = self.rng.bool();
            let mut query = format!("{}&side={}", query(&self.set, since.as_deref()), self.side());
            if asks {
                query += "&snapshot=1";
            }
            match timeout(PATIENCE, Client::ask(self.wire, address, "/hub", &query)).await? {
                Ok(client) => self.ride(client, since, asks).await?,
                // The server is being restarted.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
            if self.rng.u8(..4) == 0 {
                tokio::time::sleep(Duration::from_millis(self.rng.u64(10..600))).await;
            }
        }
    }

    /// Whose events it sees, of those that are not for all.
    fn side(&self) -> u8 {
        (self.who % usize::from(SIDES)).try_into().expect("there are few")
    }

    /// Chooses transport and set anew, or keeps them.
    fn choose(&mut self, ending: bool) {
        let wire = WIRES[self.rng.usize(..WIRES.len())];
        if wire != self.wire && self.position.is_some() {
            self.shared.seen.transports.fetch_add(1, Relaxed);
        }
        self.wire = wire;
        if self.set.is_empty() || (!ending && self.rng.u8(..3) == 0) {
            let mut set = self.shared.channels.clone();
            self.rng.shuffle(&mut set);
            set.truncate(self.rng.usize(1..=set.len()));
            if !self.set.is_empty() {
                self.shared.seen.sets.fetch_add(1, Relaxed);
            }
            self.set = set;
        }
    }

    /// One connection, from its first item to its cut.
    async fn ride(&mut self, mut client: Client, since: Option<String>, asks: bool) -> Result<(), Failure> {
        let newest = self.shared.newest.load(Relaxed);
        let from = self.position.clone();
        for channel in self.set.clone() {
            self.begin(channel, from.as_ref(), None, asks);
        }
        let earliest = since.as_deref() == Some("earliest");
        for riding in self.riding.values_mut() {
            riding.oldest = earliest;
            riding.due = (asks && since.is_none()).then_some(0);
        }
        let mut plan = self.plan();
        let (mut items, mut opening) = (0, since.is_some() && from.is_some() && self.wire == Wire::Sse);
        loop {
            let item = match timeout(PATIENCE, client.next()).await {
                Ok(Ok(Some(item))) => item,
                Ok(_) => break,
                Err(_) => return Err(format!("reader {}: silence on {:?}", self.who, self.wire).into()),
            };
            if std::mem::take(&mut opening) && item != json!({ "position": since }) {
                return Err(format!("reader {}: the opening is {item}, not {since:?}", self.who).into());
            }
            let gap = self.take(&item)?;
            items += 1;
            if items == 1 && item.get("id").is_some_and(|id| Place::read(id.as_str().unwrap_or("-")).offset <= newest) || items == 2 && gap
            {
                self.shared.seen.replays.fetch_add(1, Relaxed);
            }
            if self.arrived() {
                break;
            }
            if let (Client::Ws(ws), true) = (&mut client, std::mem::take(&mut plan.join)) {
                let message = self.change();
                ws.send(&message).await?;
            }
            if std::mem::take(&mut plan.stall) {
                tokio::time::sleep(Duration::from_millis(self.rng.u64(50..400))).await;
            }
            if self.cuts(plan, items, gap) {
                break;
            }
        }
        self.end();
        Ok(())
    }

    fn plan(&mut self) -> Plan {
        Plan {
            items: self.rng.usize(1..120),
            at_gap: self.rng.u8(..3) == 0,
            at_join: self.rng.u8(..3) == 0,
            stall: self.rng.u8(..5) == 0,
            join: self.wire == Wire::Ws && self.rng.bool(),
        }
    }

    /// Whether the reader cuts here, and notes what kind of place that is. A poll is never cut: it is one answer.
    fn cuts(&self, plan: Plan, items: usize, gap: bool) -> bool {
        if self.wire == Wire::Poll {
            return false;
        }
        let seen = &self.shared.seen;
        let joining = self.riding.values().any(|riding| riding.joining.is_some());
        let kind = match (gap && plan.at_gap, joining && plan.at_join) {
            (true, _) => &seen.cuts_behind_gap,
            (_, true) => &seen.cuts_before_ok,
            _ if items >= plan.items => &seen.cuts,
            _ => return false,
        };
        kind.fetch_add(1, Relaxed);
        if !std::ptr::eq(kind, &seen.cuts) {
            seen.cuts.fetch_add(1, Relaxed);
        }
        true
    }

    /// Subscribes to a channel that it has not, or leaves one.
    fn change(&mut self) -> Value {
        self.shared.seen.sets.fetch_add(1, Relaxed);
        let missing: Vec<_> = self.shared.channels.iter().filter(|channel| !self.riding.contains_key(*channel)).cloned().collect();
        if missing.is_empty() || (self.set.len() > 1 && self.rng.u8(..3) == 0) {
            let channel = self.set.swap_remove(self.rng.usize(..self.set.len()));
            self.stop(&channel);
            return json!({ "unsubscribe": channel, "ref": format!("left {channel}") });
        }
        let channel = missing[self.rng.usize(..missing.len())].clone();
        self.set.push(channel.clone());
        let since = match (self.rng.u8(..4), &self.position) {
            (0, _) | (_, None) => None,
            (1, Some(position)) => Some(position.clone()),
            (_, Some(position)) => Some(Place { offset: position.offset.saturating_sub(self.rng.u64(..200)), ..position.clone() }),
        };
        let asks = self.rng.bool();
        self.begin(channel.clone(), since.as_ref(), Some(since.clone()), asks);
        let mut ask = json!({ "subscribe": channel, "snapshot": asks, "ref": channel });
        match since {
            Some(since) => ask["since"] = json!(since.to_string()),
            None => self.riding.get_mut(&channel).expect("it began").due = asks.then_some(0),
        }
        ask
    }
}
