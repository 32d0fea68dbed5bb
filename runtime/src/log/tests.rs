use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::entry::Record;
use crate::position::Epoch;

mod newest;

fn entry(offset: Option<u64>, at: u64) -> Entry {
    keyed(offset, at, None)
}

fn keyed(offset: Option<u64>, at: u64, key: Option<&str>) -> Entry {
    let latest = key.map(Arc::from);
    Entry::new(
        "a",
        Epoch(1),
        &Record { offset, at: Timestamp(at), event: Bytes::from_static(b"1"), cause: None, audience: None, latest, ends: false },
        false,
    )
}

fn last(offset: u64, at: u64) -> Entry {
    let (at, event) = (Timestamp(at), Bytes::from_static(b"1"));
    Entry::new("a", Epoch(1), &Record { offset: Some(offset), at, event, cause: None, audience: None, latest: None, ends: true }, false)
}

fn append_all(log: &mut Log, offsets: std::ops::RangeInclusive<u64>) {
    for offset in offsets {
        log.append(entry(Some(offset), 0), Timestamp(0));
    }
}

/// A positioned event.
#[derive(Debug, Clone, Copy)]
struct Event {
    offset: u64,
    at: u64,
    key: Option<&'static str>,
}

/// The log as a plain list that forgets nothing: every event of the channel, seen by the log or not.
#[derive(Debug)]
struct Model {
    retention: Retention,
    /// Every positioned event there ever was.
    events: Vec<Event>,
    /// Which of them are kept.
    kept: Vec<Event>,
    /// Those that a newer of their key took the place of while they were kept.
    superseded: Vec<u64>,
    /// The offset of the newest, if it ended the channel.
    ended: u64,
    dropped: u64,
    /// Offsets that were dropped since the last loss of something unseen, and up to where nothing is remembered.
    drops: Vec<u64>,
    unremembered: u64,
    /// How often something was lost that the log never saw.
    unseen: u64,
    /// Every volatile event: the offset it came after, its number, its time.
    volatile: Vec<(u64, u64, u64)>,
    volatile_kept: Vec<(u64, u64, u64)>,
    now: u64,
}

impl Model {
    fn newest(&self) -> u64 {
        self.events.last().map_or(0, |event| event.offset)
    }

    fn drop_oldest(&mut self) {
        let Event { offset, .. } = self.kept.remove(0);
        self.dropped = offset;
        self.drops.push(offset);
        if self.drops.len() > self.retention.remembered {
            self.unremembered = self.drops.remove(0);
        }
    }

    fn expire(&mut self) {
        let oldest = self.now.saturating_sub(u64::try_from(self.retention.keep.as_millis()).expect("it is short"));
        while self.kept.first().is_some_and(|event| event.at < oldest) {
            self.drop_oldest();
        }
        while self.volatile_kept.first().is_some_and(|(.., at)| *at < oldest) {
            self.volatile_kept.remove(0);
        }
    }

    fn append(&mut self, step: u64, key: Option<&'static str>) -> Event {
        let event = Event { offset: self.newest() + step, at: self.now, key };
        if let Some(older) = self.kept.iter().position(|other| key.is_some() && other.key == key) {
            self.superseded.push(self.kept.remove(older).offset);
        }
        self.events.push(event);
        self.kept.push(event);
        if self.kept.len() > self.retention.history {
            self.drop_oldest();
        }
        self.expire();
        event
    }

    /// Events that only the store had, and dropped.
    fn lose(&mut self, count: u64) -> u64 {
        for _ in 0..count {
            self.events.push(Event { offset: self.newest() + 1, at: self.now, key: None });
        }
        while !self.kept.is_empty() {
            self.drop_oldest();
        }
        (self.dropped, self.unremembered, self.unseen) = (self.newest(), self.newest(), self.unseen + 1);
        self.drops.clear();
        self.dropped
    }

    fn between(&self, after: u64, until: u64) -> u64 {
        let between = self.events.iter().map(|event| event.offset).filter(|offset| after < *offset && *offset <= until);
        between.filter(|offset| !self.superseded.contains(offset)).count() as u64
    }

    /// Which counting a reader's count belongs to: it is of no use after a loss of unseen events, nor after a superseding.
    fn counting(&self) -> (u64, usize) {
        (self.unseen, self.superseded.len())
    }
}

#[derive(Debug, Clone)]
enum Act {
    Append(u64, Option<&'static str>),
    End(u64),
    Volatile,
    Twice(usize),
    Pass(u64),
    Lose(u64),
    DropTo(usize),
    Place(usize, usize),
    Read { reader: usize, up_to: u64, limit: usize, take: usize },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (1..4u64, key()).prop_map(|(step, key)| Act::Append(step, key)),
        1 => (1..4u64).prop_map(Act::End),
        2 => Just(Act::Volatile),
        1 => any::<usize>().prop_map(Act::Twice),
        1 => (0..40u64).prop_map(Act::Pass),
        1 => (1..3u64).prop_map(Act::Lose),
        1 => any::<usize>().prop_map(Act::DropTo),
        1 => (0..3usize, any::<usize>()).prop_map(|(reader, at)| Act::Place(reader, at)),
        6 => (0..3usize, 0..6u64, 1..5usize, 0..6usize).prop_map(|(reader, up_to, limit, take)| Act::Read { reader, up_to, limit, take }),
    ]
}

