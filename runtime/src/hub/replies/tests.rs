use std::time::Duration;

use super::*;

fn limits() -> Limits {
    Limits { replies: 4, replies_per_identity: 2, reply_keep: Duration::from_secs(300), ..Limits::default() }
}

fn begin(replies: &Replies, who: &str, key: &str, body: u8, now: Instant) -> Begun {
    replies.begin(&who.into(), &key.into(), [body; 20], &limits(), now)
}

/// Begins a command and answers it; panics where it is not the first.
fn done(replies: &Replies, who: &str, key: &str, now: Instant) {
    let Begun::First(promise) = begin(replies, who, key, 1, now) else { panic!("{who} {key} is not the first") };
    promise.send(Some(Reply::Given(Bytes::from_static(b"1")))).expect("it is kept");
}

fn is_again(begun: &Begun) -> bool {
    matches!(begun, Begun::Again(_))
}

#[test]
fn a_key_is_one_identity_s_and_one_body_s() {
    let (replies, now) = (Replies::default(), Instant::now());
    done(&replies, "a", "k", now);
    assert!(is_again(&begin(&replies, "a", "k", 1, now)));
    assert!(matches!(begin(&replies, "a", "k", 2, now), Begun::Reused));
    done(&replies, "b", "k", now);
}

#[test]
fn a_reply_is_kept_for_its_time_and_no_longer() {
    let (replies, now) = (Replies::default(), Instant::now());
    done(&replies, "a", "k", now);
    assert!(is_again(&begin(&replies, "a", "k", 1, now + Duration::from_secs(299))));
    done(&replies, "a", "k", now + Duration::from_secs(300));
    replies.expire(&limits(), now + Duration::from_secs(600));
    let table = lock(&replies.0);
    assert_eq!((table.of.len(), table.kept), (0, 0));
}

#[test]
fn of_one_identity_the_newest_are_kept_and_of_the_hub_no_more_than_its_limit() {
    let (replies, now) = (Replies::default(), Instant::now());
    for key in ["k1", "k2", "k3"] {
        done(&replies, "a", key, now);
    }
    assert!(is_again(&begin(&replies, "a", "k2", 1, now)));
    done(&replies, "b", "k", now);
    done(&replies, "c", "k", now);
    assert!(matches!(begin(&replies, "d", "k", 1, now), Begun::Full));
    assert!(is_again(&begin(&replies, "a", "k3", 1, now)));
}

#[test]
fn a_command_that_is_under_way_is_not_forgotten() {
    let (replies, now) = (Replies::default(), Instant::now());
    let Begun::First(promise) = begin(&replies, "a", "k1", 1, now) else { panic!("it is the first") };
    done(&replies, "a", "k2", now);
    assert!(matches!(begin(&replies, "a", "k3", 1, now), Begun::Full));
    assert!(is_again(&begin(&replies, "a", "k1", 1, now + Duration::from_secs(900))));
    drop(promise);
    done(&replies, "a", "k3", now);
}
