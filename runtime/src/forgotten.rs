//! What is remembered of channels that nobody keeps any more: the offset of the last entry each dropped. Floor 2.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// A bounded map that gives up its lowest offset first: what it gave up becomes a floor for every channel it does not know,
/// so a position below the floor is answered by a gap (the hub can no longer know) and one above it is still good.
#[derive(Debug, Default)]
pub(crate) struct Forgotten {
    offsets: HashMap<Arc<str>, u64>,
    order: BTreeSet<(u64, Arc<str>)>,
    floor: u64,
    most: usize,
}

impl Forgotten {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Remembers that everything of `channel` up to `offset` is gone, unless more is known to be; 0 is nothing to remember.
    pub(crate) fn insert(&mut self, channel: &Arc<str>, offset: u64) {
        if offset <= self.floor {
            return;
        }
        if let Some(before) = self.offsets.get(channel).copied() {
            if before >= offset {
                return;
            }
            self.order.remove(&(before, channel.clone()));
        }
        self.offsets.insert(channel.clone(), offset);
        self.order.insert((offset, channel.clone()));
        while self.offsets.len() > self.most {
            let (lowest, channel) = self.order.pop_first().expect("it has as many as the map");
            self.offsets.remove(&channel);
            self.floor = lowest;
        }
    }

    /// The offset that is remembered of `channel`, if it is.
    pub(crate) fn get(&self, channel: &Arc<str>) -> Option<u64> {
        self.offsets.get(channel).copied()
    }

    /// Up to where everything of `channel` is gone, as far as that is known. The channel is forgotten no longer.
    pub(crate) fn take(&mut self, channel: &Arc<str>) -> u64 {
        match self.offsets.remove(channel) {
            Some(offset) => {
                self.order.remove(&(offset, channel.clone()));
                offset
            }
            None => self.floor,
        }
    }
}

#[cfg(test)]
mod tests;