fn key() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![3 => Just(None), 2 => prop::sample::select(vec!["k", "l", "m"]).prop_map(Some)]
}

fn retention() -> impl Strategy<Value = Retention> {
    (1..6usize, 10..200u64, 0..4usize, 0..6usize).prop_map(|(history, keep, volatile, remembered)| Retention {
        history,
        keep: Duration::from_millis(keep),
        volatile,
        remembered,
    })
}

/// A reader's place beside what the model knows of it.
#[derive(Debug, Clone, Copy)]
struct Reader {
    place: Place,
    after: u64,
    /// Which counting its count belongs to, where it has one.
    counted: Option<(u64, usize)>,
    tick: u64,
}

impl Reader {
    fn new(log: &Log, model: &Model, after: u64) -> Self {
        let counted = (after >= model.unremembered).then_some(model.counting());
        Self { place: log.place(after), after, counted, tick: model.volatile.len() as u64 }
    }

    fn read(&mut self, log: &Log, model: &Model, want: Want, take: usize) {
        let found = log.read(&mut self.place, want);
        let entries: Vec<Order> = found.run.iter().flat_map(Run::entries).map(|(order, _)| *order).collect();
        self.counted = self.counted.filter(|counting| *counting == model.counting());
        if self.counted.is_none() && self.after >= model.unremembered {
            self.counted = Some(model.counting());
        }
        let missed = model.between(self.after, model.dropped);
        let loss = (missed > 0).then(|| Loss { missed: self.counted.map(|_| missed), until: model.dropped });
        assert_eq!(found.loss, loss, "after {} in {model:?}", self.after);
        if loss.is_some() {
            (self.after, self.counted) = (model.dropped, Some(model.counting()));
        }
        let due: Vec<u64> = model.kept.iter().map(|event| event.offset).filter(|offset| *offset > self.after).collect();
        let fresh: Vec<u64> = due.iter().copied().filter(|offset| *offset <= want.up_to).take(want.most.items).collect();
        let positioned: Vec<u64> = entries.iter().filter(|order| order.tick == 0).map(|order| order.offset).collect();
        assert_eq!(positioned, fresh);
        assert_eq!(found.cut, due.iter().filter(|offset| **offset <= want.up_to).count() > fresh.len());
        let bound = if found.cut { fresh.last().copied().unwrap_or(self.after) } else { want.up_to };
        let waiting: Vec<_> = model.volatile_kept.iter().filter(|(_, tick, _)| *tick > self.tick).collect();
        let ticks: Vec<u64> = waiting.iter().filter(|(after, ..)| *after <= bound).map(|(_, tick, _)| *tick).collect();
        let given: Vec<u64> = entries.iter().filter(|order| order.tick > 0).map(|order| order.tick).collect();
        assert_eq!(given, ticks);
        assert_eq!(found.more, due.len() > fresh.len() || waiting.len() > ticks.len());
        let had = model.ended > 0 && model.ended <= self.after.max(want.up_to);
        assert_eq!(found.ended, had && !found.more, "{model:?}");
        assert!(entries.is_sorted());
        for order in entries.into_iter().take(take) {
            self.place.pass(order);
            if order.tick > 0 { self.tick = order.tick } else { self.after = order.offset }
        }
    }
}

