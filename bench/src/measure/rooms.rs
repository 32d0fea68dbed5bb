//! Many channels with few subscribers, and clients of many channels.

use std::rc::Rc;

use rustix::process::{Resource, getrlimit};

use super::contestant::LIMIT;
use super::pair::{Pair, Round, Turns, in_turns};
use super::{Contestant, Options, Report, Row, Server, Table};
use crate::load::{CONNECTING, Transport};

/// Subscribers of a room.
const FEW: u32 = 10;
/// Channels of a client that has many.
const MANY: u32 = 100;
/// Events of a slice, on each room.
const EVENTS: u64 = 5;

/// Who has which rooms.
#[derive(Debug, Clone, Copy)]
enum Seating {
    /// So many rooms, a few clients in each.
    Rooms(u32),
    /// So many clients, each in all of many rooms.
    Clients(u32),
}

impl Seating {
    fn paths(self, contestant: Contestant, transport: Transport) -> Vec<Rc<str>> {
        let path = |rooms: &[u32]| contestant.target(transport, rooms).0;
        match self {
            Self::Rooms(rooms) => (0..rooms).flat_map(|room| vec![path(&[room]); FEW as usize]).collect(),
            Self::Clients(clients) => vec![path(&(0..MANY).collect::<Vec<_>>()); clients as usize],
        }
    }

    fn start(self, contestant: Contestant, transport: Transport, options: &Options) -> Result<Pair, String> {
        let server = Server::start(contestant, options.cores)?;
        let clients = server.connect(transport, &self.paths(contestant, transport), CONNECTING)?;
        Pair::of(server, clients, transport, options)
    }

    fn slice(self, pair: &mut Pair, bytes: usize) -> Result<f64, String> {
        let (rooms, clients) = match self {
            Self::Rooms(rooms) => (rooms, FEW),
            Self::Clients(clients) => (MANY, clients),
        };
        pair.slice(EVENTS, Round { rooms, count: 1, bytes, deliveries: u64::from(rooms) * u64::from(clients) })
    }
}

pub(super) fn run(options: &Options) -> Result<Report, String> {
    let mut report = Report::new("rooms", options);
    // The clients of both servers are open at once; each process may have some files beside.
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX).saturating_sub(500);
    let rooms = u32::try_from(files / 2 / u64::from(FEW)).unwrap_or(u32::MAX).min(u32::try_from(options.subscribers).unwrap_or(u32::MAX));
    let clients = rooms.div_ceil(10);
    report.notes.push(format!(
        "`rooms`: {rooms} channels of {FEW} subscribers each. `many`: {clients} clients, each of the same {MANY} channels. An event is \
         published on each channel, all at once, and when all have theirs, the next. Microseconds of the server's processor for each \
         delivery, and the ratio to the limit in the same pair of slices: median (lowest..highest) of {}.",
        options.slices
    ));
    for transport in options.transports.iter().copied().filter(|transport| *transport != Transport::Poll) {
        let columns = vec!["rooms µs", "rooms ratio", "many µs", "many ratio"];
        let mut table = Table { title: transport.name().to_owned(), columns, ..Table::default() };
        for contestant in Report::contestants(transport, &[], options) {
            let mut measure = |seating| measure(contestant, transport, seating, options, &mut report);
            let measured = measure(Seating::Rooms(rooms)).and_then(|few| Ok((few, measure(Seating::Clients(clients))?)));
            let Some((few, many)) = report.started(contestant, measured) else { continue };
            let each = |micros: &f64| *micros;
            let cells = vec![few.own(each), few.ratio(each), many.own(each), many.ratio(each)];
            table.rows.push(Row { name: contestant.name.to_owned(), cells });
        }
        report.tables.push(table);
    }
    Ok(report)
}

fn measure(
    contestant: Contestant,
    transport: Transport,
    seating: Seating,
    options: &Options,
    report: &mut Report,
) -> Result<Turns<f64>, String> {
    let mut limit = seating.start(LIMIT, transport, options)?;
    let mut pair = seating.start(contestant, transport, options)?;
    let slices = in_turns(options.slices, || seating.slice(&mut pair, options.bytes), || seating.slice(&mut limit, options.bytes));
    pair.end(report);
    slices
}
