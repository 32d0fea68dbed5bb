use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::broker::{Mark, Record, Tail};
use crate::entry::Entry;
use crate::log::Retention;
use crate::position::Epoch;
use crate::presence::Bounds;

const RETENTION: Retention = Retention { history: 16, keep: Duration::from_secs(60), volatile: 2, remembered: 16 };

fn record(offset: u64) -> Record {
    Record {
        offset: Some(offset),
        at: Timestamp(0),
        event: Bytes::from_static(b"1"),
        cause: None,
        audience: None,
        latest: None,
        ends: false,
    }
}

fn tail(epoch: u64, offsets: &[u64]) -> Tail {
    Tail { epoch: Epoch(epoch), entries: offsets.iter().copied().map(record).collect(), dropped: 0, ended: 0 }
}

/// Two channels of one node, and its head.
struct Feed {
    head: Arc<Head>,
    channels: [Arc<Channel>; 2],
}

impl Feed {
    fn new(epoch: u64, one: &[u64], other: &[u64]) -> Self {
        let head = Arc::new(Head::new(|_| {}));
        let channels = ["a", "b"].map(|name| Arc::new(Channel::new(name.into(), RETENTION, Epoch(epoch), Timestamp(0))));
        let feed = Self { head, channels };
        feed.fill(epoch, one, other);
        feed
    }

    fn fill(&self, epoch: u64, one: &[u64], other: &[u64]) {
        self.head.reset(Epoch(epoch));
        for (channel, offsets) in self.channels.iter().zip([one, other]) {
            channel.reset(Epoch(epoch));
            channel.attach(channel.losses(), &tail(epoch, offsets), Timestamp(0)).expect("it is of this epoch");
        }
        self.head.mark(Mark { ticket: u64::MAX, offset: one.iter().chain(other).copied().max().unwrap_or(0) });
    }

    fn connect(&self, most: Most) -> Connection {
        let since = Since::At(Position { epoch: self.head.epoch(), offset: 0 });
        Connection::new(self.head.clone(), Arc::default(), vec![self.channels[0].clone()], since, most)
    }
}

/// What goes out next.
fn read(connection: &mut Connection) -> Option<Vec<Output>> {
    let mut batch = Batch::default();
    connection.read(&mut batch).then_some(batch.outputs)
}

/// All that it has to say now, batch by batch.
fn batches(connection: &mut Connection) -> Vec<Vec<String>> {
    std::iter::from_fn(|| read(connection))
        .map(|batch| {
            let texts = |output: &Output| match output {
                Output::Joined(..) => vec!["joined".to_owned()],
                _ => output.items().map(|item| String::from_utf8_lossy(&item).into_owned()).collect(),
            };
            batch.iter().flat_map(texts).collect()
        })
        .collect()
}

