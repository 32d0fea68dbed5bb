//! Each rule by itself: what is final, what makes it fall, how long it waits.

use Transport::{Poll, Sse, WebSocket};

use super::super::*;
use crate::protocol::{Gap, GapReason};

fn machine(transports: &[Transport], renews: bool) -> Machine {
    let (opening, silence) = (Duration::from_secs(10), Duration::from_secs(45));
    let rules = Rules { transports: transports.to_vec(), opening, silence, renews, snapshot: false };
    Machine::new(rules, vec!["a".into(), "b".into()], Since::Now)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at(text: &str) -> Position {
    text.parse().expect("a position")
}

/// Opens the next connection, which must be over this transport.
fn open(machine: &mut Machine, now: Duration, by: Transport) -> Attempt {
    let Next::Open(attempt) = machine.next(now) else { panic!("it opens") };
    assert_eq!(attempt.by, by);
    machine.opened(now);
    attempt
}

fn rest(machine: &mut Machine, now: Duration) -> Duration {
    match machine.next(now) {
        Next::Rest(until) => until - now,
        Next::Open(_) => Duration::ZERO,
        other => panic!("{other:?}"),
    }
}

fn answer(status: u16, code: Option<&str>) -> Ended {
    Ended::Answered(Refused { status, code: code.map(str::to_owned), ..Refused::default() })
}

fn over(machine: &mut Machine, now: Duration) -> Option<ClientError> {
    match machine.next(now) {
        Next::Over(error) => error,
        other => panic!("{other:?}"),
    }
}

fn bye(machine: &mut Machine, now: Duration, reason: ByeReason, retry_ms: u64) {
    assert!(!machine.item(now, &Item::<u64>::Bye(Bye { reason, retry_ms }), 0.0), "a bye is the machine's own");
}

#[test]
fn a_proxy_that_forbids_upgrades_makes_it_fall_at_once_and_the_hubs_own_no_ends_it() {
    let now = Duration::ZERO;
    for status in [301, 400, 403, 404, 405, 426] {
        let mut machine = machine(&[WebSocket, Sse, Poll], false);
        open(&mut machine, now, WebSocket);
        machine.ended(now, answer(status, None), 0.5);
        open(&mut machine, now, Sse);
    }
    for (status, code) in [(403, "denied"), (404, "unknown_channel")] {
        let mut machine = machine(&[WebSocket, Sse, Poll], false);
        open(&mut machine, now, WebSocket);
        machine.ended(now, answer(status, Some(code)), 0.5);
        assert!(matches!(over(&mut machine, now), Some(ClientError::Refused(refused)) if refused.status == status));
    }
    for status in [400, 403, 404, 410] {
        let mut machine = machine(&[Poll], false);
        open(&mut machine, now, Poll);
        machine.ended(now, answer(status, None), 0.5);
        assert!(over(&mut machine, now).is_some(), "{status} over the last transport");
    }
}

#[test]
fn a_stream_that_a_proxy_keeps_back_is_left_for_the_next_transport() {
    let mut machine = machine(&[Sse, Poll], false);
    open(&mut machine, seconds(0), Sse);
    let until = machine.deadline().expect("it listens");
    assert_eq!(until, seconds(10));
    machine.ended(until, Ended::Silent, 0.5);
    let attempt = open(&mut machine, until, Poll);
    assert_eq!(attempt.since, Since::Now);
    machine.reached(until, at("a-7"));
    machine.ended(until + seconds(25), Ended::Done, 0.5);
    assert_eq!(open(&mut machine, until + seconds(25), Poll).since, Since::At(at("a-7")));
    machine.reached(until + seconds(60), at("a-7"));
    machine.ended(until + seconds(60), Ended::Done, 0.5);
    open(&mut machine, until + seconds(60), Sse);
}

#[test]
fn one_whose_first_item_alone_comes_through_is_left_too() {
    let mut machine = machine(&[Sse, Poll], false);
    open(&mut machine, seconds(0), Sse);
    machine.item(seconds(1), &Item::<u64>::Heartbeat(at("a-1")), 0.0);
    let until = machine.deadline().expect("it listens");
    assert_eq!(until, seconds(46));
    machine.ended(until, Ended::Silent, 0.5);
    open(&mut machine, until, Poll);
}

#[test]
fn a_long_connection_that_is_cut_comes_back_over_the_same_transport() {
    let mut machine = machine(&[WebSocket, Sse], false);
    for round in 0..10 {
        let begun = seconds(round * 20);
        assert_eq!(rest(&mut machine, begun), Duration::ZERO);
        machine.opened(begun);
        machine.item(begun, &Item::<u64>::Heartbeat(at("a-1")), 0.0);
        machine.ended(begun + seconds(6), Ended::Cut, 1.0);
        assert_eq!(rest(&mut machine, begun + seconds(6)), seconds(1), "it forgot what went wrong before");
    }
}

#[test]
fn three_brief_connections_in_a_row_make_it_fall() {
    let mut machine = machine(&[WebSocket, Sse], false);
    let mut now = Duration::ZERO;
    for _ in 0..3 {
        open(&mut machine, now, WebSocket);
        machine.item(now, &Item::<u64>::Heartbeat(at("a-1")), 0.0);
        machine.ended(now + seconds(1), Ended::Cut, 0.0);
        now += seconds(1) + rest(&mut machine, now + seconds(1));
    }
    assert!(machine.deadline().is_some(), "`rest` opened it");
    machine.ended(now, Ended::Unreachable, 0.0);
    now += rest(&mut machine, now);
    open(&mut machine, now, Sse);
}

#[test]
fn it_waits_as_long_as_it_is_told() {
    let told = |how: &dyn Fn(&mut Machine)| {
        let mut machine = machine(&[Sse], true);
        open(&mut machine, seconds(0), Sse);
        machine.item(seconds(0), &Item::<u64>::Heartbeat(at("a-1")), 0.0);
        how(&mut machine);
        rest(&mut machine, seconds(0))
    };
    let later = |seconds| Ended::Answered(Refused { status: 429, retry: Some(Duration::from_secs(seconds)), ..Refused::default() });
    assert_eq!(told(&|machine| bye(machine, seconds(0), ByeReason::Drain, 1_830)), Duration::from_millis(1_830));
    assert_eq!(told(&|machine| bye(machine, seconds(0), ByeReason::Expired, 700)), Duration::from_millis(700));
    assert_eq!(told(&|machine| machine.ended(seconds(0), later(33), 0.9)), seconds(33));
    assert_eq!(told(&|machine| machine.ended(seconds(0), later(u64::MAX), 0.9)), LONGEST_TOLD);
    assert_eq!(
        told(&|machine| {
            machine.retry(seconds(2));
            machine.ended(seconds(0), Ended::Cut, 0.0);
        }),
        seconds(2)
    );
    assert_eq!(told(&|machine| bye(machine, seconds(0), ByeReason::Busy, 0)), Duration::from_millis(500), "and never not at all");
}

#[test]
fn an_expired_identity_is_renewed_once_before_it_is_an_error() {
    let now = seconds(0);
    let mut machine = machine(&[WebSocket, Sse], true);
    assert!(!open(&mut machine, now, WebSocket).expired);
    machine.ended(now, answer(401, None), 0.5);
    assert!(open(&mut machine, now, WebSocket).expired);
    machine.item(now, &Item::<u64>::Heartbeat(at("a-1")), 0.0);
    machine.ended(seconds(9), Ended::Closed(close::EXPIRED), 0.5);
    assert!(open(&mut machine, seconds(9), WebSocket).expired, "at once");
    machine.ended(seconds(9), answer(401, None), 0.5);
    assert!(matches!(over(&mut machine, seconds(9)), Some(ClientError::Refused(refused)) if refused.status == 401));
}

#[test]
fn what_cannot_pass_ends_it() {
    let end = |how: &dyn Fn(&mut Machine)| {
        let mut machine = machine(&[WebSocket, Sse], false);
        open(&mut machine, seconds(0), WebSocket);
        machine.item(seconds(0), &Item::<u64>::Heartbeat(at("a-1")), 0.0);
        how(&mut machine);
        over(&mut machine, seconds(0))
    };
    assert_eq!(end(&|machine| machine.ended(seconds(0), Ended::Closed(close::DENIED), 0.0)), Some(ClientError::Denied));
    assert_eq!(end(&|machine| bye(machine, seconds(0), ByeReason::Denied, 0)), Some(ClientError::Denied));
    assert_eq!(end(&|machine| machine.ended(seconds(0), Ended::Closed(4400), 0.0)), Some(ClientError::NotUnderstood));
    assert_eq!(end(&|machine| machine.ended(seconds(0), Ended::Closed(4401), 0.0)), Some(ClientError::Expired), "there is no other");
    assert_eq!(end(&|machine| bye(machine, seconds(0), ByeReason::Expired, 0)), Some(ClientError::Expired));
    assert_eq!(end(&|machine| machine.ended(seconds(0), Ended::Finished, 0.0)), None);
}

#[test]
fn a_poll_that_nobody_held_is_not_asked_again_at_once() {
    let mut machine = machine(&[Poll], false);
    open(&mut machine, seconds(0), Poll);
    machine.reached(seconds(0), at("a-1"));
    machine.ended(seconds(0), Ended::Done, 0.0);
    open(&mut machine, seconds(0), Poll);
    machine.reached(seconds(0), at("a-1"));
    machine.ended(seconds(0), Ended::Done, 0.0);
    assert_eq!(rest(&mut machine, seconds(0)), Duration::from_millis(500));
}

#[test]
fn what_was_told_or_is_in_a_state_is_old_news() {
    let mut machine = machine(&[Sse], false);
    open(&mut machine, seconds(0), Sse);
    let mut take = |item: &Item<u64>| machine.item(seconds(0), item, 0.0);
    let event = |channel: &str, id: &str| Item::Event { channel: channel.to_owned(), id: Some(at(id)), cause: None, event: 0 };
    let gap = |until: &str| Item::Gap { channel: "a".into(), gap: Gap { reason: GapReason::Expired, missed: None, until: at(until) } };
    let state = Item::Snapshot { channel: "a".into(), snapshot: serde_json::Value::Null, position: at("x-5") };
    assert!(take(&Item::Heartbeat(at("x-1"))) && take(&gap("x-4")) && !take(&gap("x-4")) && take(&gap("x-5")));
    assert!(take(&state) && take(&event("b", "x-3")));
    assert!(!take(&event("a", "x-4")), "it is in the state");
    assert!(!take(&event("b", "x-4")), "nothing comes twice");
    assert!(take(&event("a", "x-6")));
    assert!(!take(&Item::Heartbeat(at("x-2"))), "never back");
    assert!(take(&gap("y-4")) && take(&Item::Heartbeat(at("y-0"))) && take(&event("a", "y-1")), "but in another epoch");
    assert_eq!(machine.position(), Some(at("y-1")));
}

#[test]
fn a_quiet_poll_is_a_heartbeat_and_one_with_news_says_no_position_twice() {
    let mut machine = machine(&[Poll], false);
    for (now, position, is_heartbeat) in [(0, "x-1", true), (30, "x-1", true), (60, "x-3", false), (90, "x-4", true)] {
        let now = seconds(now);
        open(&mut machine, now, Poll);
        if position == "x-3" {
            let event = Item::Event { channel: "a".into(), id: Some(at("x-3")), cause: None, event: 0u64 };
            assert!(machine.item(now, &event, 0.0));
        }
        assert_eq!(machine.reached(now + seconds(25), at(position)), is_heartbeat, "{position}");
        machine.ended(now + seconds(25), Ended::Done, 0.0);
    }
}
