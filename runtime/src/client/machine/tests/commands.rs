//! A command under its key: once, whatever is lost on the way.

use proptest::prelude::*;

use super::super::*;

/// What becomes of one asking.
#[derive(Debug, Clone)]
enum Fate {
    Unreachable,
    /// The request is lost.
    Lost,
    /// The hub does it, and the answer is lost.
    Unheard,
    /// A proxy answers; the hub may have done it.
    Proxy {
        status: u16,
        arrived: bool,
    },
    /// The hub says: later.
    Busy {
        retry: u64,
    },
}

fn fate() -> impl Strategy<Value = Fate> {
    let proxy = (prop::sample::select(vec![500u16, 502, 503, 504]), any::<bool>());
    prop_oneof![
        Just(Fate::Unreachable),
        Just(Fate::Lost),
        Just(Fate::Unheard),
        proxy.prop_map(|(status, arrived)| Fate::Proxy { status, arrived }),
        (0u64..50).prop_map(|retry| Fate::Busy { retry }),
    ]
}

/// A hub that knows a key for five minutes.
#[derive(Default)]
struct Hub {
    known: Option<Duration>,
    done: usize,
}

impl Hub {
    fn take(&mut self, now: Duration) {
        if self.known.is_none_or(|known| now >= known + Duration::from_secs(300)) {
            self.known = Some(now);
            self.done += 1;
        }
    }
}

fn refused(status: u16, ours: bool, retry: u64) -> Ended {
    let code = ours.then(|| "busy".to_owned());
    Ended::Answered(Refused { status, code, retry: Some(Duration::from_secs(retry)), ..Refused::default() })
}

proptest! {
    #[test]
    fn it_takes_effect_once_and_is_answered_or_given_up_in_time(
        fates in prop::collection::vec(fate(), 0..60), die in 0.0f64..1.0, life in 0u64..30_000,
    ) {
        let (mut hub, mut asking, mut now) = (Hub::default(), Asking::default(), Duration::ZERO);
        for fate in fates {
            let asked = now;
            now += Duration::from_millis(life);
            let how = match fate {
                Fate::Unreachable => Ended::Unreachable,
                Fate::Lost => Ended::Cut,
                Fate::Unheard => {
                    hub.take(now);
                    Ended::Silent
                }
                Fate::Proxy { status, arrived } => {
                    if arrived {
                        hub.take(asked);
                    }
                    refused(status, false, 0)
                }
                Fate::Busy { retry } => refused(503, true, retry),
            };
            match asking.ended(asked, now, &how, true, die) {
                Then::Again { at, .. } => {
                    prop_assert!(at >= now + Duration::from_millis(500), "it rests");
                    now = at;
                }
                Then::Unknown => {
                    prop_assert!(hub.done <= 1);
                    return Ok(());
                }
                Then::Refused => prop_assert!(false, "nothing of this is a no"),
            }
        }
        // Now it comes through.
        hub.take(now);
        prop_assert_eq!(hub.done, 1);
    }
}

#[test]
fn a_no_of_the_hub_is_final_and_a_new_identity_is_tried_once() {
    let mut asking = Asking::default();
    let now = Duration::ZERO;
    let again = Then::Again { at: now, expired: true };
    assert_eq!(asking.ended(now, now, &refused(401, false, 0), true, 0.0), again);
    assert_eq!(asking.ended(now, now, &refused(401, false, 0), true, 0.0), Then::Refused);
    for (status, ours) in [(400, true), (403, false), (404, false), (409, true), (422, true), (500, true), (504, true)] {
        assert_eq!(Asking::default().ended(now, now, &refused(status, ours, 0), true, 0.0), Then::Refused, "{status}");
    }
    assert_eq!(Asking::default().ended(now, now, &refused(401, false, 0), false, 0.0), Then::Refused, "there is no other identity");
}
