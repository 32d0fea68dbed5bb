//! How long to wait before the next attempt: between half a second and a cap that doubles up to twenty, any time as likely as any other.
//! A thousand clients that lost their server at one moment so come back at a thousand moments.

use std::time::Duration;

use super::GOOD_LIFE;

const LEAST: Duration = Duration::from_millis(500);
const FIRST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(20);
/// A connection that brought something, but did not last, is no reason to wait longer than `FIRST` doubled so often.
const BRIEF: u32 = 1;

#[derive(Debug, Default)]
pub(super) struct Pause {
    /// How often in a row it went wrong.
    failures: u32,
}

impl Pause {
    /// The wait behind a connection that lived so long, or behind an attempt that brought nothing; `die` is in `0.0..1.0`.
    pub(super) fn after(&mut self, life: Option<Duration>, die: f64) -> Duration {
        match life {
            Some(life) if life >= GOOD_LIFE => self.failures = 0,
            Some(_) => self.failures = self.failures.min(BRIEF),
            None => {}
        }
        let most = FIRST.saturating_mul(1 << self.failures.min(5)).min(MOST);
        self.failures += 1;
        LEAST + (most - LEAST).mul_f64(die)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_between_half_a_second_and_a_cap_that_doubles_to_twenty() {
        let mut pause = Pause::default();
        for most in [1, 2, 4, 8, 16, 20, 20, 20] {
            let mut longest = Pause { failures: pause.failures };
            assert_eq!(longest.after(None, 1.0), Duration::from_secs(most));
            assert_eq!(pause.after(None, 0.0), LEAST);
        }
    }

    #[test]
    fn a_good_connection_makes_it_forget_and_a_brief_one_half() {
        let after = |life| Pause { failures: 9 }.after(Some(life), 1.0);
        assert_eq!(after(GOOD_LIFE), Duration::from_secs(1));
        assert_eq!(after(Duration::from_secs(1)), Duration::from_secs(2));
    }
}
