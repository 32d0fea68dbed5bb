//! What a hub promises with any broker: with a fake that loses, duplicates, delays and rolls back, and with the one in memory.

#[path = "broker/fake.rs"]
mod fake;
#[path = "broker/reader.rs"]
mod reader;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use triwire::broker::Memory;
use triwire::{Hub, Limits, Realtime, Since};

use fake::Store;
use reader::{Reader, Seen, Truth};

/// What is published.
#[derive(Debug, Realtime, Serialize, Deserialize, schemars::JsonSchema)]
enum RoomEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String, number: u64 },
    #[realtime(channel = "room:{room}", latest, key = piece)]
    Moved { room: String, piece: u64, number: u64 },
}

const ROOMS: [&str; 3] = ["busy", "some", "quiet"];
const READERS: usize = 6;
const LAST: u64 = u64::MAX;
/// No run takes a tenth of this: what hangs longer missed a wake-up.
const PATIENCE: Duration = Duration::from_secs(30);

fn limits() -> Limits {
    Limits { history: HISTORY, batch_items: 7, remembered_offsets: 64, ..Limits::default() }
}

const HISTORY: usize = 24;

async fn hubs(store: &Arc<Store>, nodes: usize) -> Vec<Hub<RoomEvent>> {
    let mut hubs = Vec::new();
    for node in 0..nodes {
        hubs.push(Hub::builder().limits(limits()).open(store.node(node)).await.expect("the fake opens"));
    }
    hubs
}

