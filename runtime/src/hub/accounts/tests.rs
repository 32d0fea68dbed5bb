use super::*;
use crate::broker::Memory;
use crate::hub::node::Facts;

fn node(limits: Limits) -> Arc<Node> {
    Node::new(limits, Facts::default(), Arc::new(Memory::new(16)))
}

/// A caller of this key, of nobody in particular without one, from one address.
fn caller(node: &Node, key: &str, last: u8) -> Caller {
    node.caller(key, Some([192, 0, 2, last].into()))
}

fn kept(node: &Node) -> usize {
    lock(&node.people).len() + lock(&node.accounts.addresses).len()
}

#[tokio::test(start_paused = true)]
async fn a_connection_counts_for_its_identity_and_for_its_address_until_it_ends() {
    let node = node(Limits { connections_per_identity: 1, connections_per_address: 2, ..Limits::default() });
    let connects = |key, last| caller(&node, key, last).connects(&node.limits).map_err(|over| over.name);
    let first = connects("a", 1).expect("the first");
    assert_eq!(connects("a", 2).err(), Some("connections_per_identity"));
    let second = connects("b", 1).expect("another identity");
    assert_eq!(connects("c", 1).err(), Some("connections_per_address"));
    assert_eq!(connects("", 1).err(), Some("connections_per_address"));
    drop(second);
    // One that was refused by its address took no place of its identity.
    let second = connects("c", 1).expect("there is room again");
    drop((first, second));
    assert!(connects("a", 1).is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_identity_pays_else_the_address_else_the_connection() {
    let node = node(Limits { commands_per_second: 1, command_burst: 1, ..Limits::default() });
    let wait = Some(Duration::from_secs(1));
    assert_eq!(node.commands(&caller(&node, "a", 1)), Ok(()));
    assert_eq!(node.commands(&caller(&node, "a", 2)), Err(Over { name: "commands_per_second", limit: 1, wait }));
    assert_eq!(node.commands(&caller(&node, "b", 1)), Ok(()));
    assert_eq!(node.commands(&caller(&node, "", 1)), Ok(()));
    assert!(node.commands(&caller(&node, "", 1)).is_err());
    let nobody = node.caller("", None);
    assert_eq!(node.commands(&nobody), Ok(()));
    assert!(node.commands(&nobody.clone()).is_err());
    assert_eq!(node.commands(&node.caller("", None)), Ok(()));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(node.commands(&caller(&node, "a", 2)), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn who_is_gone_is_remembered_only_while_it_would_matter() {
    let node = node(Limits { subscribes_per_second: 1, subscribe_burst: 1, ..Limits::default() });
    let counted = caller(&node, "a", 1).connects(&node.limits).expect("there is room");
    node.subscribes(&caller(&node, "b", 2)).expect("the first");
    assert_eq!(kept(&node), 4);
    node.sweep().await;
    assert_eq!(kept(&node), 3, "of b the address did nothing");
    assert!(node.subscribes(&caller(&node, "b", 3)).is_err(), "leaving is no way to a new account");
    tokio::time::advance(Duration::from_secs(1)).await;
    node.sweep().await;
    assert_eq!(kept(&node), 2, "a is connected");
    drop(counted);
    node.sweep().await;
    assert_eq!(kept(&node), 0);
}

#[tokio::test(start_paused = true)]
async fn however_many_come_and_go_between_two_sweeps_few_are_kept() {
    let node = node(Limits::default());
    let mut most = 0;
    for at in 0..10_000_u32 {
        node.subscribes(&node.caller("", Some(at.to_be_bytes().into()))).expect("its first");
        tokio::time::advance(Duration::from_millis(1)).await;
        most = most.max(kept(&node));
    }
    assert!(most <= 3 * FEW, "{most}");
}

#[tokio::test(start_paused = true)]
async fn bytes_over_the_burst_are_waited_for() {
    let node = node(Limits { inbound_bytes_per_second: 1_000, inbound_burst: 500, ..Limits::default() });
    let (mut full, now) = (0, Instant::now());
    assert_eq!(node.received(&mut full, 500, now), None);
    assert_eq!(node.received(&mut full, 250, now), Some(now + Duration::from_millis(250)));
    let later = now + Duration::from_millis(250);
    assert_eq!(node.received(&mut full, 100, later), Some(later + Duration::from_millis(100)));
}
