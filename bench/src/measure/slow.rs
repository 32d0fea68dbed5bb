//! Clients that stop reading among those that read: what the server holds for them, what they are told, what the others notice.

use std::time::{Duration, Instant};

use super::pair::{Pair, Round};
use super::{Contestant, Options, Report, Row, Sample, Server, Table};
use crate::load::{Load, Transport};

/// One client in so many stops.
const ONE_IN: usize = 10;
const BYTES: usize = 4_096;
/// Events at once, and how often: 12 MiB for each client, more than any socket holds.
const BURST: u64 = 32;
const ROUNDS: u64 = 96;
/// Rounds before any client stops.
const BEFORE: u64 = 24;
/// How long nothing comes when all has come.
const QUIET: Duration = Duration::from_secs(1);
/// How long a client that reads again is listened to.
const AGAIN: Duration = Duration::from_secs(30);

pub(super) fn run(options: &Options) -> Result<Report, String> {
    let mut report = Report::new("slow", options);
    let slow = (options.subscribers / ONE_IN).max(1);
    report.notes.push(format!(
        "{slow} of {} clients stop reading while {} MiB are published to each, and read again after that. `MiB`: what the server grew by, \
         at most. `told`: clients that got a gap or the end of their stream. `unsaid`: events that never came to clients that were told \
         nothing. `others`: how much longer a round took for the others. Median (lowest..highest) of {}, each with a new server.",
        options.subscribers,
        ((ROUNDS * BURST) as usize * BYTES) >> 20,
        options.slices
    ));
    for transport in options.transports.iter().copied().filter(|transport| *transport != Transport::Poll) {
        let columns = vec!["MiB", "told", "unsaid", "others"];
        let mut table = Table { title: transport.name().to_owned(), columns, ..Table::default() };
        for contestant in Report::contestants(transport, &[], options) {
            let runs: Result<Vec<_>, _> = (0..options.slices).map(|_| measure(contestant, transport, slow, options, &mut report)).collect();
            let Some(runs) = report.started(contestant, runs) else { continue };
            let sample = |figure: fn(&Run) -> f64| Sample::of(runs.iter().map(figure).collect());
            let cells = vec![sample(|run| run.grown), sample(|run| run.told), sample(|run| run.unsaid), sample(|run| run.others)];
            table.rows.push(Row { name: contestant.name.to_owned(), cells });
        }
        report.tables.push(table);
    }
    Ok(report)
}

struct Run {
    grown: f64,
    told: f64,
    unsaid: f64,
    others: f64,
}

#[expect(clippy::cast_precision_loss, reason = "there are some thousand events")]
fn measure(contestant: Contestant, transport: Transport, slow: usize, options: &Options, report: &mut Report) -> Result<Run, String> {
    let server = Server::start(contestant, options.cores)?;
    let mut stopped = server.clients(transport, &[0], slow)?;
    stopped.tally.watches_gaps = true;
    let fast = options.subscribers - slow;
    let clients = server.clients(transport, &[0], fast)?;
    let mut pair = Pair::of(server, clients, transport, options)?;
    let round = Round { rooms: 1, count: BURST, bytes: BYTES, deliveries: BURST * fast as u64 };
    let took = |pair: &mut Pair| {
        let begun = Instant::now();
        pair.deliver(round).map(|()| begun.elapsed().as_secs_f64())
    };
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for _ in 0..BEFORE {
        before.push(took(&mut pair)?);
        stopped.turn(Duration::ZERO).map_err(|error| error.to_string())?;
    }
    let held = pair.server.memory()?.rss;
    let mut most = held;
    for _ in 0..ROUNDS {
        after.push(took(&mut pair)?);
        most = most.max(pair.server.memory()?.rss);
    }
    read_again(&mut stopped).map_err(|error| error.to_string())?;
    let each = (BEFORE + ROUNDS) * BURST;
    pair.end(report);
    let (told, untold): (Vec<_>, Vec<_>) = stopped.seen().partition(|seen| seen.was_told);
    let median = |times| Sample::of(times).map_or(f64::NAN, |sample| sample.median);
    Ok(Run {
        grown: (most - held) / f64::from(1 << 20),
        told: told.len() as f64,
        unsaid: untold.iter().map(|seen| each.saturating_sub(seen.events)).sum::<u64>() as f64,
        others: median(after) / median(before),
    })
}

/// Takes what is still there for clients that had stopped, until nothing more comes.
fn read_again(stopped: &mut Load) -> std::io::Result<()> {
    let begun = Instant::now();
    let mut since = begun;
    while since.elapsed() < QUIET && begun.elapsed() < AGAIN {
        if stopped.turn(Duration::from_millis(10))? > 0 {
            since = Instant::now();
        }
    }
    Ok(())
}