/// Publishes on whichever node takes it: a word, or the new place of a piece.
async fn publish(hubs: &[Hub<RoomEvent>], truth: &Mutex<Truth>, room: &str, number: u64, piece: Option<u64>) {
    for hub in hubs.iter().cycle() {
        let room = room.to_owned();
        let event = match piece {
            Some(piece) => RoomEvent::Moved { room: room.clone(), piece, number },
            None => RoomEvent::Said { room: room.clone(), number },
        };
        // Recorded when it is answered, and judged when all is over.
        if let Ok(position) = hub.publish(event).await {
            truth.lock().expect("nobody panics").record(&room, position.expect("it has a place"), number, piece);
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn say(hubs: &[Hub<RoomEvent>], truth: &Mutex<Truth>, room: &str, number: u64) {
    publish(hubs, truth, room, number, None).await;
}

/// Readers hop, publishers publish, and `disturb` does what it can, so many times; then all is mended, and each has the end.
async fn hold(hubs: Vec<Hub<RoomEvent>>, rounds: u64, disturb: impl Fn(u64), mend: impl FnOnce()) -> Seen {
    let truth = Arc::new(Mutex::new(Truth::default()));
    let mut readers = JoinSet::new();
    let (over, ended) = tokio::sync::watch::channel(false);
    // The last events come when nobody hops any more, so that nobody has passed them in another room.
    let settled = Arc::new(tokio::sync::Barrier::new(READERS + 1));
    for seed in 0..READERS {
        let (hubs, ended, settled) = (hubs.clone(), ended.clone(), settled.clone());
        readers.spawn(async move {
            let (mut reader, mut turn) = (Reader::default(), seed);
            while !*ended.borrow() {
                turn += 1;
                let rooms = ROOMS.into_iter().enumerate().filter(|(at, _)| (turn >> at) % 2 == 0 || turn % 3 == *at).map(|(_, room)| room);
                let rooms: Vec<_> = rooms.collect();
                // Away now and then, long enough to be overtaken.
                tokio::time::sleep(Duration::from_millis(if turn % 4 == 0 { 30 } else { 0 })).await;
                if !rooms.is_empty() {
                    reader.read(&hubs[turn % hubs.len()], rooms, 1 + turn % 40, None).await;
                }
            }
            settled.wait().await;
            reader.read(&hubs[turn % hubs.len()], ROOMS.to_vec(), usize::MAX, Some(LAST)).await;
            reader
        });
    }
    for number in 0..rounds {
        let room = ROOMS[if number % 16 == 0 { 2 } else { usize::from(number % 4 == 0) }];
        let piece = (number % 7 < 2).then_some(number % 3);
        publish(&hubs, &truth, room, number, piece).await;
        disturb(number);
        if number % 8 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    mend();
    over.send_replace(true);
    settled.wait().await;
    for room in ROOMS {
        say(&hubs, &truth, room, LAST).await;
    }
    let readers = tokio::time::timeout(PATIENCE, readers.join_all()).await.expect("every reader comes to the end");
    let truth = truth.lock().expect("nobody panics");
    let mut seen = Seen::default();
    readers.iter().for_each(|reader| reader.judge(&truth, &mut seen));
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_memory_nothing_is_lost_unsaid() {
    let hub = Hub::builder().limits(limits()).open(Memory::new(8)).await.expect("it opens");
    let seen = hold(vec![hub], 3_000, |_| {}, || {}).await;
    assert!(seen.events > 1_000 && seen.gaps > 0 && seen.resets == 0 && seen.passed > 0, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_broker_that_loses_duplicates_and_delays_nothing_is_lost_unsaid() {
    let store = Store::new(HISTORY, 3);
    let hubs = hubs(&store, 3).await;
    let disturb = |number: u64| {
        if number % 100 == 50 || number % 100 == 90 {
            store.cut_or_mend(usize::try_from(number / 100 % 2).expect("it is small"));
        }
    };
    let seen = hold(hubs, 3_000, disturb, || store.mend()).await;
    assert!(seen.events > 1_000 && seen.gaps > 0 && seen.resets == 0 && seen.passed > 0, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_roll_back_every_reader_is_told_for_every_channel() {
    let store = Store::new(HISTORY, 2);
    let hubs = hubs(&store, 2).await;
    let truth = Mutex::new(Truth::default());
    let mut seen = Seen::default();
    for round in 0..20u64 {
        let mut readers = JoinSet::new();
        for reader in 0..4 {
            let hub = hubs[reader % 2].clone();
            readers.spawn(async move {
                let mut reader = Reader::default();
                // Its position is of this epoch, and it is connected, or comes back, over the roll back.
                reader.read(&hub, ROOMS.to_vec(), 1, None).await;
                (reader, hub)
            });
        }
        for number in 0..30 {
            say(&hubs, &truth, ROOMS[usize::try_from(number % 3).expect("it is small")], round * 100 + number).await;
        }
        let mut going = JoinSet::new();
        for (mut reader, hub) in tokio::time::timeout(PATIENCE, readers.join_all()).await.expect("every reader begins") {
            going.spawn(async move {
                reader.read(&hub, ROOMS.to_vec(), usize::MAX, Some(LAST - round)).await;
                reader.read(&hub, ROOMS.to_vec(), 1, None).await;
                reader
            });
        }
        tokio::time::sleep(Duration::from_millis(round % 3)).await;
        let (before, after, newest) = store.roll_back(round % 7);
        truth.lock().expect("nobody panics").roll_back(before, after, newest);
        for room in ROOMS {
            say(&hubs, &truth, room, round * 100 + 50).await;
            say(&hubs, &truth, room, LAST - round).await;
        }
        let readers = tokio::time::timeout(PATIENCE, going.join_all()).await.expect("every reader comes to the end");
        readers.iter().for_each(|reader| reader.judge(&truth.lock().expect("nobody panics"), &mut seen));
    }
    assert_eq!(seen.resets, 20 * 4 * 3, "one for each reader and channel: {seen:?}");
}

#[tokio::test]
async fn a_hub_made_anew_tells_a_position_of_the_old_one_for_every_channel() {
    let truth = Mutex::new(Truth::default());
    let hub: Hub<RoomEvent> = Hub::new();
    let mut reader = Reader::default();
    reader.read(&hub, ROOMS.to_vec(), 1, None).await;
    drop(hub);
    let hub = [Hub::new()];
    say(&hub, &truth, ROOMS[0], 1).await;
    reader.read(&hub[0], ROOMS.to_vec(), 6, None).await;
    assert!(reader.was_reset(), "{reader:?}");
    reader.judge(&truth.lock().expect("nobody panics"), &mut Seen::default());
}

#[tokio::test]
async fn a_forgotten_channel_keeps_the_offset_it_dropped() {
    let limits = Limits { keep: Duration::from_millis(1), remembered_channels: 2, ..Limits::default() };
    let hub = Hub::builder().limits(limits).build();
    let start = hub.position().await;
    for number in 0..4 {
        hub.publish(RoomEvent::Said { room: number.to_string(), number }).await.expect("it is taken");
    }
    // The sweeper drops what is old and forgets the channels; it comes when it comes.
    let forgotten = async {
        while hub.stats().channels > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, forgotten).await.expect("the channels are forgotten");
    for room in ["0", "3", "never"] {
        let mut items = hub.subscribe([RoomChannel::room(room.to_owned())], Since::At(start)).expect("there is room");
        items.next().await;
        let gap = tokio::time::timeout(PATIENCE, items.next()).await.expect("a gap is told");
        assert!(matches!(gap, Some(triwire::Item::Gap { .. })), "{room}: {gap:?}");
    }
}
