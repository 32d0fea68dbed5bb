//! Small, seeded randomness: a run that failed is run again by its number.

use std::cell::Cell;

/// Splitmix64.
#[derive(Debug)]
pub(super) struct Dice(Cell<u64>);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        // The seed is mixed: seeds one step apart would give one sequence, begun one number later, and soon the same run.
        Self(Cell::new(Self(Cell::new(seed)).next()))
    }

    fn next(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..bound`; the bound is above 0.
    pub(super) fn below(&self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("it is below a usize")
    }

    /// True that often in a hundred.
    pub(super) fn percent(&self, often: usize) -> bool {
        self.below(100) < often
    }

    pub(super) fn pick<T: Copy>(&self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
