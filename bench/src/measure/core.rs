//! What a delivery costs before there is a socket, beside `tokio::sync::broadcast`.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};

use super::pair::{Turns, in_turns};
use super::{Options, Report, Row, Sample, Table};
use crate::crowd::{Broadcast, Crowd, Raws, Readers};

pub(super) const BURST: u64 = 16;
/// Deliveries of one slice, or so many bursts where that is less, and one where it is more.
const SLICE: u64 = 1_600_000;
const BURSTS: u64 = 1_000;

pub(super) fn run(options: &Options) -> Result<Report, String> {
    let mut report = Report::new("core", options);
    report.notes.push(format!(
        "No sockets: {} readers of one channel, {} bytes an event, all in one thread. Whoever is woken is polled in its turn, 64 in a row, \
         and takes what there is. Nanoseconds of that thread's processor for each delivery, publishing included, and the ratio to \
         `tokio::sync::broadcast` in the same pair of slices: median (lowest..highest) of {}. Every reader got every event of both.",
        options.subscribers, options.bytes, options.slices
    ));
    report.notes.push("`in a row`: readers are woken in the order in which they lie in memory; `in any order`: they are not.".into());
    let runtime = runtime();
    for (any_order, title) in [(false, "in a row"), (true, "in any order")] {
        let mut own = start::<Raws>(&runtime, options, any_order)?;
        let mut broadcast = start::<Broadcast>(&runtime, options, any_order)?;
        let mut pairs = |count| {
            let (own, broadcast) =
                (|| slice(&runtime, &mut own, count, options.bytes), || slice(&runtime, &mut broadcast, count, options.bytes));
            in_turns(options.slices, own, broadcast)
        };
        let (burst, one) = (pairs(BURST)?, pairs(1)?);
        own.check()?;
        broadcast.check()?;
        report.tables.push(table(title, burst, one));
    }
    Ok(report)
}

/// One thread, and nothing that asks the kernel.
pub(super) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime without sockets needs nothing")
}

fn start<R: Readers>(runtime: &Runtime, options: &Options, any_order: bool) -> Result<Crowd<R>, String> {
    let _entered = runtime.enter();
    Crowd::new(options.subscribers, any_order)
}

/// The nanoseconds of a delivery, in bursts of so many.
pub(super) fn slice<R: Readers>(runtime: &Runtime, crowd: &mut Crowd<R>, count: u64, bytes: usize) -> Result<f64, String> {
    let round = count * crowd.len() as u64;
    let rounds = (SLICE / round).clamp(1, BURSTS);
    let begun = busy();
    runtime.block_on(async {
        for _ in 0..rounds {
            crowd.burst(count, bytes).await?;
        }
        Ok::<_, String>(())
    })?;
    Ok(each(busy() - begun, rounds * round))
}

/// What this thread had of a processor so far: what else runs there is not in it.
pub(super) fn busy() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).expect("it is below a second"))
}

/// Nanoseconds for each of so many.
pub(super) fn each(took: Duration, of: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a slice has some millions")]
    let each = took.as_secs_f64() * 1e9 / of as f64;
    each
}

fn table(title: &str, burst: Turns<f64>, one: Turns<f64>) -> Table {
    let columns = vec!["burst ns", "burst ratio", "one ns", "one ratio"];
    let each = |nanoseconds: &f64| *nanoseconds;
    let own = vec![burst.own(each), burst.ratio(each), one.own(each), one.ratio(each)];
    let limit = vec![Sample::of(burst.limit), None, Sample::of(one.limit), None];
    let rows = [("broadcast", limit), ("triwire", own)].map(|(name, cells)| Row { name: name.to_owned(), cells });
    let rows = rows.into();
    Table { title: title.to_owned(), columns, rows }
}
