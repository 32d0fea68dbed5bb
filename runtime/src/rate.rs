//! So many a second, and so many at once: what one of whoever is counted may still have. No clock: it is handed the time. Floor 2.
//!
//! All that is kept of the past is the moment at which it is forgotten, if nothing more is taken (GCRA, the virtual scheduling of ATM).
//! `governor` does the same, and brings ten packages and a clock of its own for it.

/// See the module. Times are in nanoseconds of one clock that only goes forward.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// What one costs.
    each: u64,
    /// What may be owed.
    burst: u64,
}

/// The moment from which on all may be had again that may be had at once.
pub(crate) type Full = u64;

impl Rate {
    /// One at least, of each: a limit is no switch.
    pub(crate) fn new(per_second: usize, burst: usize) -> Self {
        let count = |number: usize| u64::try_from(number.max(1)).unwrap_or(u64::MAX);
        let each = 1_000_000_000 / count(per_second);
        Self { each, burst: each.saturating_mul(count(burst)) }
    }

    /// Takes one, if there is one; else says how long it will be until there is.
    pub(crate) fn take(self, full: Full, now: u64) -> Result<Full, u64> {
        let owed = full.saturating_sub(now).saturating_add(self.each);
        if owed <= self.burst { Ok(now.saturating_add(owed)) } else { Err(owed - self.burst) }
    }

    /// Takes what was had already, be it more than there was.
    pub(crate) fn charge(self, full: Full, now: u64, amount: usize) -> Full {
        let cost = self.each.saturating_mul(u64::try_from(amount).unwrap_or(u64::MAX));
        full.max(now).saturating_add(cost)
    }

    /// From when on no more is taken than there is.
    pub(crate) fn ready(self, full: Full) -> u64 {
        full.saturating_sub(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn so_many_go_at_once_and_then_one_in_its_time() {
        let rate = Rate::new(10, 3);
        let mut full = 0;
        for _ in 0..3 {
            full = rate.take(full, SECOND).expect("within the burst");
        }
        assert_eq!(rate.take(full, SECOND), Err(SECOND / 10));
        assert_eq!(rate.take(full, SECOND + SECOND / 10 - 1), Err(1));
        full = rate.take(full, SECOND + SECOND / 10).expect("the next");
        assert_eq!(rate.take(full, SECOND + SECOND / 10), Err(SECOND / 10));
    }

    #[test]
    fn however_it_is_taken_no_more_is_had_than_the_burst_and_the_time_since() {
        let rate = Rate::new(7, 5);
        let (mut full, mut taken) = (0, 0);
        for step in 0..1_000 {
            let now = SECOND + step * SECOND / 100;
            while let Ok(next) = rate.take(full, now) {
                (full, taken) = (next, taken + 1);
            }
            assert!(taken <= 5 + 7 * step / 100 + 1, "{taken} after {step} hundredths");
        }
        assert!(taken >= 5 + 7 * 10 - 2, "and no less: {taken}");
    }

    #[test]
    fn what_was_had_is_owed_and_waited_for() {
        let rate = Rate::new(1_000, 500);
        let full = rate.charge(0, SECOND, 400);
        assert!(rate.ready(full) <= SECOND, "within the burst");
        let full = rate.charge(full, SECOND, 1_100);
        assert_eq!(rate.ready(full), 2 * SECOND);
        assert_eq!(rate.charge(full, 10 * SECOND, 1), 10 * SECOND + SECOND / 1_000, "what is past is forgotten");
    }

    #[test]
    fn the_smallest_and_the_largest_numbers_are_limits_too() {
        assert_eq!(Rate::new(0, 0).take(0, 0), Ok(SECOND), "one, and one a second");
        assert_eq!(Rate::new(0, 0).take(SECOND, 0), Err(SECOND));
        let most = Rate::new(usize::MAX, usize::MAX);
        assert!((0..1_000).try_fold(0, |full, _| most.take(full, 5)).is_ok());
        let burst = Rate::new(1, usize::MAX);
        assert!(burst.take(burst.charge(0, 0, 1_000_000), 0).is_ok());
    }
}
