//! permessage-deflate, shared: what the server's processor does for each delivery, beside the same server whose clients did not offer it.

use super::contestant::{DEFLATED, PLAIN};
use super::pair::{Pair, Round, in_turns};
use super::{Options, Report, Row, Sample, Table};
use crate::load::Transport;

/// A slice of `one`: so many events, each published when all have the one before.
const EVENTS: u64 = 50;
/// A slice of `burst`: so many times so many events at once.
const BURSTS: u64 = 10;
const BURST: u64 = 16;

pub(super) fn run(options: &Options) -> Result<Report, String> {
    let mut report = Report::new("deflate", options);
    report.notes.push(format!(
        "One channel, {} subscribers, {} bytes of prose an event. Microseconds of the server's processor for each delivery, and the ratio \
         to the same server with clients that did not offer permessage-deflate: median (lowest..highest) of {} pairs of slices.",
        options.subscribers, options.bytes, options.slices
    ));
    let mut deflated = Pair::start(DEFLATED, Transport::Ws, options)?;
    let mut plain = Pair::start(PLAIN, Transport::Ws, options)?;
    let round = |count| Round { rooms: 1, count, bytes: options.bytes, deliveries: count * options.subscribers as u64 };
    let each = |micros: &f64| *micros;
    let one = in_turns(options.slices, || deflated.slice(EVENTS, round(1)), || plain.slice(EVENTS, round(1)))?;
    let burst = in_turns(options.slices, || deflated.slice(BURSTS, round(BURST)), || plain.slice(BURSTS, round(BURST)))?;
    deflated.end(&mut report);
    plain.end(&mut report);
    let columns = vec!["one µs", "one ratio", "burst µs", "burst ratio"];
    let mut table = Table { title: Transport::Ws.name().to_owned(), columns, ..Table::default() };
    let cells = vec![Sample::of(one.limit.clone()), None, Sample::of(burst.limit.clone()), None];
    table.rows.push(Row { name: "plain".into(), cells });
    let cells = vec![one.own(each), one.ratio(each), burst.own(each), burst.ratio(each)];
    table.rows.push(Row { name: "deflate".into(), cells });
    report.tables.push(table);
    Ok(report)
}
