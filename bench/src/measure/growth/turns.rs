//! How long a task waits for its turn while a hub does what it has to do for many.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::task::yield_now;
use triwire::__bench::{Counts, Raw};
use triwire::{Hub, Limits};

use super::super::core::{busy, runtime};
use super::super::{Options, Report, Row, Sample, Table};
use super::{filled, sizes, thousands};
use crate::event::{BenchEvent, Publish};

const READERS: [usize; 3] = [1_000, 10_000, 100_000];
const CHANNELS: [usize; 2] = [1_000, 1_000_000];
/// How long events are kept where their end is measured.
const KEEP: Duration = Duration::from_secs(2);
/// What takes seconds is measured less often: so many hubs.
const FEW: usize = 3;

/// What another task of the same thread saw.
#[derive(Default)]
struct Seen {
    /// Its turns.
    turns: Vec<f64>,
    /// The longest that the thread worked between two of them, in microseconds.
    longest: Vec<f64>,
    /// What the thread worked in all, in microseconds.
    whole: Vec<f64>,
}

pub(super) fn run(options: &Options, report: &mut Report) -> Result<(), String> {
    report.notes.push(format!(
        "Turns: another task of the same thread asks for its next turn at once, each time. How many it had, the longest that the thread \
         worked between two, and in all, in microseconds of its processor. A publish: until all of the readers that waited have taken it, \
         polled by the hub's own drivers. Made: the first event of each. Gone: from the last event until all is too old and dropped. Room: a quarter of so \
         many events more, with which the history is above `history_bytes`. The last three of {FEW} hubs."
    ));
    let runtime = runtime();
    let mut rows = Vec::new();
    for readers in sizes(READERS, options) {
        rows.push(row(format!("publish to {}", thousands(readers)), publish(&runtime, readers, options)?));
    }
    for channels in sizes(CHANNELS, options) {
        rows.push(row(format!("{} channels made", thousands(channels)), made(&runtime, channels, options)?));
    }
    for channels in sizes(CHANNELS, options) {
        rows.push(row(format!("{} channels gone", thousands(channels)), gone(&runtime, channels, options)?));
    }
    for channels in sizes(CHANNELS, options) {
        rows.push(row(format!("room among {} channels", thousands(channels)), room(&runtime, channels, options)?));
    }
    let columns = vec!["longest µs", "turns", "all µs"];
    report.tables.push(Table { title: "another task's turns".into(), columns, rows });
    Ok(())
}

fn row(name: String, seen: Seen) -> Row {
    Row { name, cells: [seen.longest, seen.turns, seen.whole].map(Sample::of).into() }
}

fn publish(runtime: &Runtime, readers: usize, options: &Options) -> Result<Seen, String> {
    let _entered = runtime.enter();
    let hub = Hub::<BenchEvent>::builder().limits(Limits { connections: readers, ..Limits::default() }).build();
    let counts = Arc::new(Counts::default());
    for _ in 0..readers {
        Raw::connect(&hub, "room:0").ok_or("the hub is full")?.drive(Arc::clone(&counts));
    }
    let mut seen = Seen::default();
    runtime.block_on(async {
        // Each is told its position first.
        let mut expected = readers as u64;
        reach(&counts, expected).await;
        for event in events(options.slices as u64 + 1, options.bytes) {
            expected += readers as u64;
            let beside = Beside::begin();
            hub.publish(event).await.map_err(|error| error.to_string())?;
            reach(&counts, expected).await;
            beside.end(&mut seen).await;
        }
        Ok::<_, String>(())
    })?;
    Ok(seen)
}

/// Waits until they have had so many.
async fn reach(counts: &Counts, items: u64) {
    while counts.items.load(Relaxed) < items {
        yield_now().await;
    }
}

fn made(runtime: &Runtime, channels: usize, options: &Options) -> Result<Seen, String> {
    let mut seen = Seen::default();
    for _ in 0..options.slices.min(FEW) {
        runtime.block_on(async {
            let beside = Beside::begin();
            let limits = Limits { history_bytes: usize::MAX, ..Limits::default() };
            let hub = filled(limits, channels, 1, options.bytes).await?;
            beside.end(&mut seen).await;
            drop(hub);
            Ok::<_, String>(())
        })?;
    }
    Ok(seen)
}

fn gone(runtime: &Runtime, channels: usize, options: &Options) -> Result<Seen, String> {
    let mut seen = Seen::default();
    for _ in 0..options.slices.min(FEW) {
        runtime.block_on(async {
            let limits = Limits { keep: KEEP, history_bytes: usize::MAX, ..Limits::default() };
            let hub = filled(limits, channels, 1, options.bytes).await?;
            let beside = Beside::begin();
            while hub.stats().channels > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            beside.end(&mut seen).await;
            Ok::<_, String>(())
        })?;
    }
    Ok(seen)
}

fn room(runtime: &Runtime, channels: usize, options: &Options) -> Result<Seen, String> {
    let mut seen = Seen::default();
    for _ in 0..options.slices.min(FEW) {
        runtime.block_on(async {
            // A little more than the channels have, and less than with a quarter of so many events more.
            let item = filled(Limits::default(), 1, 1, options.bytes).await?.stats().history_bytes;
            let limits = Limits { history: usize::MAX, history_bytes: channels * (item + 16), ..Limits::default() };
            let (most, more) = (limits.history_bytes, channels as u64 / 4);
            let hub = filled(limits, channels, 1, options.bytes).await?;
            let beside = Beside::begin();
            for event in events(more, options.bytes) {
                hub.publish(event).await.map_err(|error| error.to_string())?;
            }
            beside.end(&mut seen).await;
            let stats = hub.stats();
            let published = usize::try_from(stats.published).expect("it is small") * item;
            if published > most && stats.history_bytes <= most { Ok(()) } else { Err(format!("{published} of {most} bytes: {stats:?}")) }
        })?;
    }
    Ok(seen)
}

fn events(count: u64, bytes: usize) -> impl Iterator<Item = BenchEvent> {
    Publish { room: 0, rooms: 1, first: 1, count, bytes, at: 0 }.events()
}

/// The task beside.
struct Beside {
    over: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<(u64, Duration)>,
    begun: Duration,
}

impl Beside {
    fn begin() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn({
            let over = Arc::clone(&over);
            async move {
                let (mut turns, mut longest, mut before) = (0, Duration::ZERO, busy());
                while !over.load(Relaxed) {
                    yield_now().await;
                    let now = busy();
                    (turns, longest, before) = (turns + 1, longest.max(now - before), now);
                }
                (turns, longest)
            }
        });
        Self { over, task, begun: busy() }
    }

    async fn end(self, seen: &mut Seen) {
        let whole = busy() - self.begun;
        self.over.store(true, Relaxed);
        let (turns, longest) = self.task.await.expect("it counts");
        #[expect(clippy::cast_precision_loss, reason = "there are some millions")]
        seen.turns.push(turns as f64);
        seen.longest.push(longest.as_secs_f64() * 1e6);
        seen.whole.push(whole.as_secs_f64() * 1e6);
    }
}
