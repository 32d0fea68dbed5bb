//! What a channel holds while nothing happens in it, and that it is gone when nobody needs it.

use std::time::{Duration, Instant};

use triwire::__bench::Raw;
use triwire::{Hub, Limits};

use super::super::core::runtime;
use super::super::memory::Memory;
use super::super::{Options, Report, Row, Sample, Table};
use super::{filled, thousands};
use crate::event::BenchEvent;

/// Channels, or fewer where their events would be more than so many.
const CHANNELS: usize = 100_000;
const EVENTS: usize = 1_000_000;
/// Events a channel keeps here.
const HISTORY: usize = 256;
/// How long they are kept where they are to be gone.
const KEEP: Duration = Duration::from_secs(1);
/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn run(options: &Options, report: &mut Report) -> Result<(), String> {
    report.notes.push(
        "Idle channels: bytes that the process grew by for each (RSS). A channel of more events than its history keeps remembers the \
         offsets of those that it dropped, up to a limit. `left`: what `hub.stats()` counts when readers and history are gone."
            .into(),
    );
    let runtime = runtime();
    let _entered = runtime.enter();
    let most = CHANNELS.min(options.subscribers);
    let mut table = Table { title: "an idle channel with".into(), columns: vec!["bytes", "channels", "left"], ..Table::default() };
    // All are kept to the end: what one gives back would be taken by the next, and not be counted.
    let mut hubs = Vec::new();
    for events in [1, 16, HISTORY, HISTORY + 1_024] {
        let channels = (EVENTS / events).min(most);
        let limits = Limits { history: HISTORY, keep: Duration::from_secs(3_600), history_bytes: usize::MAX, ..Limits::default() };
        let before = resident()?;
        hubs.push(runtime.block_on(filled(limits, channels, events as u64, options.bytes))?);
        let name = format!("{} events", thousands(events));
        table.rows.push(row(name, channels, resident()? - before, None));
    }
    let before = resident()?;
    let (hub, readers) = read(most)?;
    let grown = resident()? - before;
    drop(readers);
    table.rows.push(row("one reader, no event".into(), most, grown, left(&hub)));
    let limits = Limits { keep: KEEP, history_bytes: usize::MAX, ..Limits::default() };
    let hub = runtime.block_on(filled(limits, most, 1, options.bytes))?;
    let gone = runtime.block_on(gone(&hub));
    let name = format!("1 event, kept for {} s", KEEP.as_secs());
    table.rows.push(Row { name, cells: vec![None, count(most), left(&hub)] });
    report.tables.push(table);
    if gone { Ok(()) } else { Err("channels without readers and history are still there".into()) }
}

fn row(name: String, channels: usize, grown: f64, left: Option<Sample>) -> Row {
    #[expect(clippy::cast_precision_loss, reason = "there are some thousand channels")]
    let each = grown / channels as f64;
    Row { name, cells: vec![Sample::of(vec![each]), count(channels), left] }
}

fn resident() -> Result<f64, String> {
    Memory::of(&[std::process::id()]).map(|memory| memory.rss)
}

/// So many channels, each with a reader.
fn read(channels: usize) -> Result<(Hub<BenchEvent>, Vec<Raw>), String> {
    let hub = Hub::builder().limits(Limits { connections: channels, ..Limits::default() }).build();
    let connect = |room| Raw::connect(&hub, &format!("room:{room}")).ok_or("the hub is full");
    let readers = (0..channels).map(connect).collect::<Result<_, _>>()?;
    Ok((hub, readers))
}

/// Whether all channels are gone, in time.
async fn gone(hub: &Hub<BenchEvent>) -> bool {
    let begun = Instant::now();
    while hub.stats().channels > 0 && begun.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    hub.stats().channels == 0
}

fn left(hub: &Hub<BenchEvent>) -> Option<Sample> {
    count(hub.stats().channels)
}

fn count(number: usize) -> Option<Sample> {
    #[expect(clippy::cast_precision_loss, reason = "there are some thousand channels")]
    Sample::of(vec![number as f64])
}
