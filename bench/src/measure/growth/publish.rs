//! The cost of a publish, as the channels that nobody reads become many.

use std::time::Duration;

use tokio::runtime::Runtime;
use triwire::{Hub, Limits};

use super::super::core::{busy, each, runtime};
use super::super::{Options, Report, Row, Sample, Table};
use super::{filled, sizes, thousands};
use crate::crowd::shuffle;
use crate::event::{BenchEvent, Publish};

const CHANNELS: [usize; 4] = [10, 1_000, 100_000, 1_000_000];
/// Events of a slice.
const EVENTS: u64 = 20_000;

pub(super) fn run(options: &Options, report: &mut Report) -> Result<(), String> {
    report.notes.push(
        "Publishes: nanoseconds each, encoding included, in a hub with so many channels of one event each, which nobody reads: always on the \
         same channel; on all of them in any order. `made`: what each cost as the first event of its channel, once."
            .into(),
    );
    let (runtime, sizes) = (runtime(), sizes(CHANNELS, options));
    let mut hubs = Vec::new();
    for size in &sizes {
        let begun = busy();
        let hub = runtime.block_on(filled(limits(), *size, 1, options.bytes))?;
        hubs.push((hub, each(busy() - begun, *size as u64), Vec::new(), Vec::new(), rooms(*size)));
    }
    for at in 0..=options.slices {
        for (hub, _, same, any, rooms) in &mut hubs {
            let of = |room| events(room, options.bytes);
            let own = slice(&runtime, hub, (0..EVENTS).map(|_| of(0)).collect())?;
            let begin = at * usize::try_from(EVENTS).expect("it is small");
            let all = slice(&runtime, hub, rooms.iter().cycle().skip(begin % rooms.len()).take(20_000).map(|room| of(*room)).collect())?;
            if at > 0 {
                same.push(own);
                any.push(all);
            }
        }
    }
    let rows = sizes.iter().zip(hubs).map(|(size, (_, made, same, any, _))| {
        let cells = vec![Sample::of(same), Sample::of(any), Sample::of(vec![made])];
        Row { name: thousands(*size), cells }
    });
    let columns = vec!["same ns", "any ns", "made ns"];
    report.tables.push(Table { title: "channels without subscribers".into(), columns, rows: rows.collect() });
    Ok(())
}

/// Nothing is dropped for its age or for want of room: that has a table of its own.
fn limits() -> Limits {
    Limits { history: 1, keep: Duration::from_secs(3_600), history_bytes: usize::MAX, ..Limits::default() }
}

fn rooms(channels: usize) -> Vec<u32> {
    let mut rooms: Vec<u32> = (0..).take(channels).collect();
    shuffle(&mut rooms);
    rooms
}

fn events(room: u32, bytes: usize) -> BenchEvent {
    let publish = Publish { room, rooms: 1, first: 1, count: 1, bytes, at: 0 };
    publish.events().next().expect("it is one")
}

fn slice(runtime: &Runtime, hub: &Hub<BenchEvent>, events: Vec<BenchEvent>) -> Result<f64, String> {
    let (begun, count) = (busy(), events.len() as u64);
    runtime.block_on(async {
        for event in events {
            hub.publish(event).await.map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(())
    })?;
    Ok(each(busy() - begun, count))
}
