//! A channel's ring of entries, and what became of those it dropped. Floor 2.
//!
//! Live, history, resume and long poll are one call: [`Log::read`]. A reader that the ring has overtaken is known exactly,
//! because what is dropped leaves its offset behind; what a newer entry of its key took the place of leaves nothing, for that is
//! no loss. No lock, no clock (it is handed `now`) and no tokio.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::entry::{Entry, Timestamp};
use crate::run::{Order, Run};

/// What one channel keeps, at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retention {
    /// Positioned entries.
    pub(crate) history: usize,
    /// Their age.
    pub(crate) keep: Duration,
    /// Volatile entries.
    pub(crate) volatile: usize,
    /// Offsets of dropped entries that are remembered.
    pub(crate) remembered: usize,
}

/// How far one reader has come in one log. The reader moves it by what it hands on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Positioned entries up to here were handed on, or lost and told.
    pub(crate) after: u64,
    /// The log's count of positioned entries up to `after`, where it is known.
    pub(crate) count: Option<u64>,
    /// Which counting of the log `count` belongs to.
    pub(crate) counting: u64,
    /// The number of the last volatile entry that was handed on, or lost, or was there before.
    pub(crate) tick: u64,
}

impl Place {
    /// Moves behind an entry that is handed on.
    pub(crate) fn pass(&mut self, order: Order) {
        if order.tick > 0 {
            self.tick = order.tick;
        } else {
            self.after = order.offset;
            self.count = self.count.map(|count| count + 1);
        }
    }
}

/// A loss: everything of the channel in (the reader's place, `until`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) missed: Option<u64>,
    pub(crate) until: u64,
}

/// What a read found.
#[derive(Debug, Default, Clone)]
pub(crate) struct Found {
    /// What was lost before the first entry.
    pub(crate) loss: Option<Loss>,
    /// The entries.
    pub(crate) run: Option<Run>,
    /// Whether volatile entries were lost.
    pub(crate) overtaken: bool,
    /// Whether nothing comes behind them, ever: the last of them ended the channel, or one before.
    pub(crate) ended: bool,
    /// Whether the log has more that this read did not give: above `up_to`, or cut by the limits.
    pub(crate) more: bool,
    /// Whether it was cut by the limits.
    pub(crate) cut: bool,
}

/// What a reader wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Want {
    /// Nothing above this offset: the hub's head, taken before any log was looked at.
    pub(crate) up_to: u64,
    pub(crate) most: Most,
}

/// How much is read at once, at most; one entry at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Most {
    pub(crate) items: usize,
    pub(crate) bytes: usize,
}

impl Most {
    /// How many entries of these sizes fit.
    pub(crate) fn fit(self, sizes: impl Iterator<Item = usize>) -> usize {
        let mut bytes = 0;
        let fits = |size| {
            bytes += size;
            bytes <= self.bytes
        };
        // One at least: a reader that gets nothing would stand still for ever.
        let mut sizes = sizes.take(self.items).peekable();
        let least = usize::from(sizes.peek().is_some());
        sizes.map(fits).take_while(|fits| *fits).count().max(least)
    }
}

#[derive(Debug)]
pub(crate) struct Log {
    retention: Retention,
    entries: VecDeque<Entry>,
    /// The offset of the entry of each key, of those that are kept and have one: so it is bounded as they are.
    latest: BTreeMap<Arc<str>, u64>,
    /// The offset of the newest entry that was dropped; 0 if none ever was. One that was superseded is not dropped.
    dropped: u64,
    /// Positioned entries ever appended, and which counting this is: another begins where entries were lost that never were here, and
    /// where one is superseded. Only what was counted in the same counting can be compared.
    count: u64,
    counting: u64,
    /// The newest dropped offsets, ascending: they make `missed` a number. What is at or below `unremembered` is not among them.
    remembered: VecDeque<u64>,
    unremembered: u64,
    /// The offset of the entry that ended the channel, kept or dropped; 0 while it goes on.
    ended: u64,
    /// Volatile entries, each with the offset it came after. The newest has the number `ticks`.
    volatile: VecDeque<(u64, Entry)>,
    ticks: u64,
    bytes: usize,
}

impl Log {
    /// An empty log of a channel whose entries up to `dropped` are gone already.
    pub(crate) fn new(retention: Retention, dropped: u64) -> Self {
        Self {
            retention,
            entries: VecDeque::new(),
            latest: BTreeMap::new(),
            dropped,
            count: 0,
            counting: 0,
            remembered: VecDeque::new(),
            unremembered: dropped,
            ended: 0,
            volatile: VecDeque::new(),
            ticks: 0,
            bytes: 0,
        }
    }

