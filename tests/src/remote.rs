//! The Rust client as a reader that holds the law: behind a proxy that cuts it, and dropped and begun again from where it stood.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::timeout;
use triwire::client::{Credentials, Reader, RemoteHub, Transport};
use triwire::{Gap, GapReason, Item, Position, Realtime, Since};

use crate::client::{Failure, PATIENCE};
use crate::law::{Claim, Loss, Place};
use crate::reader::{SIDES, Shared};
use crate::relay::{Fault, Relay};

/// What of one channel came since the reader was begun, or since a reset.
struct Riding {
    claim: Claim,
    /// How far the last gap reached.
    told: Option<Position>,
    /// Nothing came yet of a stream that began with the oldest kept: what is lost before that cannot be counted.
    oldest: bool,
}

fn place(position: Position) -> Place {
    Place { epoch: position.epoch.to_string(), offset: position.offset }
}

/// See the module.
pub struct Remote<'a> {
    who: usize,
    rng: fastrand::Rng,
    shared: &'a Shared,
    relay: Relay,
    position: Option<Position>,
    riding: HashMap<String, Riding>,
    claims: Vec<Claim>,
}

impl<'a> Remote<'a> {
    /// A reader with a seed of its own, behind a proxy of its own.
    pub async fn new(who: usize, seed: u64, shared: &'a Shared) -> Result<Self, Failure> {
        let relay = Relay::start(shared.address.clone()).await?;
        let rng = fastrand::Rng::with_seed(seed.wrapping_mul(1_000_033) + who as u64);
        Ok(Self { who, rng, shared, relay, position: None, riding: HashMap::new(), claims: Vec::new() })
    }

    /// Reads until it has come to the end, and gives what it claims. `number` tells an event's.
    pub async fn run<E: Realtime + DeserializeOwned>(mut self, number: fn(&E) -> Option<u64>) -> Result<Vec<Claim>, Failure> {
        while !self.arrived() {
            self.relay.set(Fault::Chop(self.rng.u64(200_000..600_000)));
            let mut transports = vec![Transport::WebSocket, Transport::Sse, Transport::Poll];
            self.rng.shuffle(&mut transports);
            let url = format!("http://{}/hub", self.relay.address);
            let who = Credentials::header("side", &self.side().to_string())?;
            let remote = RemoteHub::<E>::at(url).credentials(who).transports(transports).opening(PATIENCE).silence(PATIENCE).build()?;
            let mut channels = self.shared.channels.clone();
            self.rng.shuffle(&mut channels);
            channels.truncate(self.rng.usize(1..=channels.len()));
            let names = channels.iter().map(|channel| E::Channel::from_str(channel)).collect::<Result<Vec<_>, _>>()?;
            let since = match self.position {
                Some(position) => Since::At(position),
                None if self.rng.bool() => Since::Earliest,
                None => Since::Now,
            };
            channels.iter().for_each(|channel| self.begin(channel.clone(), self.position, since == Since::Earliest));
            let reader = remote.subscribe(names, since)?;
            self.ride(reader, number).await?;
        }
        Ok(self.claims)
    }

    /// One reader, until it is dropped.
    async fn ride<E: Realtime + DeserializeOwned>(&mut self, mut reader: Reader<E>, number: fn(&E) -> Option<u64>) -> Result<(), Failure> {
        let mut left = self.rng.usize(1..400);
        while left > 0 && !self.arrived() {
            left -= 1;
            let next = timeout(PATIENCE, reader.next()).await;
            let Ok(item) = next else { return Err(format!("remote {}: silence, {:?}", self.who, reader.status()).into()) };
            match item.ok_or("the stream has ended")?? {
                Item::Event { channel, id: Some(id), event, .. } => {
                    let number = number(&event).ok_or("an event with an id has a number")?;
                    let riding = self.riding.get_mut(&channel).ok_or("an event of a channel that was not asked for")?;
                    riding.claim.epoch = id.epoch.to_string();
                    riding.claim.items.push((id.offset, number));
                    riding.oldest = false;
                    self.shared.seen.events.fetch_add(1, Relaxed);
                }
                Item::Gap { channel, gap } => self.gap(&channel, &gap)?,
                Item::Event { .. } | Item::Presence { .. } | Item::Heartbeat(_) => {}
                _ => return Err(format!("remote {}: an item that was not to come", self.who).into()),
            }
            let position = reader.position();
            if let (Some(before), Some(now)) = (self.position, position)
                && before.epoch == now.epoch
                && before.offset > now.offset
            {
                return Err(format!("remote {}: from {before} back to {now}", self.who).into());
            }
            self.position = position;
            if self.rng.u16(..500) == 0 {
                self.relay.cut();
                self.shared.seen.cuts.fetch_add(1, Relaxed);
            }
            if self.rng.u16(..300) == 0 {
                tokio::time::sleep(Duration::from_millis(self.rng.u64(50..600))).await;
            }
        }
        drop(reader);
        let position = self.position;
        self.claims.extend(self.riding.drain().filter_map(|(_, mut riding)| {
            let to = position.filter(|to| riding.claim.epoch.is_empty() || riding.claim.epoch == to.epoch.to_string())?;
            (riding.claim.epoch, riding.claim.to) = (to.epoch.to_string(), to.offset);
            Some(riding.claim)
        }));
        Ok(())
    }

    fn side(&self) -> u8 {
        (self.who % usize::from(SIDES)).try_into().expect("there are few")
    }

    fn begin(&mut self, channel: String, from: Option<Position>, oldest: bool) {
        let claim = Claim::begun(format!("remote {}", self.who), &channel, self.side(), from.map(place).as_ref());
        self.riding.insert(channel, Riding { claim, told: None, oldest });
    }

    fn gap(&mut self, channel: &str, gap: &Gap) -> Result<(), Failure> {
        let riding = self.riding.get_mut(channel).ok_or("a gap of a channel that was not asked for")?;
        let counter = match gap.reason {
            GapReason::Lagged => &self.shared.seen.lagged,
            GapReason::Expired => &self.shared.seen.expired,
            _ => &self.shared.seen.reset,
        };
        counter.fetch_add(1, Relaxed);
        let mut from = self.position.map(|position| position.offset);
        if gap.reason == GapReason::Reset {
            let new = Claim {
                epoch: gap.until.epoch.to_string(),
                from: Some(0),
                items: Vec::new(),
                losses: Vec::new(),
                states: Vec::new(),
                to: 0,
                ..riding.claim.clone()
            };
            let mut old = std::mem::replace(&mut riding.claim, new);
            old.to = self.position.map_or(0, |position| position.offset);
            self.claims.push(old);
            (from, riding.told) = (Some(0), None);
        }
        let before = riding.told.replace(gap.until);
        let oldest = std::mem::take(&mut riding.oldest);
        // Behind one that the position has not passed yet it goes on from there; its connection may be another, and so its count.
        let overlapped = before.filter(|told| self.position.is_none_or(|position| told.offset > position.offset));
        let missed = if overlapped.is_some() { None } else { gap.missed };
        let from = overlapped.map(|told| told.offset).or(from.filter(|_| !oldest));
        let reason = if gap.reason == GapReason::Reset { "reset" } else { "lagged" };
        riding.claim.losses.push(Loss { from, until: gap.until.offset, missed, reason: reason.to_owned(), stated: None });
        Ok(())
    }

    /// Whether it is where all ends.
    fn arrived(&self) -> bool {
        let finish = self.shared.finish.borrow();
        let (Some(finish), Some(position)) = (finish.as_ref(), self.position.map(place)) else { return false };
        finish.epoch == position.epoch && finish.offset <= position.offset
    }
}
