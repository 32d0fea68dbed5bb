//! What a reader makes of what it gets: of each item its place, and of each channel that is left a claim.

use std::sync::atomic::Ordering::Relaxed;

use serde_json::Value;

use super::{Reader, Riding};
use crate::client::{Failure, Wire};
use crate::law::{Claim, Loss, Place, Stated};

impl Reader<'_> {
    /// A channel is ridden from here on; `joining` is where it begins when it is asked for in mid-stream, `asks` whether for its states.
    pub(super) fn begin(&mut self, channel: String, from: Option<&Place>, joining: Option<Option<Place>>, asks: bool) {
        let claim = Claim::begun(format!("reader {} ({:?})", self.who, self.wire), &channel, self.side(), from);
        self.riding.insert(channel, Riding { claim, joining, oldest: false, told: 0, asks, people: None, due: None });
    }

    /// Takes one item or answer; says whether it was a gap.
    pub(super) fn take(&mut self, item: &Value) -> Result<bool, Failure> {
        let Some(channel) = item.get("channel").and_then(Value::as_str) else {
            self.take_other(item)?;
            return Ok(false);
        };
        match (item.get("event"), item.get("gap"), item.get("snapshot")) {
            (Some(event), None, None) => self.take_event(channel, item.get("id"), event)?,
            (None, Some(gap), None) => self.take_gap(channel, gap)?,
            (None, None, Some(state)) => self.take_state(channel, state, item)?,
            (None, None, None) if item.get("presence").is_some() => self.take_people(channel, &item["presence"]),
            _ => return Err(format!("reader {}: {item}", self.who).into()),
        }
        Ok(item.get("gap").is_some())
    }

    fn take_event(&mut self, channel: &str, id: Option<&Value>, event: &Value) -> Result<(), Failure> {
        let who = self.who;
        // What of a left channel was on its way is nobody's concern.
        let Some(riding) = self.riding.get_mut(channel) else { return Ok(()) };
        if riding.due.is_some() {
            return Err(format!("reader {who}: before the state of {channel} comes {event}").into());
        }
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

    /// A list, and each change of it: together they are as many as are said to be in, but for who was overtaken, and is given the list again.
    fn take_people(&mut self, channel: &str, presence: &Value) {
        let Some(riding) = self.riding.get_mut(channel) else { return };
        let name = |field: &str| presence[field].as_str().map(str::to_owned);
        let here = presence["here"].as_array();
        match (name("joined"), name("left"), here, &mut riding.people) {
            (Some(who), None, None, Some(people)) => drop(people.insert(who)),
            (None, Some(who), None, Some(people)) => drop(people.remove(&who)),
            (None, None, here, people) => {
                *people = here.map(|here| here.iter().filter_map(|who| who.as_str().map(str::to_owned)).collect());
            }
            _ => {}
        }
        let Some(people) = &riding.people else { return };
        self.shared.seen.people.fetch_add(1, Relaxed);
        if presence["count"] != people.len() {
            self.shared.seen.people_anew.fetch_add(1, Relaxed);
            riding.people = None;
        }
    }

    /// The position moves, and never back.
    fn reach(&mut self, place: Place) -> Result<(), Failure> {
        if let Some(position) = &self.position
            && position.epoch == place.epoch
            && position.offset > place.offset
        {
            return Err(format!("reader {}: from {position} back to {place}", self.who).into());
        }
        let passes = |riding: &&Riding| riding.joining.is_none() && riding.due.is_some_and(|until| until <= place.offset);
        if let Some(riding) = self.riding.values().find(passes) {
            return Err(format!("reader {}: {place} passes the state of {} that is due", self.who, riding.claim.channel).into());
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
        let place = riding.joining.clone().unwrap_or_else(|| self.position.clone());
        let mut from = place.as_ref().map(|place| if place.epoch == until.epoch { place.offset } else { 0 });
        if reason == "reset" {
            // Another story begins; what was had of the old one stands as it is.
            let to = place.filter(|place| place.epoch == riding.claim.epoch).map_or(0, |place| place.offset);
            let new = Claim {
                epoch: until.epoch.clone(),
                from: Some(0),
                items: Vec::new(),
                losses: Vec::new(),
                states: Vec::new(),
                to: 0,
                ..riding.claim.clone()
            };
            let mut old = std::mem::replace(&mut riding.claim, new);
            old.to = to;
            self.claims.push(old);
            from = Some(0);
            riding.told = 0;
        }
        // Where it began with the oldest it was lost from there on, and where that was is not known.
        let from = from.filter(|_| !std::mem::take(&mut riding.oldest)).map(|from| from.max(riding.told));
        riding.told = until.offset;
        riding.claim.losses.push(Loss { from, until: until.offset, missed: gap["missed"].as_u64(), reason, stated: None });
        riding.due = riding.asks.then_some(until.offset);
        Ok(())
    }

    /// A state comes where one is due and nowhere else, and makes good what was lost, up to where it is good for.
    fn take_state(&mut self, channel: &str, state: &Value, item: &Value) -> Result<(), Failure> {
        let who = self.who;
        let Some(riding) = self.riding.get_mut(channel) else { return Ok(()) };
        let place = Place::read(item["position"].as_str().ok_or("a state says what it is good for")?);
        let is_first = riding.claim.losses.is_empty();
        if riding.due.take().is_none_or(|until| place.offset < until) || item.get("id").is_some() {
            return Err(format!("reader {who}: out of turn, or before the end of its gap: {item}").into());
        }
        let seen = &self.shared.seen;
        if is_first { &seen.states } else { &seen.states_behind_gap }.fetch_add(1, Relaxed);
        riding.claim.epoch.clone_from(&place.epoch);
        match riding.claim.losses.last_mut() {
            Some(loss) => loss.stated = Some(place.offset),
            None => riding.claim.from = Some(place.offset),
        }
        let number = |name: &str| state[name].as_u64().ok_or("a state has its numbers");
        riding.claim.states.push(Stated { offset: place.offset, count: number("count")?, sum: number("sum")? });
        riding.told = place.offset;
        if let Some(own) = &mut riding.joining {
            *own = Some(place);
        }
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
            if riding.due.is_some() {
                return Err(format!("reader {}: before the state of {name} comes {item}", self.who).into());
            }
            riding.joining = None;
            riding.claim.epoch.clone_from(&position.epoch);
            if riding.claim.from.is_none() && riding.claim.items.is_empty() {
                riding.claim.from = Some(position.offset);
            }
        }
        self.reach(position)
    }

    /// Whether it is where all ends, with nothing on its way.
    pub(super) fn arrived(&self) -> bool {
        let finish = self.shared.finish.borrow();
        let (Some(finish), Some(position)) = (finish.as_ref(), self.position.as_ref()) else { return false };
        self.wire != Wire::Poll
            && finish.epoch == position.epoch
            && finish.offset <= position.offset
            && self.riding.values().all(|riding| riding.joining.is_none())
    }

    /// A channel is left: what was had of it up to here is a claim.
    pub(super) fn stop(&mut self, channel: &str) {
        let Some(Riding { mut claim, joining, .. }) = self.riding.remove(channel) else { return };
        let place = joining.unwrap_or_else(|| self.position.clone());
        if let Some(place) = place.filter(|place| claim.epoch.is_empty() || place.epoch == claim.epoch) {
            claim.to = place.offset;
            claim.epoch = place.epoch;
            self.claims.push(claim);
        }
    }

    /// The connection is over. Who merges two places takes the smaller: a channel that was joining is behind the others.
    pub(super) fn end(&mut self) {
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
