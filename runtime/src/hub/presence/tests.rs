use std::time::Duration;

use super::*;
use crate::broker::Memory;
use crate::hub::node::Facts;
use crate::limits::Limits;

const DEBOUNCE: Duration = Duration::from_secs(3_600);

async fn node(listed: usize) -> Arc<Node> {
    let facts = Facts { presences: Some(|name| name == "a"), ..Facts::default() };
    let limits = Limits { presence_debounce: DEBOUNCE, presence_listed: listed, ..Limits::default() };
    let node = Node::new(limits, facts, Arc::new(Memory::new(16)));
    node.open().await.expect("it opens");
    node
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
}

fn enter(node: &Node, key: &str, connection: usize) {
    node.enter(&node.channel(&"a".into()), key, connection);
}

fn absent(node: &Node, key: &str, connection: usize) {
    node.absent(&node.channel(&"a".into()), key, connection);
}

#[test]
fn a_count_that_is_due_before_a_leave_waits_for_none() {
    runtime().block_on(async {
        let node = node(1).await;
        let channel = node.channel(&"a".into());
        let _slot = channel.subscribe(&Arc::default());
        enter(&node, "ann", 1);
        absent(&node, "ann", 1);
        tokio::time::sleep(Duration::from_millis(1)).await;
        enter(&node, "bob", 2);
        enter(&node, "cleo", 3);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(lock(&node.reminders.due).queue.first().is_some_and(|(at, _)| *at > Instant::now() + DEBOUNCE / 2), "it was told");
        tokio::time::sleep(DEBOUNCE).await;
        assert_eq!((node.presence("a").count, channel.subscribers()), (2, 1));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(!lock(&node.reminders.due).running, "nothing is due, and nothing runs");
    });
}

#[test]
fn whoever_left_is_gone_in_the_next_runtime_where_theirs_has_ended() {
    let node = runtime().block_on(async {
        let node = node(10).await;
        enter(&node, "ann", 1);
        absent(&node, "ann", 1);
        tokio::task::yield_now().await;
        assert!(lock(&node.reminders.due).running);
        node
    });
    assert!(!lock(&node.reminders.due).running, "the task is dropped with its runtime");
    runtime().block_on(async {
        enter(&node, "bob", 2);
        absent(&node, "bob", 2);
        tokio::time::sleep(DEBOUNCE * 2).await;
        assert_eq!(node.presence("a").count, 0);
    });
}

#[test]
fn a_channel_stays_while_somebody_is_about_to_leave_and_goes_with_them() {
    runtime().block_on(async {
        let node = node(10).await;
        enter(&node, "ann", 1);
        absent(&node, "ann", 1);
        node.forget(&"a".into());
        assert_eq!((node.presence("a").count, node.table.len()), (1, 1));
        tokio::time::sleep(DEBOUNCE * 2).await;
        assert_eq!((node.presence("a").count, node.table.len()), (0, 0));
    });
}
