//! Which transport: the best that works, as far as is known; what did not work is tried again later.

use std::time::Duration;

/// How often in a row a transport may be cut early, or be answered by an error of the server's, before another is tried.
const MISSES: u32 = 3;
/// For how long a transport that failed is left out; doubles each time, up to `LONGEST`.
const LEFT_OUT: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(600);

/// A way for items to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A WebSocket.
    WebSocket,
    /// Server-Sent Events.
    Sse,
    /// Long polls.
    Poll,
}

#[derive(Debug)]
struct Rung {
    transport: Transport,
    misses: u32,
    /// How often it was left out since it worked.
    failures: u32,
    left_out_until: Duration,
}

/// The transports, the best first.
#[derive(Debug)]
pub(super) struct Ladder(Vec<Rung>);

impl Ladder {
    pub(super) fn new(transports: &[Transport]) -> Self {
        let rung = |transport: &Transport| Rung { transport: *transport, misses: 0, failures: 0, left_out_until: Duration::ZERO };
        Self(transports.iter().map(rung).collect())
    }

    /// The best of those that are not left out now; the last never is.
    pub(super) fn choose(&self, now: Duration) -> Transport {
        let best = self.0.iter().find(|rung| rung.left_out_until <= now).or(self.0.last());
        best.expect("there is a transport").transport
    }

    /// Whether nothing is below it.
    pub(super) fn is_last(&self, transport: Transport) -> bool {
        self.0.last().is_none_or(|rung| rung.transport == transport)
    }

    fn rung(&mut self, transport: Transport) -> &mut Rung {
        self.0.iter_mut().find(|rung| rung.transport == transport).expect("it was chosen from here")
    }

    /// It had a connection as it should be.
    pub(super) fn works(&mut self, transport: Transport) {
        let rung = self.rung(transport);
        (rung.misses, rung.failures) = (0, 0);
    }

    /// Something went wrong that may be no fault of the transport. Says whether it is left out now.
    pub(super) fn misses(&mut self, transport: Transport, now: Duration) -> bool {
        let rung = self.rung(transport);
        rung.misses += 1;
        rung.misses >= MISSES && self.fails(transport, now)
    }

    /// It does not come through. Says whether it is left out now: the last is not.
    pub(super) fn fails(&mut self, transport: Transport, now: Duration) -> bool {
        if self.is_last(transport) {
            return false;
        }
        let rung = self.rung(transport);
        rung.left_out_until = now + LEFT_OUT.saturating_mul(1 << rung.failures.min(4)).min(LONGEST);
        rung.failures += 1;
        rung.misses = 0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Transport::{Poll, Sse, WebSocket};
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn one_that_fails_is_left_out_and_tried_again_later_each_time_later() {
        let mut ladder = Ladder::new(&[WebSocket, Sse, Poll]);
        let mut now = Duration::ZERO;
        for left_out in [60, 120, 240, 480, 600, 600] {
            assert_eq!(ladder.choose(now), WebSocket);
            assert!(ladder.fails(WebSocket, now));
            assert_eq!(ladder.choose(now + seconds(left_out) - Duration::from_millis(1)), Sse);
            now += seconds(left_out);
        }
        ladder.works(WebSocket);
        ladder.fails(WebSocket, now);
        assert_eq!(ladder.choose(now + seconds(60)), WebSocket, "it worked in between");
    }

    #[test]
    fn only_misses_in_a_row_count() {
        let mut ladder = Ladder::new(&[Sse, Poll]);
        assert_eq!([ladder.misses(Sse, seconds(0)), ladder.misses(Sse, seconds(0))], [false; 2]);
        ladder.works(Sse);
        assert_eq!([0; 3].map(|_| ladder.misses(Sse, seconds(0))), [false, false, true]);
        assert_eq!(ladder.choose(seconds(1)), Poll);
    }

    #[test]
    fn the_last_is_never_left_out() {
        let mut ladder = Ladder::new(&[WebSocket, Sse]);
        assert!(ladder.fails(WebSocket, seconds(0)) && !ladder.fails(Sse, seconds(0)));
        assert_eq!(ladder.choose(seconds(1)), Sse);
    }
}