    /// Takes a positioned entry, unless it came before: deliveries may come twice, never out of order. Says whether it took it.
    pub(crate) fn append(&mut self, entry: Entry, now: Timestamp) -> bool {
        if entry.offset() <= self.newest() {
            return false;
        }
        if let Some(key) = entry.latest() {
            self.supersede(key, entry.offset());
            self.latest.insert(key.clone(), entry.offset());
        }
        // Whatever comes behind the last begins the channel anew: its end was forgotten where events are taken.
        self.ended = if entry.ends() { entry.offset() } else { 0 };
        self.bytes += entry.item().len();
        self.count += 1;
        self.entries.push_back(entry);
        while self.entries.len() > self.retention.history {
            self.drop_oldest();
        }
        self.expire(now);
        true
    }

    /// Lets go of the entry of this key, if it is older than `offset`, where a newer of that key is: nobody is told, and nobody counts it.
    pub(crate) fn supersede(&mut self, key: &str, offset: u64) {
        let Some(older) = self.latest.get(key).copied().filter(|older| *older < offset) else { return };
        self.latest.remove(key);
        let at = self.entries.partition_point(|entry| entry.offset() < older);
        if let Some(entry) = self.entries.remove(at) {
            self.bytes -= entry.item().len();
            // Who has had it counted it, and who has not does not: what they noted is of no use any more.
            self.counting += 1;
        }
    }

    /// Takes a volatile entry that came after `offset` in the hub.
    pub(crate) fn append_volatile(&mut self, offset: u64, entry: Entry) {
        self.ticks += 1;
        self.bytes += entry.item().len();
        self.volatile.push_back((offset, entry));
        while self.volatile.len() > self.retention.volatile {
            self.drop_volatile();
        }
    }

    /// Learns that everything up to `offset` is gone in the store: a tail that was read says so.
    pub(crate) fn drop_to(&mut self, offset: u64) {
        self.drop_oldest_to(offset, usize::MAX);
        if offset > self.dropped {
            // The store dropped entries that were never here, so which and how many is not known up to there.
            self.counting += 1;
            self.dropped = offset;
            self.unremembered = offset;
            self.remembered.clear();
        }
    }

    /// Learns which entry ended the channel, 0 for none: what has come behind it began the channel anew.
    pub(crate) fn end(&mut self, offset: u64) {
        self.ended = if self.entries.back().is_none_or(|entry| entry.offset() <= offset) { offset } else { 0 };
    }

    /// The offset of the entry that ended the channel, if one did.
    pub(crate) fn ended(&self) -> Option<u64> {
        (self.ended > 0).then_some(self.ended)
    }

    /// Takes the entries of a log that was held beside this one while its tail was read. What that log dropped is a loss here
    /// too, unless the tail had it.
    pub(crate) fn take_over(&mut self, held: Self, now: Timestamp) {
        let newer = held.newest() > self.newest();
        if held.dropped > self.newest() {
            self.drop_to(held.dropped);
        }
        for entry in held.entries {
            self.append(entry, now);
        }
        for (offset, entry) in held.volatile {
            self.append_volatile(offset, entry);
        }
        if newer {
            self.end(held.ended);
        }
    }

    /// Drops the oldest entries up to `offset`, and the volatile ones that came no later: of each not more than so many.
    pub(crate) fn drop_all_to(&mut self, offset: u64, most: usize) {
        self.drop_oldest_to(offset, most);
        let old = self.volatile.partition_point(|(after, _)| *after <= offset);
        (0..old.min(most)).for_each(|_| self.drop_volatile());
    }

    /// Drops the oldest entries up to `offset`, not more than so many.
    fn drop_oldest_to(&mut self, offset: u64, most: usize) {
        let old = self.entries.partition_point(|entry| entry.offset() <= offset);
        (0..old.min(most)).for_each(|_| self.drop_oldest());
    }

    /// Drops what is older than `keep`.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        let oldest = Timestamp(now.0.saturating_sub(u64::try_from(self.retention.keep.as_millis()).unwrap_or(u64::MAX)));
        while self.entries.front().is_some_and(|entry| entry.at() < oldest) {
            self.drop_oldest();
        }
        while self.volatile.front().is_some_and(|(_, entry)| entry.at() < oldest) {
            self.drop_volatile();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(entry) = self.entries.pop_front() else { return };
        self.bytes -= entry.item().len();
        if let Some(key) = entry.latest() {
            self.latest.remove(key);
        }
        self.dropped = entry.offset();
        self.remembered.push_back(self.dropped);
        while self.remembered.len() > self.retention.remembered {
            self.unremembered = self.remembered.pop_front().expect("it is longer than a limit");
        }
    }

    fn drop_volatile(&mut self) {
        if let Some((_, entry)) = self.volatile.pop_front() {
            self.bytes -= entry.item().len();
        }
    }

