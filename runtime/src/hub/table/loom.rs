//! A channel that is made while the epoch changes, under every interleaving that loom finds.

use std::time::Duration;

use ::loom::thread;

use super::*;
use crate::broker::{Record, Tail, Timestamp};
use crate::head::Head;
use crate::log::Retention;
use crate::position::Epoch;

const RETENTION: Retention = Retention { history: 8, keep: Duration::from_secs(60), volatile: 2, remembered: 8 };
const NEW: Epoch = Epoch(8);

/// Hands it a tail of the new epoch: by how much it grew, unless it is of the old one.
fn attach(channel: &Channel, entries: Vec<Record>) -> Option<isize> {
    let tail = Tail { epoch: NEW, entries, dropped: 0, ended: 0 };
    channel.attach(channel.losses(), &tail, Timestamp(0)).ok()
}

#[test]
fn it_is_of_the_new_epoch_and_keeps_what_that_gave_it() {
    ::loom::model(|| {
        let head = Arc::new(Head::new(|_| {}));
        let table = Arc::new(Table::new());
        head.reset(Epoch(7));
        let maker = {
            let (head, table) = (head.clone(), table.clone());
            thread::spawn(move || {
                let name: Arc<str> = "a".into();
                let channel = table.get_or_make(&name, || Channel::new(name.clone(), RETENTION, head.epoch(), Timestamp(0)));
                let record = Record { offset: Some(1), ..plain() };
                attach(&channel, vec![record]).is_some_and(|grown| grown > 0)
            })
        };
        // What the hub does with a new epoch.
        head.reset(NEW);
        for channel in table.shards().flatten() {
            channel.reset(NEW);
        }
        let given = maker.join().expect("it makes");
        let channel = table.get("a").expect("it is made");
        assert!(attach(&channel, Vec::new()).is_some(), "it was left behind in the old epoch");
        assert_eq!(channel.oldest().is_some(), given, "what came in the new epoch is gone");
    });
}

fn plain() -> Record {
    let event = bytes::Bytes::from_static(b"1");
    Record { offset: None, at: Timestamp(0), event, cause: None, audience: None, latest: None, ends: false }
}
