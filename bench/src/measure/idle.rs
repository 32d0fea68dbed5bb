//! Many clients to whom nothing is sent: what a server holds for each.

use std::thread::sleep;
use std::time::Duration;

use super::contestant::LIMIT;
use super::{Contestant, Options, Report, Row, Sample, Server, Table};
use crate::load::Transport;

/// Clients that come and go before: what a server takes once for all is taken then.
const WARM: usize = 500;
/// How long a server has to give back what it will give back.
const SETTLE: Duration = Duration::from_millis(1_500);

pub(super) fn run(options: &Options) -> Result<Report, String> {
    let mut report = Report::new("idle", options);
    report.notes.push(format!(
        "KiB that a server grew by for each of {} clients to whom nothing is sent, after {WARM} others had come and gone; each time a new \
         server: median (lowest..highest) of {}. What the kernel holds for a socket is not in it.",
        options.subscribers, options.slices
    ));
    for transport in options.transports.iter().copied() {
        let mut table = Table { title: transport.name().to_owned(), columns: vec!["RSS KiB", "PSS KiB"], ..Table::default() };
        for contestant in Report::contestants(transport, &[LIMIT], options) {
            let grown: Result<Vec<_>, _> = (0..options.slices).map(|_| growth(contestant, transport, options)).collect();
            let Some(grown) = report.started(contestant, grown) else { continue };
            let (rss, pss) = grown.into_iter().unzip();
            table.rows.push(Row { name: contestant.name.to_owned(), cells: vec![Sample::of(rss), Sample::of(pss)] });
        }
        report.tables.push(table);
    }
    Ok(report)
}

fn growth(contestant: Contestant, transport: Transport, options: &Options) -> Result<(f64, f64), String> {
    let server = Server::start(contestant, options.cores)?;
    drop(server.clients(transport, &[0], WARM)?);
    sleep(SETTLE);
    let before = server.memory()?;
    let _clients = server.clients(transport, &[0], options.subscribers)?;
    sleep(SETTLE);
    let after = server.memory()?;
    #[expect(clippy::cast_precision_loss, reason = "there are some thousand clients")]
    let each = |bytes: f64| bytes / 1_024.0 / options.subscribers as f64;
    Ok((each(after.rss - before.rss), each(after.pss - before.pss)))
}