    /// The place of a reader that has had everything up to `offset` and sees volatile entries from now on.
    pub(crate) fn place(&self, offset: u64) -> Place {
        Place { after: offset, count: self.count_to(offset), counting: self.counting, tick: self.ticks }
    }

    /// The count of what this log had up to `offset`, in today's counting, where that is known.
    fn count_to(&self, offset: u64) -> Option<u64> {
        let kept = self.entries.len() as u64;
        if offset >= self.dropped {
            Some(self.count - kept + self.entries.partition_point(|entry| entry.offset() <= offset) as u64)
        } else if offset >= self.unremembered {
            let lost = self.remembered.len() - self.remembered.partition_point(|dropped| *dropped <= offset);
            Some(self.count - kept - lost as u64)
        } else {
            None
        }
    }

    /// What came after `place`, up to the reader's wish. A loss moves the place to the loss's end; entries move it when they are handed on.
    pub(crate) fn read(&self, place: &mut Place, want: Want) -> Found {
        let mut found = Found::default();
        place.count = place.count.filter(|_| place.counting == self.counting).or_else(|| self.count_to(place.after));
        place.counting = self.counting;
        let dropped = self.count - self.entries.len() as u64;
        if self.dropped > place.after {
            found.loss = Some(Loss { missed: place.count.map(|count| dropped - count), until: self.dropped });
            place.after = self.dropped;
            place.count = Some(dropped);
        }
        let volatile_dropped = self.ticks - self.volatile.len() as u64;
        if volatile_dropped > place.tick {
            found.overtaken = true;
            place.tick = volatile_dropped;
        }
        let start = self.start(place, dropped);
        let fresh = self.entries.range(start..).take_while(|entry| entry.offset() <= want.up_to);
        let fit = want.most.fit(fresh.clone().map(|entry| entry.item().len()));
        found.cut = fresh.clone().nth(fit).is_some();
        found.more = start + fit < self.entries.len();
        let mut entries: Vec<_> = fresh.take(fit).map(|entry| (Order { offset: entry.offset(), tick: 0 }, entry.clone())).collect();
        // A volatile entry is given behind the positioned ones that came before it: where those are cut, so is it.
        let bound = if found.cut { entries.last().map_or(place.after, |(order, _)| order.offset) } else { want.up_to };
        found.more |= self.read_volatile(place.tick, bound, &mut entries);
        found.run = Run::new(entries);
        // Where nothing is left behind, all up to the reader's wish was found; so was the last, if it is not above.
        found.ended = !found.more && self.ended().is_some_and(|ended| ended <= want.up_to.max(place.after));
        found
    }

    /// The index of the first entry after the place: what the place counted says it, where it counted with this log and nothing but
    /// the position moved since; else it is looked for.
    fn start(&self, place: &Place, dropped: u64) -> usize {
        let is_start = |index: &usize| {
            let before =
                index.checked_sub(1).is_none_or(|before| self.entries.get(before).is_some_and(|entry| entry.offset() <= place.after));
            before && self.entries.get(*index).is_none_or(|entry| entry.offset() > place.after)
        };
        let counted = place.count.and_then(|count| usize::try_from(count.checked_sub(dropped)?).ok());
        counted.filter(is_start).unwrap_or_else(|| self.entries.partition_point(|entry| entry.offset() <= place.after))
    }

    /// Adds the volatile entries after `tick` that came no later than `bound`; says whether there are more.
    fn read_volatile(&self, tick: u64, bound: u64, into: &mut Vec<(Order, Entry)>) -> bool {
        let oldest = self.ticks - self.volatile.len() as u64;
        let start = usize::try_from(tick.saturating_sub(oldest)).unwrap_or(usize::MAX).min(self.volatile.len());
        let fresh = self.volatile.range(start..).take_while(|(offset, _)| *offset <= bound);
        let numbered =
            fresh.zip(oldest + start as u64 + 1..).map(|((offset, entry), tick)| (Order { offset: *offset, tick }, entry.clone()));
        let positioned = into.len();
        into.extend(numbered);
        start + into.len() - positioned < self.volatile.len()
    }

    /// The number of the newest volatile entry.
    pub(crate) fn ticks(&self) -> u64 {
        self.ticks
    }

    /// The offset of the newest entry that ever was here.
    pub(crate) fn newest(&self) -> u64 {
        self.entries.back().map_or(self.dropped, Entry::offset)
    }

    /// The offset of the newest entry that was dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The offset of the oldest entry that is kept, or the one that the oldest volatile entry came after.
    pub(crate) fn oldest(&self) -> Option<u64> {
        let volatile = self.volatile.front().map(|(after, _)| *after);
        self.entries.front().map(Entry::offset).into_iter().chain(volatile).min()
    }

    /// Whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.volatile.is_empty()
    }

    /// Bytes of the items that are kept.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests;
