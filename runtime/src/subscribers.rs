//! Who reads a channel, and who of them waits for its next entry. Floor 2.
//!
//! A publish visits only those that wait, and each once, however much is to be read. No lock and no tokio.

/// The readers of one channel; `T` is what wakes one.
#[derive(Debug)]
pub(crate) struct Subscribers<T> {
    slots: Vec<Slot<T>>,
    free: Vec<usize>,
    /// The slots that wait, in no order.
    waiting: Vec<usize>,
}

#[derive(Debug)]
struct Slot<T> {
    reader: Option<T>,
    /// Its place in `waiting`, so that leaving costs the same however many wait.
    waits_at: Option<usize>,
}

impl<T: Clone> Subscribers<T> {
    pub(crate) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), waiting: Vec::new() }
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
            slot.waits_at = Some(self.waiting.len());
            self.waiting.push(at);
        }
    }

    fn unwait(&mut self, at: usize) {
        if let Some(place) = self.slots[at].waits_at.take() {
            self.waiting.swap_remove(place);
            if let Some(moved) = self.waiting.get(place) {
                self.slots[*moved].waits_at = Some(place);
            }
        }
    }

    /// Takes up to `most` of those that wait; they wait no longer.
    pub(crate) fn take_waiting(&mut self, most: usize) -> Vec<T> {
        let rest = self.waiting.len().saturating_sub(most);
        let Self { slots, waiting, .. } = self;
        waiting
            .drain(rest..)
            .filter_map(|at| {
                slots[at].waits_at = None;
                slots[at].reader.clone()
            })
            .collect()
    }

    /// Whether anybody waits.
    pub(crate) fn any_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// How many read the channel.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}
