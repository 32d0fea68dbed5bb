//! A reader inside the process that hops between nodes with one position, and is judged when all is over.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use triwire::{Epoch, GapReason, Hub, Item, Position, Since};

use super::{HISTORY, ROOMS, RoomChannel, RoomEvent};

/// By offset.
type Published = BTreeMap<u64, (u64, Option<u64>)>;

/// What the publishers recorded: in each epoch, for each channel, the number of the event at each offset, and the piece it is of.
#[derive(Debug, Default)]
pub(crate) struct Truth(BTreeMap<(u64, String), Published>);

impl Truth {
    pub(crate) fn record(&mut self, room: &str, position: Position, number: u64, piece: Option<u64>) {
        self.0.entry((position.epoch.0, format!("room:{room}"))).or_default().insert(position.offset, (number, piece));
    }

    /// What is left after a roll back is of the new epoch.
    pub(crate) fn roll_back(&mut self, before: Epoch, after: Epoch, newest: u64) {
        let left = self.0.iter().filter(|((epoch, _), _)| *epoch == before.0).map(|((_, channel), events)| {
            ((after.0, channel.clone()), events.range(..=newest).map(|(offset, number)| (*offset, *number)).collect())
        });
        let left: Vec<_> = left.collect();
        self.0.extend(left);
    }

    fn told(&self) -> Told {
        Told(self.0.iter().map(|(channel, events)| (channel.clone(), Fates::of(events))).collect())
    }
}

/// What became of each event, now that all are published.
struct Told(BTreeMap<(u64, String), Fates>);

/// The events of one channel by their offsets.
struct Fates {
    numbers: BTreeMap<u64, u64>,
    /// A newer of its piece came: who has passed it need not have had it.
    superseded: BTreeSet<u64>,
    /// It came while this one was kept: no gap counts it.
    replaced: BTreeSet<u64>,
}

impl Fates {
    fn of(events: &BTreeMap<u64, (u64, Option<u64>)>) -> Self {
        let numbers = events.iter().map(|(offset, (number, _))| (*offset, *number)).collect();
        let mut fates = Self { numbers, superseded: BTreeSet::new(), replaced: BTreeSet::new() };
        let (mut newest, mut kept) = (BTreeMap::new(), VecDeque::new());
        for (offset, (_, piece)) in events {
            if let Some(older) = piece.and_then(|piece| newest.insert(piece, *offset)) {
                fates.superseded.insert(older);
                if let Some(at) = kept.iter().position(|kept| *kept == older) {
                    kept.remove(at);
                    fates.replaced.insert(older);
                }
            }
            kept.push_back(*offset);
            if kept.len() > HISTORY {
                kept.pop_front();
            }
        }
        fates
    }
}

impl Told {
    fn between(&self, epoch: Epoch, channel: &str, after: u64, until: u64, counts: impl Fn(&Fates, &u64) -> bool) -> u64 {
        let Some(fates) = self.0.get(&(epoch.0, channel.to_owned())).filter(|_| after < until) else { return 0 };
        fates.numbers.range(after + 1..=until).filter(|(offset, _)| counts(fates, offset)).count() as u64
    }

    /// How many events a reader lost that goes on behind `until`.
    fn lost(&self, epoch: Epoch, channel: &str, after: u64, until: u64) -> u64 {
        self.between(epoch, channel, after, until, |fates, offset| !fates.replaced.contains(offset))
    }

    /// How many events a reader should have had, or been told of, that has come to `until`.
    fn owed(&self, epoch: Epoch, channel: &str, after: u64, until: u64) -> u64 {
        self.between(epoch, channel, after, until, |fates, offset| !fates.superseded.contains(offset))
    }

    fn at(&self, position: Position, channel: &str) -> Option<u64> {
        self.0.get(&(position.epoch.0, channel.to_owned()))?.numbers.get(&position.offset).copied()
    }
}

/// One connection: what it asked, and what it got.
#[derive(Debug)]
struct Leg {
    since: Option<Position>,
    rooms: Vec<&'static str>,
    items: Vec<Item<RoomEvent>>,
}

#[derive(Debug, Default)]
pub(crate) struct Reader {
    position: Option<Position>,
    legs: Vec<Leg>,
}

/// How often what is hard happened.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) events: u64,
    pub(crate) gaps: u64,
    pub(crate) resets: u64,
    /// Events that a reader did not get because a newer of their piece was there.
    pub(crate) passed: u64,
}

