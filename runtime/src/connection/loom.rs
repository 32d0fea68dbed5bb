//! The wake path of the channel floor, driven by connections, under every interleaving that loom finds: no wake-up is missed, and no position passes an entry.

use std::time::Duration;

use ::loom::future::block_on;
use ::loom::thread;
use bytes::Bytes;

use super::*;
use crate::broker::{Mark, Record, Tail};
use crate::log::Retention;
use crate::position::Epoch;

const RETENTION: Retention = Retention { history: 8, keep: Duration::from_secs(60), volatile: 2, remembered: 8 };
const EPOCH: Epoch = Epoch(7);

const PLAIN: Record =
    Record { offset: None, at: Timestamp(0), event: Bytes::from_static(b"1"), cause: None, audience: None, latest: None, ends: false };

fn channel(head: &Head) -> Arc<Channel> {
    let channel = Channel::new("a".into(), RETENTION, head.epoch(), Timestamp(0));
    let tail = Tail { epoch: head.epoch(), entries: Vec::new(), dropped: 0, ended: 0 };
    channel.attach(0, &tail, Timestamp(0)).expect("it is of this epoch");
    Arc::new(channel)
}

fn head() -> Arc<Head> {
    let head = Head::new(|_| {});
    head.reset(EPOCH);
    head.mark(Mark { ticket: 0, offset: 0 });
    Arc::new(head)
}

/// What the hub does with a delivery, with batches of one.
fn publish(channels: &[&Channel], head: &Head, channel: usize, offset: u64) {
    let record = Record { offset: Some(offset), ..PLAIN };
    let (_, called) = channels[channel].deliver(&record, head, Timestamp(0));
    if called {
        while channels[channel].wake(1) {}
    }
    if head.waited_for() {
        head.take_waiting().iter().for_each(|seat| seat.wake());
    }
}

fn connection(head: &Arc<Head>, channels: &[&Arc<Channel>]) -> (Connection, Arc<Seat>) {
    let seat = Arc::new(Seat::default());
    let channels = channels.iter().map(|channel| Arc::clone(channel)).collect();
    let since = Since::At(Position { epoch: EPOCH, offset: 0 });
    (Connection::new(head.clone(), seat.clone(), channels, since, Most { items: 8, bytes: 1_000 }), seat)
}

fn offsets(output: &Output) -> Vec<u64> {
    if let Output::Run(run) = output { run.entries().iter().map(|(order, _)| order.offset).collect() } else { Vec::new() }
}

/// Reads as a stream does until this many events came, in order; it sleeps for ever if a wake-up is missed, which loom reports.
fn read(connection: &mut Connection, seat: &Seat, events: &[u64]) {
    let mut got = Vec::new();
    block_on(std::future::poll_fn(|cx| {
        seat.register(cx.waker());
        while got.len() < events.len() {
            let mut batch = Batch::default();
            if !connection.read(&mut batch) {
                return std::task::Poll::Pending;
            }
            got.extend(batch.outputs.iter().flat_map(offsets));
        }
        std::task::Poll::Ready(())
    }));
    assert_eq!(got, events, "the position passed an entry");
}

fn model(preemptions: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut builder = ::loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(test);
}

#[test]
fn a_reader_that_comes_to_wait_misses_no_wake_up() {
    model(3, || {
        let head = head();
        let channel = channel(&head);
        let (mut connection, seat) = connection(&head, &[&channel]);
        let publisher = thread::spawn(move || {
            publish(&[&channel], &head, 0, 1);
            publish(&[&channel], &head, 0, 2);
        });
        read(&mut connection, &seat, &[1, 2]);
        publisher.join().expect("it publishes");
    });
}

#[test]
fn no_position_passes_an_entry_of_another_channel() {
    model(2, || {
        let head = head();
        let (one, other) = (channel(&head), channel(&head));
        let (mut connection, seat) = connection(&head, &[&one, &other]);
        let publisher = thread::spawn(move || {
            let channels: [&Channel; 2] = [&one, &other];
            publish(&channels, &head, 0, 1);
            publish(&channels, &head, 1, 2);
            publish(&channels, &head, 0, 3);
        });
        read(&mut connection, &seat, &[1, 2, 3]);
        publisher.join().expect("it publishes");
    });
}

#[test]
fn of_two_who_wait_both_are_woken_batch_by_batch() {
    model(2, || {
        let head = head();
        let channel = channel(&head);
        let (mut one, first) = connection(&head, &[&channel]);
        let (mut other, second) = connection(&head, &[&channel]);
        let reader = thread::spawn(move || read(&mut one, &first, &[1]));
        let publisher = thread::spawn(move || publish(&[&channel], &head, 0, 1));
        read(&mut other, &second, &[1]);
        reader.join().expect("it reads");
        publisher.join().expect("it publishes");
    });
}

#[test]
fn a_tail_that_is_read_wakes_who_waits_for_it() {
    model(3, || {
        let head = head();
        let channel = Arc::new(Channel::new("a".into(), RETENTION, EPOCH, Timestamp(0)));
        let (mut connection, seat) = connection(&head, &[&channel]);
        let feeder = thread::spawn(move || {
            publish(&[&channel], &head, 0, 2);
            let record = Record { offset: Some(1), ..PLAIN };
            let tail = Tail { epoch: EPOCH, entries: vec![record], dropped: 0, ended: 0 };
            channel.attach(0, &tail, Timestamp(0)).expect("it is of this epoch");
            while channel.wake(1) {}
        });
        read(&mut connection, &seat, &[1, 2]);
        feeder.join().expect("it feeds");
    });
}

#[test]
fn a_head_never_has_the_offset_of_another_epoch() {
    model(3, || {
        let head = head();
        head.advance(9);
        let feeder = {
            let head = head.clone();
            thread::spawn(move || {
                head.reset(Epoch(8));
                head.mark(Mark { ticket: 1, offset: 3 });
            })
        };
        if let Some(position) = head.load()
            && position.epoch == Epoch(8)
        {
            assert_eq!(position.offset, 3, "nothing is known of the new epoch before its first mark");
        }
        feeder.join().expect("it feeds");
        assert_eq!(head.load().map(|position| position.offset), Some(3));
    });
}

#[test]
fn a_mark_that_moves_nothing_wakes_who_asked() {
    model(3, || {
        let head = head();
        let feeder = {
            let head = head.clone();
            thread::spawn(move || {
                head.mark(Mark { ticket: 1, offset: 0 });
                head.take_waiting().iter().for_each(|seat| seat.wake());
            })
        };
        let channel = channel(&head);
        let seat = Arc::new(Seat::default());
        let ahead = Since::At(Position { epoch: EPOCH, offset: 5 });
        let mut connection = Connection::new(head, seat.clone(), vec![channel], ahead, Most { items: 8, bytes: 1_000 });
        block_on(std::future::poll_fn(|cx| {
            seat.register(cx.waker());
            let mut batch = Batch::default();
            while connection.read(&mut batch) {
                if batch.outputs.iter().any(|output| matches!(output, Output::Gap(..))) {
                    return std::task::Poll::Ready(());
                }
                batch.outputs.clear();
            }
            std::task::Poll::Pending
        }));
        feeder.join().expect("it feeds");
    });
}