#[test]
fn a_channel_that_was_joining_at_a_new_epoch_is_told_and_begins_anew() {
    let feed = Feed::new(7, &[9], &[1, 2, 3]);
    let mut connection = feed.connect(Most { items: 1, bytes: 1_000 });
    batches(&mut connection);
    connection.join(feed.channels[1].clone(), Since::At(Position { epoch: Epoch(7), offset: 0 }), 1, false);
    assert!(read(&mut connection).is_some(), "it replays");
    feed.fill(8, &[], &[1, 2]);
    let told = batches(&mut connection).concat();
    let of_b: Vec<&String> = told.iter().filter(|item| item.contains(r#""channel":"b""#)).collect();
    assert_eq!(
        of_b,
        [
            r#"{"channel":"b","gap":{"reason":"reset","missed":null,"until":"8-0"}}"#,
            r#"{"channel":"b","id":"8-1","event":1}"#,
            r#"{"channel":"b","id":"8-2","event":1}"#
        ]
    );
}

#[test]
fn a_tail_of_an_epoch_that_was_not_told_yet_is_not_taken() {
    let feed = Feed::new(7, &[], &[]);
    feed.channels[0].lose();
    let losses = feed.channels[0].losses();
    assert!(feed.channels[0].attach(losses, &tail(8, &[1]), Timestamp(0)).is_err());
    let mut connection = feed.connect(Most { items: 8, bytes: 1_000 });
    assert_eq!(batches(&mut connection).concat(), [r#"{"position":"7-0"}"#], "it waits");
}

#[test]
fn a_batch_has_no_more_items_and_bytes_than_its_limits() {
    let feed = Feed::new(7, &[1, 2, 3, 4, 5], &[6, 7, 8]);
    let mut few = feed.connect(Most { items: 2, bytes: 1_000 });
    assert_eq!(batches(&mut few).iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 2, 1]);
    let size = record_size();
    let mut small = feed.connect(Most { items: 64, bytes: size * 2 });
    assert_eq!(batches(&mut small).iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 2, 1]);
    let mut tiny = feed.connect(Most { items: 64, bytes: 1 });
    assert_eq!(batches(&mut tiny).iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1, 1, 1, 1]);
    // A replay too.
    small.join(feed.channels[1].clone(), Since::At(Position { epoch: Epoch(7), offset: 0 }), 1, false);
    assert_eq!(batches(&mut small).iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn what_a_channel_has_above_its_cut_is_passed_by_no_other() {
    let large = |offset| Record { event: Bytes::from(format!("\"{}\"", "x".repeat(400))), ..record(offset) };
    let feed = Feed::new(7, &[], &[]);
    for (channel, offsets) in feed.channels.iter().zip([&[1, 2, 3][..], &[9]]) {
        for offset in offsets {
            channel.deliver(&if *offset == 3 { large(*offset) } else { record(*offset) }, &feed.head, Timestamp(0));
        }
    }
    // The first two and the other channel's only one would fit, but not the third, which is below it.
    let small = Most { items: 64, bytes: 200 };
    let since = Since::At(Position { epoch: Epoch(7), offset: 0 });
    let mut connection = Connection::new(feed.head.clone(), Arc::default(), feed.channels.to_vec(), since, small);
    let events: Vec<String> = batches(&mut connection).concat().into_iter().filter(|item| item.contains("event")).collect();
    let id = |item: &String| item.split("7-").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
    assert_eq!(events.iter().filter_map(id).collect::<Vec<_>>(), ["1", "2", "3", "9"]);
}

#[test]
fn what_was_superseded_while_a_node_was_away_is_no_loss_there_either() {
    let keyed = |offset| Record { latest: Some("k".into()), ..record(offset) };
    let feed = Feed::new(7, &[3, 4], &[]);
    let channel = &feed.channels[0];
    let mut connection = feed.connect(Most { items: 64, bytes: 1_000 });
    assert_eq!(batches(&mut connection).concat().len(), 3);
    for record in [keyed(5), record(6)] {
        channel.deliver(&record, &feed.head, Timestamp(0));
    }
    // Meanwhile 9 took the place of 5, and 6 was dropped.
    channel.lose();
    let tail = Tail { epoch: Epoch(7), entries: vec![keyed(9)], dropped: 6, ended: 0 };
    channel.attach(channel.losses(), &tail, Timestamp(0)).expect("it is of this epoch");
    feed.head.mark(Mark { ticket: u64::MAX, offset: 9 });
    let told = batches(&mut connection).concat();
    assert_eq!(told, [r#"{"channel":"a","gap":{"reason":"lagged","missed":1,"until":"7-6"}}"#, r#"{"channel":"a","id":"7-9","event":1}"#]);
}

fn record_size() -> usize {
    Entry::new("a", Epoch(7), &record(1), false).item().len()
}

/// What a client knows of who is in, by the items it was given.
fn hear(known: &mut Option<BTreeSet<String>>, items: &[String]) {
    for item in items {
        let item: serde_json::Value = serde_json::from_str(item).expect("JSON");
        let presence = &item["presence"];
        let name = |field: &str| presence[field].as_str().map(str::to_owned);
        if let Some(here) = presence["here"].as_array() {
            *known = Some(here.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect());
        } else if let (Some(names), Some(joined)) = (&mut *known, name("joined")) {
            names.insert(joined);
        } else if let (Some(names), Some(left)) = (&mut *known, name("left")) {
            names.remove(&left);
        }
    }
}

/// Readers that are overtaken, cut by their limits, and thrown into another epoch: whenever one has read all, it knows who is in.
#[test]
fn a_list_and_what_follows_are_who_is_in_whatever_a_reader_lost() {
    let feed = attended();
    let since = Since::At(Position { epoch: Epoch(7), offset: 0 });
    let mut readers: Vec<_> = [1, 3, 64]
        .into_iter()
        .map(|items| {
            let most = Most { items, bytes: 1_000_000 };
            let mut connection = Connection::new(feed.head.clone(), Arc::default(), feed.channels.to_vec(), since, most);
            connection.want_lists();
            (connection, None)
        })
        .collect();
    let (channel, mut truth, mut dice, mut offset, mut checks) = (&feed.channels[0], BTreeSet::new(), 0x9e37_79b9_u64, 0, 0);
    for step in 0..4_000 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (what, who) = ((dice >> 33) % 10, format!("user{}", (dice >> 40) % 8));
        let key: Arc<str> = who.as_str().into();
        let now = std::time::Instant::now();
        match what {
            0..=2 => {
                channel.attend(&feed.head, Timestamp(0), |present| present.enter(&key, 1, now));
                truth.insert(who);
            }
            3 | 4 => {
                channel.attend(&feed.head, Timestamp(0), |present| present.put_out(&key, &[1], now));
                truth.remove(&who);
            }
            5 | 6 => {
                offset += 1;
                feed.channels[usize::from(what == 6)].deliver(&record(offset), &feed.head, Timestamp(0));
            }
            7 if step % 40 == 0 => {
                offset = 0;
                feed.fill(8 + step, &[], &[]);
            }
            _ => {
                let (connection, known) = &mut readers[usize::try_from((dice >> 50) % 3).expect("few")];
                let is_done = what == 9;
                loop {
                    let mut batch = Batch::default();
                    let is_more = connection.read(&mut batch);
                    let items: Vec<String> =
                        batch.outputs.iter().flat_map(Output::items).map(|item| String::from_utf8_lossy(&item).into_owned()).collect();
                    let items: Vec<String> = items.into_iter().filter(|item| item.contains(r#""channel":"a""#)).collect();
                    hear(known, &items);
                    if !(is_more && is_done) {
                        break;
                    }
                }
                if is_done {
                    assert_eq!(known.as_ref(), Some(&truth), "at step {step}");
                    checks += 1;
                }
            }
        }
    }
    assert!(checks > 100);
}

fn attended() -> Feed {
    let bounds = Bounds { debounce: Duration::ZERO, listed: 100 };
    let attended = |name: &str| Arc::new(Channel::new(name.into(), RETENTION, Epoch(7), Timestamp(0)).attended(Some(bounds)));
    let feed = Feed { head: Arc::new(Head::new(|_| {})), channels: ["a", "b"].map(attended) };
    feed.fill(7, &[], &[]);
    feed
}

fn enter(feed: &Feed, key: &str) {
    feed.channels[0].attend(&feed.head, Timestamp(0), |present| present.enter(key, 1, std::time::Instant::now()));
}

fn list(names: &[&str]) -> String {
    format!(r#"{{"channel":"a","presence":{{"here":{},"count":{}}}}}"#, serde_json::Value::from(names), names.len())
}

#[test]
fn the_list_stands_behind_all_that_is_in_it() {
    let feed = attended();
    let mut connection = feed.connect(Most { items: 1, bytes: 1_000_000 });
    batches(&mut connection);
    connection.want_lists();
    for (offset, key) in [(1, "ann"), (2, "bob")] {
        feed.channels[0].deliver(&record(offset), &feed.head, Timestamp(0));
        enter(&feed, key);
    }
    let items = batches(&mut connection).concat();
    let told: Vec<_> = items.iter().filter(|item| item.contains("presence")).collect();
    assert!(told.len() == 3 && told[0].contains("ann") && told[1].contains("bob"), "{items:?}");
    assert_eq!(told[2], &list(&["ann", "bob"]));
    // What it had not read is gone: it is told so once.
    enter(&feed, "cleo");
    feed.channels[0].expire(Timestamp(u64::MAX));
    assert_eq!(batches(&mut connection).concat(), [list(&["ann", "bob", "cleo"])]);
    feed.channels[0].deliver(&record(3), &feed.head, Timestamp(0));
    assert!(batches(&mut connection).concat().iter().all(|item| !item.contains("presence")));
}

/// Its place is the state's then, and what was told of who is in before that is not read.
#[test]
fn a_state_after_a_gap_is_followed_by_the_list() {
    let feed = attended();
    let channel = &feed.channels[0];
    let mut connection = feed.connect(Most { items: 64, bytes: 1_000_000 });
    connection.want_states(Since::At(Position { epoch: Epoch(7), offset: 0 }));
    connection.want_lists();
    assert_eq!(batches(&mut connection).concat().last(), Some(&list(&[])));
    for offset in 1..40 {
        channel.deliver(&record(offset), &feed.head, Timestamp(0));
    }
    assert!(batches(&mut connection).concat()[0].contains("lagged"));
    enter(&feed, "ann");
    let newest = Position { epoch: Epoch(7), offset: 39 };
    assert_eq!(connection.give_state("a", newest, newest, &mut Batch::default()), Fit::Good(newest));
    assert_eq!(batches(&mut connection).concat().last(), Some(&list(&["ann"])));
}
