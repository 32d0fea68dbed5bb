//! One channel, many subscribers: what the server's processor does for each delivery.

use std::time::Duration;

use super::{Contestant, Options, Report, Row, Sample, Server, Table};
use crate::load::{Load, Transport};

/// Events of a slice that are published one by one: long enough that the kernel's clock counts it well.
const EVENTS: u64 = 50;
/// Events that are published at once in `burst`, and how often in a slice.
const BURST: u64 = 16;
const BURSTS: u64 = 10;

/// How the events of a slice are published.
#[derive(Debug, Clone, Copy)]
enum Pattern {
    /// One, and when all have it the next: else TCP, whose window is ten packets while nothing is acknowledged, would join what it was
    /// given one by one, and a send would be no packet.
    One,
    /// Sixteen at once, and when all have them the next.
    Burst,
}

/// A server with its clients.
struct Pair {
    server: Server,
    load: Load,
    subscribers: u64,
    bytes: usize,
    /// Deliveries that never came.
    lost: u64,
    /// Deliveries that were expected by now, or given up.
    expected: u64,
}

impl Pair {
    fn start(contestant: Contestant, transport: Transport, options: &Options) -> Result<Self, String> {
        let server = Server::start(contestant, options.cores)?;
        let load = server.clients(transport, &[0], options.subscribers)?;
        Ok(Self { server, load, subscribers: options.subscribers as u64, bytes: options.bytes, lost: 0, expected: 0 })
    }

    /// Publishes the events of a slice; returns the microseconds of the server's processor for each delivery.
    fn slice(&mut self, pattern: Pattern) -> Result<f64, String> {
        let (times, count) = match pattern {
            Pattern::One => (EVENTS, 1),
            Pattern::Burst => (BURSTS, BURST),
        };
        self.load.turn(Duration::ZERO).map_err(|error| error.to_string())?;
        let (before, delivered) = (self.server.cpu()?, self.load.tally.delivered);
        for _ in 0..times {
            self.server.publish(0, count, self.bytes)?;
            self.expected += count * self.subscribers;
            if !self.load.wait_for(self.expected).map_err(|error| error.to_string())? {
                self.lost += self.expected - self.load.tally.delivered;
                self.expected = self.load.tally.delivered;
            }
        }
        let (used, deliveries) = (self.server.cpu()? - before, self.load.tally.delivered - delivered);
        #[expect(clippy::cast_precision_loss, reason = "a slice has some hundred thousand deliveries")]
        let each = used.as_secs_f64() * 1e6 / deliveries as f64;
        Ok(each)
    }

    /// What the clients say against the server, if anything.
    fn complaint(&self) -> Option<String> {
        let tally = &self.load.tally;
        let faults =
            [(self.lost, "lost"), (tally.inverted, "out of order"), (tally.malformed, "malformed"), (tally.ended, "clients ended")];
        let faults: Vec<String> = faults.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        (!faults.is_empty()).then(|| faults.join(", "))
    }
}

/// Pairs of slices, each as the contestant's and the limit's.
struct Slices {
    own: Vec<f64>,
    ratios: Vec<f64>,
}

/// Contestant and limit in turns, and first each in turn.
fn paired(contestant: &mut Pair, limit: &mut Pair, pattern: Pattern, slices: usize) -> Result<Slices, String> {
    let mut out = Slices { own: Vec::new(), ratios: Vec::new() };
    // What is slow only once: memory that grows, code that comes from the disk.
    contestant.slice(pattern)?;
    for at in 0..slices {
        let (own, least) = if at % 2 == 0 {
            let least = limit.slice(pattern)?;
            (contestant.slice(pattern)?, least)
        } else {
            let own = contestant.slice(pattern)?;
            (own, limit.slice(pattern)?)
        };
        out.own.push(own);
        out.ratios.push(own / least);
    }
    Ok(out)
}

pub(super) fn run(options: &Options) -> Result<Report, String> {
    let mut report = Report::new("fanout", options);
    report.notes.push(format!(
        "One channel, {} subscribers, {} bytes an event, server on {} of the cores. Microseconds of the server's processor for each \
         delivery, and the ratio to the limit in the same pair of slices: median (lowest..highest) of {}.",
        options.subscribers, options.bytes, options.cores, options.slices
    ));
    for transport in options.transports.iter().copied() {
        report.tables.push(table(transport, options, &mut report.notes)?);
    }
    Ok(report)
}

fn table(transport: Transport, options: &Options, notes: &mut Vec<String>) -> Result<Table, String> {
    let mut limit = Pair::start(LIMIT, transport, options)?;
    let mut coalesced = Pair::start(COALESCED, transport, options)?;
    let mut table =
        Table { title: transport.name().to_owned(), columns: vec!["one µs", "one ratio", "burst µs", "burst ratio"], ..Table::default() };
    let (mut limits, mut coalesceds) = (Vec::new(), Vec::new());
    limit.slice(Pattern::One)?;
    coalesced.slice(Pattern::Burst)?;
    for contestant in CONTESTANTS.iter().filter(|contestant| options.wants(contestant.name) && contestant.transports.contains(&transport)) {
        eprintln!("{} {}", transport.name(), contestant.name);
        let mut pair = Pair::start(*contestant, transport, options)?;
        let one = paired(&mut pair, &mut limit, Pattern::One, options.slices)?;
        limits.extend(one.own.iter().zip(&one.ratios).map(|(own, ratio)| own / ratio));
        let mut cells = vec![Sample::of(one.own).into(), Sample::of(one.ratios).into()];
        if contestant.name != "bare" {
            let burst = paired(&mut pair, &mut coalesced, Pattern::Burst, options.slices)?;
            coalesceds.extend(burst.own.iter().zip(&burst.ratios).map(|(own, ratio)| own / ratio));
            cells.extend([Sample::of(burst.own).into(), Sample::of(burst.ratios).into()]);
        }
        cells.resize(4, super::Cell::Nothing);
        notes.extend(pair.complaint().map(|complaint| format!("{} over {}: {complaint}", contestant.name, transport.name())));
        table.rows.push(Row { name: contestant.name.to_owned(), cells });
    }
    let (one, burst) = (Sample::of(limits).into(), Sample::of(coalesceds).into());
    table.rows.insert(0, Row { name: LIMIT.name.into(), cells: vec![one, super::Cell::Nothing, burst, super::Cell::Nothing] });
    Ok(table)
}

const ALL: &[Transport] = &Transport::ALL;
const LIMIT: Contestant = Contestant { name: "limit", transports: ALL };
const COALESCED: Contestant = Contestant { name: "limit-coalesced", transports: ALL };
const CONTESTANTS: &[Contestant] = &[
    Contestant { name: "bare", transports: ALL },
    Contestant { name: "triwire", transports: ALL },
    Contestant { name: "axum", transports: ALL },
    Contestant { name: "axum-tuned", transports: ALL },
];