impl Reader {
    /// Reads these rooms on this node until so many items came, until it is quiet, or (with `last`) until the last event of every room came.
    pub(crate) async fn read(&mut self, hub: &Hub<RoomEvent>, rooms: Vec<&'static str>, most: usize, last: Option<u64>) {
        let since = self.position.map_or(Since::Now, Since::At);
        let channels: Vec<_> = rooms.iter().map(|room| RoomChannel::room((*room).to_owned())).collect();
        let mut items = hub.subscribe(channels, since).expect("there is room");
        let mut leg = Leg { since: self.position, rooms, items: Vec::new() };
        let mut ended = 0;
        while leg.items.len() < most && ended < leg.rooms.len() {
            let next = if last.is_some() {
                items.next().await
            } else {
                let Ok(next) = tokio::time::timeout(Duration::from_millis(20), items.next()).await else { break };
                next
            };
            let item = next.expect("the stream has no end");
            match &item {
                Item::Event { id: Some(id), event: RoomEvent::Said { number, .. } | RoomEvent::Moved { number, .. }, .. } => {
                    self.position = Some(*id);
                    ended += usize::from(last == Some(*number));
                }
                Item::Heartbeat(position) => self.position = Some(*position),
                _ => {}
            }
            leg.items.push(item);
        }
        self.legs.push(leg);
    }

    /// Whether the newest connection was told `reset` for each of its rooms, before any event.
    pub(crate) fn was_reset(&self) -> bool {
        let leg = self.legs.last().expect("it read");
        let resets = leg.items.iter().skip(1).take_while(|item| matches!(item, Item::Gap { gap, .. } if gap.reason == GapReason::Reset));
        resets.count() == leg.rooms.len()
    }

    /// Holds all that it got against the truth.
    pub(crate) fn judge(&self, truth: &Truth, seen: &mut Seen) {
        let told = truth.told();
        for leg in &self.legs {
            leg.judge(&told, seen);
        }
        assert!(self.legs.windows(2).all(|legs| legs[1].rooms.len() <= ROOMS.len()));
    }
}

impl Leg {
    fn judge(&self, told: &Told, seen: &mut Seen) {
        let mut places: BTreeMap<String, Option<Position>> = self.rooms.iter().map(|room| (format!("room:{room}"), self.since)).collect();
        let mut reset = false;
        for item in &self.items {
            match item {
                Item::Event { channel, id: Some(id), event: RoomEvent::Said { number, .. } | RoomEvent::Moved { number, .. }, .. } => {
                    seen.events += 1;
                    assert_eq!(told.at(*id, channel), Some(*number), "a wrong event at {id} of {channel}");
                    let place = places.get_mut(channel).expect("it was asked for");
                    let after = place.replace(*id).expect("it has begun");
                    assert!(after.epoch == id.epoch && after.offset < id.offset, "{id} after {after} in {channel}");
                    reach(&mut places, told, Position { offset: id.offset - 1, ..*id }, Some(channel));
                    let owed = told.owed(id.epoch, channel, after.offset, id.offset - 1);
                    assert_eq!(owed, 0, "{channel} misses {owed} events in ({after}, {id})");
                    seen.passed += told.between(id.epoch, channel, after.offset, id.offset - 1, |_, _| true);
                }
                Item::Gap { channel, gap } => {
                    let place = places.get_mut(channel).expect("it was asked for");
                    let after = place.replace(gap.until).expect("it has begun");
                    if gap.reason == GapReason::Reset {
                        reset = true;
                        seen.resets += 1;
                        assert_ne!(after.epoch, gap.until.epoch, "{channel} is reset to where it was");
                        continue;
                    }
                    seen.gaps += 1;
                    let lost = told.lost(after.epoch, channel, after.offset, gap.until.offset);
                    assert!(lost > 0, "{channel} lost nothing in ({after}, {}]", gap.until);
                    assert!(gap.missed.is_none_or(|missed| missed == lost), "{channel} missed {gap:?} after {after}, in truth {lost}");
                }
                Item::Heartbeat(position) if reset => {
                    reset = false;
                    let all = places.values().all(|place| place.is_some_and(|place| place.epoch == position.epoch));
                    assert!(all, "after a reset every channel is told: {places:?}");
                }
                Item::Heartbeat(position) => reach(&mut places, told, *position, None),
                other => panic!("{other:?} was not published"),
            }
        }
    }
}

/// A position is told: nothing up to it is missing, in any channel but the one that just came there.
fn reach(places: &mut BTreeMap<String, Option<Position>>, told: &Told, position: Position, but: Option<&str>) {
    for (channel, place) in places.iter_mut().filter(|(channel, _)| Some(channel.as_str()) != but) {
        if let Some(after) = *place {
            assert_eq!(after.epoch, position.epoch, "{channel} is of another epoch, and was told nothing");
            let missing = told.owed(after.epoch, channel, after.offset, position.offset);
            assert_eq!(missing, 0, "{channel} misses {missing} events in ({after}, {position}]");
        }
        if place.is_none_or(|after| after.offset < position.offset) {
            *place = Some(position);
        }
    }
}
