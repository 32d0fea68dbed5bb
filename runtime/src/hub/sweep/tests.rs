use std::sync::Arc;

use tokio::task::yield_now;

use super::*;
use crate::broker::Memory;
use crate::hub::feed::tests::plain;
use crate::hub::node::Facts;
use crate::limits::Limits;

/// Of the events here; each is of a channel of its own.
const CHANNELS: usize = 20_000;

/// A node with so many channels of one event each, that does not sweep by itself.
async fn node(limits: Limits) -> Arc<Node> {
    let node = Node::new(limits, Facts::default(), Arc::new(Memory::new(16)));
    node.open().await.expect("a memory broker opens");
    node.sweeping.store(true, Relaxed);
    for number in 0..CHANNELS {
        publish(&node, &format!("{number:05}")).await;
    }
    node
}

async fn publish(node: &Node, name: &str) {
    node.publish(plain(name, b"1")).await.expect("memory takes it");
}

/// How many channels have history.
fn kept(node: &Node) -> usize {
    node.table.shards().flatten().filter(|channel| channel.oldest().is_some()).count()
}

#[tokio::test]
async fn a_sweep_lets_another_task_have_its_turn_after_each_batch() {
    let keep = Duration::from_millis(1);
    let node = node(Limits { keep, ..Limits::default() }).await;
    tokio::time::sleep(3 * keep).await;
    let sweep = tokio::spawn({
        let node = node.clone();
        async move { node.sweep().await }
    });
    let mut left = CHANNELS;
    while left > 0 {
        yield_now().await;
        let now = node.table.len();
        assert!(left - now <= SWEEP_BATCH, "{} were looked at between two turns of this task", left - now);
        assert!(now < left || sweep.is_finished(), "the sweep gave way before its batch was full");
        left = now;
    }
    sweep.await.expect("it sweeps");
}

#[tokio::test]
async fn room_is_made_in_bounded_steps_until_nothing_is_left() {
    let node = node(Limits::default()).await;
    // Whatever goes, it is not enough.
    node.metrics.history_bytes.store(usize::MAX / 2, Relaxed);
    let shards: Vec<usize> = node.table.shards().map(|shard| shard.len()).collect();
    let most = ROOM_BATCH + shards.iter().max().expect("there are some");
    let (mut steps, mut left) = (0, CHANNELS);
    while left > 0 {
        let from = lock(&node.room).next;
        node.make_room();
        let to = lock(&node.room).next;
        let looked: usize = if from < to { shards[from..to].iter().sum() } else { [&shards[from..], &shards[..to]].concat().iter().sum() };
        left = kept(&node);
        // The last finds nothing more to look at, if it comes to the end of a round.
        let least = if left > 0 { ROOM_BATCH } else { 1 };
        assert!((least..most).contains(&looked), "{looked} channels were looked at in one step");
        steps += 1;
        assert!(steps < 64 * CHANNELS / ROOM_BATCH, "{left} are left after {steps} steps");
    }
}

#[tokio::test]
async fn what_goes_for_want_of_room_is_of_the_oldest_eighth_and_no_more_than_has_to_go() {
    let item = node(Limits::default()).await.metrics.history_bytes.load(Relaxed) / CHANNELS;
    let history_bytes = (item + 1) * CHANNELS;
    let node = node(Limits { history_bytes, ..Limits::default() }).await;
    for number in 0..CHANNELS {
        publish(&node, &format!("{:05}", CHANNELS + number)).await;
        let (bytes, head) = (node.metrics.history_bytes.load(Relaxed), node.head.offset());
        let channels = node.table.len() / ROOM_BATCH + 1;
        assert!(bytes <= history_bytes + 2 * channels * (item + 8), "{bytes} of {history_bytes}, after {number}");
        if number % 500 == 0 {
            let bound = lock(&node.room).bound;
            let left: Vec<u64> = node.table.shards().flatten().filter_map(|channel| channel.oldest()).collect();
            let oldest = *left.iter().min().expect("there is history");
            assert!(bound <= oldest + (head - oldest) / 8, "{bound} is no eighth of the way from {oldest} to {head}");
            let kept = left.iter().filter(|offset| **offset > bound).count() as u64;
            assert_eq!(kept, head - bound, "what is newer went");
        }
    }
    assert!(node.metrics.history_bytes.load(Relaxed) > history_bytes - 2 * ROOM_BATCH * item, "too much went");
}
