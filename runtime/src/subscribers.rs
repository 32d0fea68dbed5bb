//! Who reads a channel, and who of them waits for its next entry. Floor 2.
//!
//! A publish visits only those that wait, and each once, however much is to be read: it calls all that wait at that moment, and
//! they are taken in the order they came. Who waits again meanwhile stands behind them, so nobody is taken twice while another
//! starves. No lock and no tokio.

use std::collections::VecDeque;

/// The readers of one channel; `T` is what wakes one.
#[derive(Debug)]
pub(crate) struct Subscribers<T> {
    slots: Vec<Slot<T>>,
    free: Vec<usize>,
    /// The slots that wait, the first who came in front; a place here is counted from `passed`.
    waiting: VecDeque<usize>,
    /// Places that were given up at the front.
    passed: usize,
    /// How many at the front are called and not yet taken.
    called: usize,
}

#[derive(Debug)]
struct Slot<T> {
    reader: Option<T>,
    /// Its place in `waiting`, so that leaving costs the same however many wait.
    waits_at: Option<usize>,
}

impl<T: Clone> Subscribers<T> {
    pub(crate) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), waiting: VecDeque::new(), passed: 0, called: 0 }
    }

    /// Takes a reader, and gives it its slot.
    pub(crate) fn insert(&mut self, reader: T) -> usize {
        let slot = Slot { reader: Some(reader), waits_at: None };
        if let Some(at) = self.free.pop() {
            self.slots[at] = slot;
            at
        } else {
            self.slots.push(slot);
            self.slots.len() - 1
        }
    }

    /// Lets a reader go.
    pub(crate) fn remove(&mut self, at: usize) {
        self.unwait(at);
        self.slots[at].reader = None;
        self.free.push(at);
    }

    /// Notes that a reader waits; noting it again changes nothing.
    pub(crate) fn wait(&mut self, at: usize) {
        let slot = &mut self.slots[at];
        if slot.waits_at.is_none() {
            slot.waits_at = Some(self.passed.wrapping_add(self.waiting.len()));
            self.waiting.push_back(at);
        }
    }

    fn unwait(&mut self, at: usize) {
        if let Some(place) = self.slots[at].waits_at.take() {
            let index = place.wrapping_sub(self.passed);
            self.waiting.swap_remove_back(index);
            if let Some(moved) = self.waiting.get(index) {
                self.slots[*moved].waits_at = Some(place);
            }
            // The last one stands in its place now, so all that are called are still in front; one more may be called with them.
            self.called = self.called.min(self.waiting.len());
        }
    }

    /// Calls all that wait now, and says whether there are any to be taken.
    pub(crate) fn call(&mut self) -> bool {
        self.called = self.waiting.len();
        self.called > 0
    }

    /// Takes up to `most` of those that are called; they wait no longer.
    pub(crate) fn take_called(&mut self, most: usize) -> Vec<T> {
        let taken = most.min(self.called);
        self.called -= taken;
        self.passed = self.passed.wrapping_add(taken);
        let Self { slots, waiting, .. } = self;
        waiting
            .drain(..taken)
            .filter_map(|at| {
                slots[at].waits_at = None;
                slots[at].reader.clone()
            })
            .collect()
    }

    /// Whether anybody is called and not yet taken.
    pub(crate) fn any_called(&self) -> bool {
        self.called > 0
    }

    /// How many read the channel.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests;
