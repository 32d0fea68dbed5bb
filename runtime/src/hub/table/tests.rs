use std::time::Duration;

use super::*;
use crate::broker::Timestamp;
use crate::log::Retention;
use crate::position::Epoch;

fn channel(name: &Arc<str>) -> Channel {
    let retention = Retention { history: 8, keep: Duration::from_secs(60), volatile: 2, remembered: 8 };
    Channel::new(name.clone(), retention, Epoch(7), Timestamp(0))
}

fn name(number: usize) -> Arc<str> {
    format!("room:{number}").into()
}

#[test]
fn no_step_is_more_than_a_shard_and_a_shard_has_its_share() {
    const CHANNELS: usize = 100_000;
    let table = Table::new();
    for name in (0..CHANNELS).map(name) {
        table.get_or_make(&name, || channel(&name));
    }
    let shards: Vec<usize> = table.shards().map(|shard| shard.len()).collect();
    assert_eq!((shards.len(), shards.iter().sum(), table.len()), (SHARDS, CHANNELS, CHANNELS));
    // Six standard deviations are 120.
    let share = CHANNELS / SHARDS;
    assert!(shards.iter().all(|channels| channels.abs_diff(share) < 120), "{shards:?}");
    assert!((0..CHANNELS).map(name).all(|name| table.get(&name).is_some_and(|channel| *channel.name() == name)));
}

#[test]
fn a_channel_is_made_once_and_forgotten_when_nobody_else_holds_it() {
    let (table, name) = (Table::new(), name(1));
    let held = table.get_or_make(&name, || channel(&name));
    assert!(Arc::ptr_eq(&held, &table.get_or_make(&name, || panic!("it is there"))));
    table.forget(&name, |_| panic!("it is held"));
    drop(held);
    table.forget(&name, |_| false);
    assert!(table.get(&name).is_some() && table.len() == 1);
    table.forget(&name, |_| true);
    table.forget(&name, |_| panic!("it is gone"));
    assert!(table.get(&name).is_none() && table.len() == 0);
}
