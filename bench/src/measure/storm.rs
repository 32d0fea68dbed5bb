//! All come at once.

use std::rc::Rc;
use std::time::Instant;

use super::contestant::LIMIT;
use super::pair::in_turns;
use super::{Options, Report, Row, Server, Table};
use crate::load::Transport;

pub(super) fn run(options: &Options) -> Result<Report, String> {
    let mut report = Report::new("storm", options);
    report.notes.push(format!(
        "{} clients connect at once and have their streams. Microseconds of the server's processor for each, and the ratio to the limit \
         beside it; clients a second, where the load may be what is slowest: median (lowest..highest) of {}.",
        options.subscribers, options.slices
    ));
    for transport in options.transports.iter().copied() {
        let paths = vec![LIMIT.target(transport, &[0]).0; options.subscribers];
        let limit = Server::start(LIMIT, options.cores)?;
        let mut table = Table { title: transport.name().to_owned(), columns: vec!["µs", "ratio", "a second"], ..Table::default() };
        for contestant in Report::contestants(transport, &[LIMIT], options) {
            let Some(server) = report.started(contestant, Server::start(contestant, options.cores)) else { continue };
            let own = vec![contestant.target(transport, &[0]).0; options.subscribers];
            let turns = in_turns(options.slices, || storm(&server, transport, &own), || storm(&limit, transport, &paths));
            let Some(turns) = report.started(contestant, turns) else { continue };
            let micros = |storm: &Storm| storm.micros;
            let cells = vec![turns.own(micros), turns.ratio(micros), turns.own(|storm| storm.rate)];
            table.rows.push(Row { name: contestant.name.to_owned(), cells });
        }
        report.tables.push(table);
    }
    Ok(report)
}

/// One storm, for each of its clients.
struct Storm {
    micros: f64,
    /// Clients a second.
    rate: f64,
}

fn storm(server: &Server, transport: Transport, paths: &[Rc<str>]) -> Result<Storm, String> {
    let before = server.cpu()?;
    let begun = Instant::now();
    let load = server.connect(transport, paths, paths.len())?;
    let took = begun.elapsed();
    let used = server.cpu()? - before;
    // What the end of so many costs is not counted: it is waited for before the next.
    drop(load);
    server.cpu()?;
    #[expect(clippy::cast_precision_loss, reason = "there are some thousand clients")]
    let clients = paths.len() as f64;
    Ok(Storm { micros: used.as_secs_f64() * 1e6 / clients, rate: clients / took.as_secs_f64() })
}