fn perform(act: &Act, log: &mut Log, model: &mut Model, readers: &mut [Reader]) {
    match *act {
        Act::Append(step, key) => {
            let Event { offset, at, key } = model.append(step, key);
            model.ended = 0;
            assert!(log.append(keyed(Some(offset), at, key), Timestamp(model.now)));
        }
        // Whatever comes behind it begins the channel anew.
        Act::End(step) => {
            let Event { offset, at, .. } = model.append(step, None);
            model.ended = offset;
            assert!(log.append(last(offset, at), Timestamp(model.now)));
        }
        Act::Volatile => {
            let event = (model.newest(), model.volatile.len() as u64 + 1, model.now);
            model.volatile.push(event);
            model.volatile_kept.push(event);
            let over = model.volatile_kept.len().saturating_sub(model.retention.volatile);
            model.volatile_kept.drain(..over);
            log.append_volatile(event.0, entry(None, event.2));
        }
        Act::Twice(at) => {
            if let Some(Event { offset, at, key }) = model.events.get(at % (model.events.len() + 1)) {
                assert!(!log.append(keyed(Some(*offset), *at, *key), Timestamp(model.now)), "{offset} came twice");
            }
        }
        Act::Pass(milliseconds) => {
            model.now += milliseconds;
            model.expire();
            log.expire(Timestamp(model.now));
        }
        Act::Lose(count) => log.drop_to(model.lose(count)),
        // What the store dropped although it is kept here: counted, for it was seen.
        Act::DropTo(at) => {
            if let Some(Event { offset, .. }) = model.kept.get(at % (model.kept.len() + 1)).copied() {
                while model.kept.first().is_some_and(|kept| kept.offset <= offset) {
                    model.drop_oldest();
                }
                log.drop_to(offset);
            }
        }
        Act::Place(reader, at) => {
            let after = at as u64 % (model.newest() + 1);
            readers[reader] = Reader::new(log, model, after);
        }
        Act::Read { reader, up_to, limit, take } => {
            let want = Want { up_to: model.newest().saturating_sub(up_to), most: Most { items: limit, bytes: usize::MAX } };
            readers[reader].read(log, model, want, take);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens to a log, a reader at any place gets what a list that forgets nothing says: the entries that are kept,
    /// and a gap exactly where something is not, counted wherever that can be known.
    #[test]
    fn a_log_gives_what_a_plain_list_says(retention in retention(), acts in prop::collection::vec(act(), 1..120)) {
        let mut log = Log::new(retention, 0);
        let mut model = Model {
            retention, events: vec![], kept: vec![], superseded: vec![], ended: 0, dropped: 0, drops: vec![], unremembered: 0, unseen: 0,
            volatile: vec![], volatile_kept: vec![], now: 1_000,
        };
        let mut readers = [Reader::new(&log, &model, 0); 3];
        for act in &acts {
            perform(act, &mut log, &mut model, &mut readers);
            let kept = model.kept.len() + model.volatile_kept.len();
            assert!(model.kept.len() <= retention.history && model.volatile_kept.len() <= retention.volatile);
            assert_eq!(log.is_empty(), kept == 0);
            assert_eq!(log.dropped(), model.dropped);
            assert_eq!(log.newest(), model.newest());
            let bytes: usize = log.entries.iter().chain(log.volatile.iter().map(|(_, entry)| entry)).map(|entry| entry.item().len()).sum();
            assert_eq!(log.bytes(), bytes);
            let keys = model.kept.iter().filter_map(|event| Some((Arc::from(event.key?), event.offset))).collect();
            assert_eq!(log.latest, keys);
            assert!(log.remembered.len() <= retention.remembered);
        }
    }

    /// A tail and what came live meanwhile make the log that an attached one would have been, whatever came twice.
    #[test]
    fn a_tail_and_what_was_held_make_one_log(
        retention in retention(), before in 0..8u64, tail in 0..8usize, overlap in 0..8u64, live in 0..12u64, dropped in 0..8u64,
    ) {
        let keep = Retention { keep: Duration::from_secs(60), ..retention };
        let mut log = Log::new(keep, 0);
        append_all(&mut log, 1..=before);
        let read = before + tail as u64;
        log.drop_to(dropped.min(read));
        append_all(&mut log, dropped.min(read) + 1..=read);
        let mut held = Log::new(keep, 0);
        append_all(&mut held, read.saturating_sub(overlap) + 1..=read + live);
        log.take_over(held, Timestamp(0));
        let newest = read + live;
        let place = &mut log.place(0);
        let found = log.read(place, Want { up_to: u64::MAX, most: Most { items: 100, bytes: usize::MAX } });
        let given: Vec<u64> = found.run.iter().flat_map(Run::entries).map(|(order, _)| order.offset).collect();
        let until = found.loss.map_or(0, |loss| loss.until);
        prop_assert_eq!(given, (until + 1..=newest).collect::<Vec<_>>());
        if let Some(Loss { missed: Some(missed), until }) = found.loss {
            prop_assert_eq!(missed, until);
        }
    }
}

#[test]
fn room_is_made_of_volatile_entries_too() {
    let retention = Retention { history: 4, keep: Duration::from_secs(60), volatile: 4, remembered: 4 };
    let mut log = Log::new(retention, 0);
    log.append(entry(Some(3), 0), Timestamp(0));
    log.append_volatile(3, entry(None, 0));
    assert_eq!(log.oldest(), Some(3));
    log.drop_all_to(3, 1);
    assert_eq!((log.bytes(), log.is_empty(), log.oldest()), (0, true, None));
}

#[test]
fn room_is_made_of_the_oldest_and_of_no_more_than_is_said() {
    let retention = Retention { history: 8, keep: Duration::from_secs(60), volatile: 8, remembered: 4 };
    let mut log = Log::new(retention, 0);
    for offset in 1..=4 {
        log.append(entry(Some(offset), 0), Timestamp(0));
        log.append_volatile(offset, entry(None, 0));
    }
    let pair = log.bytes() / 4;
    log.drop_all_to(3, 2);
    assert_eq!((log.oldest(), log.bytes()), (Some(3), 2 * pair));
    log.drop_all_to(3, 2);
    assert_eq!((log.oldest(), log.bytes()), (Some(4), pair));
}
