//! What a delivery costs before there is a socket, beside `tokio::sync::broadcast`.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};

use super::pair::{Slices, in_turns};
use super::{Cell, Options, Report, Row, Sample, Table};
use crate::crowd::{Broadcast, Crowd, Raws, Readers};

pub(super) const BURST: u64 = 16;
/// Deliveries of one slice, or so many bursts where that is less, and one where it is more.
const SLICE: u64 = 1_600_000;
const BURSTS: u64 = 1_000;
/// Nanoseconds a delivery, in bursts.
const MOST: f64 = 25.0;
/// Of what it costs by `broadcast`.
const SHARE: f64 = 0.5;

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
            let (own, broadcast) = (|| slice(&runtime, &mut own, count, options), || slice(&runtime, &mut broadcast, count, options));
            in_turns(options.slices, own, broadcast)
        };
        let (burst, one) = (pairs(BURST)?, pairs(1)?);
        own.check()?;
        broadcast.check()?;
        report.goals.extend(goals(title, &burst));
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
fn slice<R: Readers>(runtime: &Runtime, crowd: &mut Crowd<R>, count: u64, options: &Options) -> Result<f64, String> {
    let round = count * options.subscribers as u64;
    let rounds = (SLICE / round).clamp(1, BURSTS);
    let begun = busy();
    runtime.block_on(async {
        for _ in 0..rounds {
            crowd.burst(count, options.bytes).await?;
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

fn table(title: &str, burst: Slices, one: Slices) -> Table {
    let columns = vec!["burst ns", "burst ratio", "one ns", "one ratio"];
    let ratios = (burst.ratio(), one.ratio());
    let row = |name: &str, burst: Vec<f64>, one: Vec<f64>, ratios: (Cell, Cell)| {
        let cells = vec![Sample::of(burst).into(), ratios.0, Sample::of(one).into(), ratios.1];
        Row { name: name.to_owned(), cells }
    };
    let rows = vec![
        row("broadcast", burst.limit, one.limit, (Cell::Nothing, Cell::Nothing)),
        row("triwire", burst.own, one.own, (ratios.0.into(), ratios.1.into())),
    ];
    Table { title: title.to_owned(), columns, rows }
}

fn goals(title: &str, burst: &Slices) -> Option<String> {
    let (own, ratio) = (Sample::of(burst.own.clone())?.median, burst.ratio()?.median);
    let reached = |reached: bool| if reached { "reached" } else { "missed" };
    Some(format!(
        "{title}, bursts: at most {MOST} ns a delivery: {} ({own:.1}); at most {SHARE} of `broadcast`: {} ({ratio:.2})",
        reached(own <= MOST),
        reached(ratio <= SHARE)
    ))
}
