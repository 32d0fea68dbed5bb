//! A client that does everything a client may: it changes transport and set, stops reading, is cut anywhere, and comes back.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::client::{Client, Failure, PATIENCE, WIRES, Wire};
use crate::law::{Claim, Loss, Place};

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
    /// Events received.
    pub events: AtomicU64,
    /// Streams that ended with a bye.
    pub byes: AtomicU64,
}

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
    told: u64,
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
            match timeout(PATIENCE, Client::open(self.wire, address, "/hub", &self.set, since.as_deref())).await? {
                Ok(client) => self.ride(client, since).await?,
                // The server is being restarted.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
            if self.rng.u8(..4) == 0 {
                tokio::time::sleep(Duration::from_millis(self.rng.u64(10..600))).await;
            }
        }
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
    async fn ride(&mut self, mut client: Client, since: Option<String>) -> Result<(), Failure> {
        let newest = self.shared.newest.load(Relaxed);
        let from = self.position.clone();
        for channel in self.set.clone() {
            self.begin(channel, from.as_ref(), None);
        }
        let earliest = since.as_deref() == Some("earliest");
        self.riding.values_mut().for_each(|riding| riding.oldest = earliest);
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
        self.begin(channel.clone(), since.as_ref(), Some(since.clone()));
        let mut ask = json!({ "subscribe": channel, "ref": channel });
        if let Some(since) = since {
            ask["since"] = json!(since.to_string());
        }
        ask
    }

    fn begin(&mut self, channel: String, from: Option<&Place>, joining: Option<Option<Place>>) {
        let claim = Claim {
            who: format!("reader {} ({:?})", self.who, self.wire),
            channel: channel.clone(),
            epoch: from.map_or_else(String::new, |from| from.epoch.clone()),
            from: from.map(|from| from.offset),
            items: Vec::new(),
            losses: Vec::new(),
            to: from.map_or(0, |from| from.offset),
        };
        self.riding.insert(channel, Riding { claim, joining, oldest: false, told: 0 });
    }

    /// Takes one item or answer; says whether it was a gap.
    fn take(&mut self, item: &Value) -> Result<bool, Failure> {
        let channel = item.get("channel").and_then(Value::as_str);
        match (channel, item.get("event"), item.get("gap")) {
            (Some(channel), Some(event), _) => self.take_event(channel, item.get("id"), event)?,
            (Some(channel), None, Some(gap)) => {
                self.take_gap(channel, gap)?;
                return Ok(true);
            }
            _ => self.take_other(item)?,
        }
        Ok(false)
    }

    fn take_event(&mut self, channel: &str, id: Option<&Value>, event: &Value) -> Result<(), Failure> {
        let who = self.who;
        // What of a left channel was on its way is nobody's concern.
        let Some(riding) = self.riding.get_mut(channel) else { return Ok(()) };
        let volatile = event["type"] == "seen";
        let Some(id) = id.and_then(Value::as_str) else {
            return if volatile { Ok(()) } else { Err(format!("reader {who}: an event without id: {event}").into()) };
        };
        if volatile {
            return Err(format!("reader {who}: a volatile event with the id {id}").into());
        }
        self.shared.seen.events.fetch_add(1, Relaxed);
        let place = Place::read(id);
        riding.oldest = false;
        riding.claim.epoch.clone_from(&place.epoch);
        riding.claim.items.push((place.offset, event["number"].as_u64().ok_or("an event has its number")?));
        match &mut riding.joining {
            Some(own) => *own = Some(place),
            None => self.reach(place)?,
        }
        Ok(())
    }

    /// The position moves, and never back.
    fn reach(&mut self, place: Place) -> Result<(), Failure> {
        if let Some(position) = &self.position
            && position.epoch == place.epoch
            && position.offset > place.offset
        {
            return Err(format!("reader {}: from {position} back to {place}", self.who).into());
        }
        self.position = Some(place);
        Ok(())
    }

    fn take_gap(&mut self, channel: &str, gap: &Value) -> Result<(), Failure> {
        let Some(riding) = self.riding.get_mut(channel) else { return Ok(()) };
        let until = Place::read(gap["until"].as_str().ok_or("a gap says until when")?);
        let reason = gap["reason"].as_str().ok_or("a gap has a reason")?.to_owned();
        let seen = &self.shared.seen;
        match reason.as_str() {
            "lagged" => seen.lagged.fetch_add(1, Relaxed),
            "expired" => seen.expired.fetch_add(1, Relaxed),
            _ => seen.reset.fetch_add(1, Relaxed),
        };
        let mut from = riding.joining.clone().unwrap_or_else(|| self.position.clone()).map(|place| place.offset);
        if reason == "reset" {
            // Another story begins; what was had of the old one stands as it is.
            let to = self.position.as_ref().map_or(0, |position| position.offset);
            let new =
                Claim { epoch: until.epoch.clone(), from: Some(0), items: Vec::new(), losses: Vec::new(), to: 0, ..riding.claim.clone() };
            let mut old = std::mem::replace(&mut riding.claim, new);
            old.to = to;
            self.claims.push(old);
            from = Some(0);
            riding.told = 0;
        }
        // Where it began with the oldest it was lost from there on, and where that was is not known.
        let from = from.filter(|_| !std::mem::take(&mut riding.oldest)).map(|from| from.max(riding.told));
        riding.told = until.offset;
        riding.claim.losses.push(Loss { from, until: until.offset, missed: gap["missed"].as_u64(), reason });
        Ok(())
    }

    fn take_other(&mut self, item: &Value) -> Result<(), Failure> {
        if let Some(position) = item.get("position").and_then(Value::as_str) {
            return self.reach(Place::read(position));
        }
        if item.get("bye").is_some() {
            self.shared.seen.byes.fetch_add(1, Relaxed);
            return Ok(());
        }
        let (Some(name), Some(ok)) = (item.get("ref").and_then(Value::as_str), item.get("ok")) else {
            return Err(format!("reader {}: {item}", self.who).into());
        };
        let position = Place::read(ok["position"].as_str().ok_or("an ok has a position")?);
        if let Some(riding) = self.riding.get_mut(name) {
            riding.joining = None;
            riding.claim.epoch.clone_from(&position.epoch);
            if riding.claim.from.is_none() && riding.claim.items.is_empty() {
                riding.claim.from = Some(position.offset);
            }
        }
        self.reach(position)
    }

    /// Whether it is where all ends, with nothing on its way.
    fn arrived(&self) -> bool {
        let finish = self.shared.finish.borrow();
        let (Some(finish), Some(position)) = (finish.as_ref(), self.position.as_ref()) else { return false };
        self.wire != Wire::Poll
            && finish.epoch == position.epoch
            && finish.offset <= position.offset
            && self.riding.values().all(|riding| riding.joining.is_none())
    }

    /// A channel is left: what was had of it up to here is a claim.
    fn stop(&mut self, channel: &str) {
        let Some(Riding { mut claim, joining, .. }) = self.riding.remove(channel) else { return };
        let place = joining.unwrap_or_else(|| self.position.clone());
        if let Some(place) = place.filter(|place| claim.epoch.is_empty() || place.epoch == claim.epoch) {
            claim.to = place.offset;
            claim.epoch = place.epoch;
            self.claims.push(claim);
        }
    }

    /// The connection is over. Who merges two places takes the smaller: a channel that was joining is behind the others.
    fn end(&mut self) {
        let mut behind = self.position.clone();
        for riding in self.riding.values() {
            if let (Some(Some(own)), Some(position)) = (&riding.joining, &behind)
                && own.epoch == position.epoch
                && own.offset < position.offset
            {
                behind = Some(own.clone());
            }
        }
        for channel in self.riding.keys().cloned().collect::<Vec<_>>() {
            self.stop(&channel);
        }
        self.position = behind;
    }
}
