use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};

use tokio::task::yield_now;
use tokio::time::Instant;

use super::*;
use crate::broker::{Mark, Memory, Publication, Tail};
use crate::connection::Batch;
use crate::head::Seat;
use crate::hub::node::Facts;
use crate::hub::stream::Stream;
use crate::limits::Limits;
use crate::output::Output;
use crate::position::Since;

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// Reads all that there is, and says how many events and how many polls that were.
fn read(stream: &mut Stream, waker: &Waker, room: &mut Batch) -> (usize, usize) {
    let (mut events, mut polls) = (0, 1);
    while let Poll::Ready(Some(())) = stream.poll_next(&mut Context::from_waker(waker), Instant::now(), room) {
        events += room.outputs.iter().map(|output| if let Output::Run(run) = output { run.entries().len() } else { 0 }).sum::<usize>();
        polls += 1;
    }
    (events, polls)
}

/// One to be kept, without anything beside it.
pub(in crate::hub) fn plain(channel: impl Into<Arc<str>>, event: &'static [u8]) -> Publication {
    let (channel, event) = (channel.into(), event.into());
    Publication { channel, volatile: false, at: now(), event, cause: None, audience: None, latest: None, ends: false }
}

async fn node(limits: Limits) -> Arc<Node> {
    let node = Node::new(limits, Facts::default(), Arc::new(Memory::new(16)));
    node.open().await.expect("a memory broker opens");
    node
}

/// A node with so many readers of one channel, all of which wait.
async fn crowd(readers: usize) -> (Arc<Node>, Vec<Stream>, Arc<Woken>, Batch) {
    let node = node(Limits { connections: readers, ..Limits::default() }).await;
    let (woken, mut room) = (Arc::<Woken>::default(), Batch::default());
    let waker = Waker::from(woken.clone());
    let mut streams: Vec<Stream> =
        (0..readers).map(|_| node.connect(&["a".to_owned()], Since::Now, None).expect("there is room")).collect();
    for stream in &mut streams {
        read(stream, &waker, &mut room);
    }
    (node, streams, woken, room)
}

#[tokio::test]
async fn a_publish_to_ten_thousand_that_wait_lets_another_task_have_its_turn_after_each_batch() {
    const READERS: usize = 10_000;
    let (node, _streams, woken, _) = crowd(READERS).await;
    node.publish(plain("a", b"1")).await.expect("memory takes it");
    woken_in_batches(&woken, READERS).await;
}

/// All are woken, and this task has its turn after each batch.
async fn woken_in_batches(woken: &Woken, readers: usize) {
    let (mut seen, mut turns) = (0, 0);
    while seen < readers {
        let now = woken.0.load(Relaxed);
        assert!(now - seen <= WAKE_BATCH, "{} were woken between two turns of this task", now - seen);
        (seen, turns) = (now, turns + 1);
        assert!(turns <= readers, "{seen} of {readers} are woken");
        yield_now().await;
    }
    assert!(turns >= readers / WAKE_BATCH);
}

#[tokio::test]
async fn a_mark_that_ten_thousand_wait_for_lets_another_task_have_its_turn_after_each_batch() {
    const READERS: usize = 10_000;
    let (node, woken) = (node(Limits::default()).await, Arc::<Woken>::default());
    for _ in 0..READERS {
        let seat = Arc::new(Seat::default());
        seat.register(&Waker::from(woken.clone()));
        node.head.wait(&seat);
    }
    drop(node.deliver(Delivery::Mark(Mark { ticket: 1, offset: 1 })));
    woken_in_batches(&woken, READERS).await;
}

#[tokio::test]
async fn what_a_publish_costs_is_linear_in_its_readers() {
    for readers in [100, 1_000, 10_000, 100_000] {
        let (node, mut streams, woken, mut room) = crowd(readers).await;
        let waker = Waker::from(woken.clone());
        for burst in 1..=3 {
            for _ in 0..burst {
                node.publish(plain("a", b"1")).await.expect("memory takes it");
            }
            // In each of these turns a batch is woken; who is not woken by then is forgotten.
            for _ in (0..readers).take_while(|_| woken.0.load(Relaxed) < readers) {
                yield_now().await;
            }
            let read: Vec<_> = streams.iter_mut().map(|stream| read(stream, &waker, &mut room)).collect();
            assert!(read.iter().all(|read| *read == (burst, 2)), "one poll takes the burst, and one finds nothing");
            assert_eq!(woken.0.swap(0, Relaxed), readers, "each is woken once, however much there is to be read");
        }
    }
}

#[tokio::test]
async fn a_new_epoch_ends_what_is_of_the_old_one_and_leaves_what_was_made_in_it() {
    const NEW: Epoch = Epoch(8);
    let node = node(Limits::default()).await;
    node.publish(plain("old", b"1")).await.expect("memory takes it");
    // It is made in the midst of the change: the head is reset, and the channels are not looked at yet.
    node.head.reset(NEW);
    let made = node.channel(&"new".into());
    let record =
        Record { offset: Some(1), at: now(), event: b"1".as_slice().into(), cause: None, audience: None, latest: None, ends: false };
    let tail = Tail { epoch: NEW, entries: vec![record], dropped: 0, ended: 0 };
    node.grown(made.attach(made.losses(), &tail, now()).expect("it is of the new epoch"));
    drop(node.deliver(Delivery::Epoch(NEW)));
    let old = node.channel(&"old".into());
    assert_eq!((old.oldest(), made.oldest()), (None, Some(1)));
    assert!(old.attach(old.losses(), &tail, now()).is_ok(), "it is of the old epoch");
    assert_eq!(node.stats().history_bytes, made.bytes());
}
