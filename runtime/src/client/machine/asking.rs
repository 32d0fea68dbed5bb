//! A command, asked until it is answered: under one key it takes effect once, however often it is asked.

use std::time::Duration;

use super::pause::Pause;
use super::{Ended, LONGEST_TOLD};

/// A hub knows a key for five minutes. After that to ask again would be to do it again.
const KNOWN: Duration = Duration::from_secs(270);

/// What to do after an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::client) enum Then {
    /// Ask again at this time; with a new identity, if the old one has expired.
    Again { at: Duration, expired: bool },
    /// It was refused, and stays so.
    Refused,
    /// It is too late to ask again, and not known whether it took effect.
    Unknown,
}

/// See the module.
#[derive(Debug, Default)]
pub(in crate::client) struct Asking {
    pause: Pause,
    /// When it may have arrived for the first time.
    begun: Option<Duration>,
    is_renewed: bool,
}

impl Asking {
    /// An attempt that began at `asked` was not answered with a reply, but ended so.
    pub(in crate::client) fn ended(&mut self, asked: Duration, now: Duration, how: &Ended, renews: bool, die: f64) -> Then {
        let mut told = Duration::ZERO;
        if let Ended::Answered(refused) = how {
            match refused.status {
                401 if renews && !std::mem::replace(&mut self.is_renewed, true) => return Then::Again { at: now, expired: true },
                408 | 425 | 429 | 503 => told = refused.retry.unwrap_or_default(),
                500.. if !refused.is_ours() => {}
                _ => return Then::Refused,
            }
        }
        let may_have_arrived = match how {
            Ended::Unreachable => false,
            // A proxy's error may have come behind the hub's work.
            Ended::Answered(refused) => refused.status >= 500 && !refused.is_ours(),
            _ => true,
        };
        if may_have_arrived {
            self.begun.get_or_insert(asked);
        }
        let at = now + self.pause.after(None, die).max(told.min(LONGEST_TOLD));
        if self.begun.is_some_and(|begun| at > begun + KNOWN) { Then::Unknown } else { Then::Again { at, expired: false } }
    }
}
