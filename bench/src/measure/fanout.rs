//! One channel, many subscribers: what the server's processor does for each delivery.

use super::contestant::{BARE, COALESCED, LIMIT};
use super::pair::{Pair, Round, Turns, in_turns};
use super::{Options, Report, Row, Sample, Table};
use crate::load::Transport;

/// A slice of `one`: so many events, each published when all have the one before. Long enough that the kernel's clock counts it well.
const EVENTS: u64 = 50;
/// A slice of `burst`: so many times so many events at once.
const BURSTS: u64 = 5;
const BURST: u64 = 16;

pub(super) fn run(options: &Options) -> Result<Report, String> {
    let mut report = Report::new("fanout", options);
    report.notes.push(format!(
        "One channel, {} subscribers, {} bytes an event, server on {} of the cores. Microseconds of the server's processor for each \
         delivery, and the ratio to the limit in the same pair of slices: median (lowest..highest) of {}.",
        options.subscribers, options.bytes, options.cores, options.slices
    ));
    report.notes.push(format!(
        "`one`: an event is published when all have the one before, as by the limit itself, for TCP would join what is sent to who has \
         acknowledged nothing. `burst`: {BURST} at once, beside a limit that joins them into one send."
    ));
    for transport in options.transports.iter().copied() {
        let table = table(transport, options, &mut report)?;
        report.tables.push(table);
    }
    Ok(report)
}

fn table(transport: Transport, options: &Options, report: &mut Report) -> Result<Table, String> {
    let mut limit = Pair::start(LIMIT, transport, options)?;
    let mut coalesced = Pair::start(COALESCED, transport, options)?;
    let columns = vec!["one µs", "one ratio", "burst µs", "burst ratio"];
    let mut table = Table { title: transport.name().to_owned(), columns, ..Table::default() };
    let round = |count| Round { rooms: 1, count, bytes: options.bytes, deliveries: count * options.subscribers as u64 };
    let each = |micros: &f64| *micros;
    let (mut limits, mut coalesceds) = (Vec::new(), Vec::new());
    limit.slice(EVENTS, round(1))?;
    coalesced.slice(BURSTS, round(BURST))?;
    for contestant in Report::contestants(transport, &[BARE], options) {
        let Some(mut pair) = report.started(contestant, Pair::start(contestant, transport, options)) else { continue };
        let one = in_turns(options.slices, || pair.slice(EVENTS, round(1)), || limit.slice(EVENTS, round(1)))?;
        let burst = if contestant.name == BARE.name {
            Turns::default()
        } else {
            in_turns(options.slices, || pair.slice(BURSTS, round(BURST)), || coalesced.slice(BURSTS, round(BURST)))?
        };
        pair.end(report);
        let cells = vec![one.own(each), one.ratio(each), burst.own(each), burst.ratio(each)];
        limits.extend(one.limit);
        coalesceds.extend(burst.limit);
        table.rows.push(Row { name: contestant.name.to_owned(), cells });
    }
    let cells = vec![Sample::of(limits), None, Sample::of(coalesceds), None];
    table.rows.insert(0, Row { name: LIMIT.name.into(), cells });
    Ok(table)
}
