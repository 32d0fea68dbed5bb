//! From publish to receive, at half the rate that a server can do.

use std::time::{Duration, Instant};

use super::contestant::LIMIT;
use super::pair::{Pair, Round, in_turns};
use super::{Options, Report, Row, Sample, Table, percentile};
use crate::load::PATIENCE;

/// How long events are published at the rate, in each slice.
const SLICE: Duration = Duration::from_millis(500);
/// Events that say how many a second the server can do.
const PROBE: u64 = 30;

pub(super) fn run(options: &Options) -> Result<Report, String> {
    let mut report = Report::new("latency", options);
    report.notes.push(format!(
        "One channel, {} subscribers, {} bytes an event, at half the rate at which the server's processor would have no rest (`events/s`). \
         Microseconds from publish to receive, over all deliveries of a slice, and the ratio to the limit at the same rate: median \
         (lowest..highest) of {}. The last of {} sends is late by what those before it cost.",
        options.subscribers, options.bytes, options.slices, options.subscribers
    ));
    for transport in options.transports.iter().copied() {
        let columns = vec!["events/s", "p50 µs", "p99 µs", "p99.9 µs", "p99 ratio"];
        let mut table = Table { title: transport.name().to_owned(), columns, ..Table::default() };
        let mut limit = Pair::start(LIMIT, transport, options)?;
        for contestant in Report::contestants(transport, &[], options) {
            let Some(mut pair) = report.started(contestant, Pair::start(contestant, transport, options)) else { continue };
            let rate = half_rate(&mut pair, options)?;
            let turns = in_turns(options.slices, || slice(&mut pair, rate, options), || slice(&mut limit, rate, options))?;
            pair.end(&mut report);
            let (p50, p99, p999) = (turns.own(|tail| tail.p50), turns.own(|tail| tail.p99), turns.own(|tail| tail.p999));
            let cells = vec![Sample::of(vec![rate]), p50, p99, p999, turns.ratio(|tail| tail.p99)];
            table.rows.push(Row { name: contestant.name.to_owned(), cells });
        }
        report.tables.push(table);
    }
    Ok(report)
}

fn round(options: &Options) -> Round {
    Round { rooms: 1, count: 1, bytes: options.bytes, deliveries: options.subscribers as u64 }
}

/// Events a second at which the server works half of the time.
#[expect(clippy::cast_precision_loss, reason = "there are some thousand clients")]
fn half_rate(pair: &mut Pair, options: &Options) -> Result<f64, String> {
    pair.slice(PROBE, round(options))?;
    let micros = pair.slice(PROBE, round(options))? * options.subscribers as f64;
    Ok(1e6 / micros / 2.0)
}

/// Of one slice, in microseconds.
struct Tail {
    p50: f64,
    p99: f64,
    p999: f64,
}

fn slice(pair: &mut Pair, rate: f64, options: &Options) -> Result<Tail, String> {
    pair.load.tally.latencies = Some(Vec::new());
    let period = Duration::from_secs_f64(1.0 / rate);
    let begun = Instant::now();
    let mut due = begun;
    while due < begun + SLICE {
        // The clients sleep until something comes: what it takes to wake them is a part of it.
        while let Some(left) = due.checked_duration_since(Instant::now()) {
            pair.load.turn(left).map_err(|error| error.to_string())?;
        }
        pair.publish(round(options))?;
        due += period;
    }
    while pair.missing() > 0 && due.elapsed() < PATIENCE {
        pair.load.turn(Duration::from_millis(10)).map_err(|error| error.to_string())?;
    }
    pair.give_up();
    let mut latencies = pair.load.tally.latencies.take().unwrap_or_default();
    latencies.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a latency is some milliseconds")]
    let at = |share| percentile(&latencies, share).map_or(f64::NAN, |nanoseconds| nanoseconds as f64 / 1e3);
    Ok(Tail { p50: at(0.5), p99: at(0.99), p999: at(0.999) })
}
