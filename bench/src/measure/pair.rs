//! A server with its clients, and slices of two such in turns.

use std::time::Duration;

use super::profile::Profile;
use super::{Contestant, Options, Report, Sample, Server};
use crate::load::{Load, Transport};

/// A server with its clients.
pub(super) struct Pair {
    pub(super) server: Server,
    pub(super) load: Load,
    /// Deliveries that never came.
    lost: u64,
    /// Deliveries that were expected by now, or given up.
    expected: u64,
    transport: Transport,
    profile: Option<Profile>,
}

/// What is published at once, and what comes of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    /// On so many rooms.
    pub(super) rooms: u32,
    /// So many events on each.
    pub(super) count: u64,
    pub(super) bytes: usize,
    /// To all clients together.
    pub(super) deliveries: u64,
}

impl Pair {
    /// With the clients that the options ask for, all in one room.
    pub(super) fn start(contestant: Contestant, transport: Transport, options: &Options) -> Result<Self, String> {
        let server = Server::start(contestant, options.cores)?;
        let load = server.clients(transport, &[0], options.subscribers)?;
        Self::of(server, load, transport, options)
    }

    /// With these clients.
    pub(super) fn of(server: Server, load: Load, transport: Transport, options: &Options) -> Result<Self, String> {
        let profile = if options.profile.as_deref() == Some(server.name()) {
            Some(Profile::begin(server.id(), &options.out, &format!("{}-{}-{}", options.workload, server.name(), transport.name()))?)
        } else {
            None
        };
        Ok(Self { server, load, lost: 0, expected: 0, transport, profile })
    }

    /// Publishes, and expects what comes of it.
    pub(super) fn publish(&mut self, round: Round) -> Result<(), String> {
        self.expected += round.deliveries;
        self.server.publish(round.rooms, round.count, round.bytes)
    }

    /// Deliveries that are still to come.
    pub(super) fn missing(&self) -> u64 {
        self.expected.saturating_sub(self.load.tally.delivered)
    }

    /// What has not come by now is lost.
    pub(super) fn give_up(&mut self) {
        self.lost += self.missing();
        self.expected = self.load.tally.delivered;
    }

    /// Publishes, and waits until all is delivered or nothing more comes.
    pub(super) fn deliver(&mut self, round: Round) -> Result<(), String> {
        self.publish(round)?;
        if !self.load.wait_for(self.expected).map_err(|error| error.to_string())? {
            self.give_up();
        }
        Ok(())
    }

    /// The microseconds of the server's processor for each delivery of so many rounds.
    pub(super) fn slice(&mut self, rounds: u64, round: Round) -> Result<f64, String> {
        // Answers the pings that came while the other was measured.
        self.load.turn(Duration::ZERO).map_err(|error| error.to_string())?;
        let (before, delivered) = (self.server.cpu()?, self.load.tally.delivered);
        for _ in 0..rounds {
            self.deliver(round)?;
        }
        let (used, deliveries) = (self.server.cpu()? - before, self.load.tally.delivered - delivered);
        #[expect(clippy::cast_precision_loss, reason = "a slice has some hundred thousand deliveries")]
        let each = used.as_secs_f64() * 1e6 / deliveries as f64;
        Ok(each)
    }

    /// Ends it; the report is told what the clients say against the server, and of its profile.
    pub(super) fn end(self, report: &mut Report) {
        let tally = &self.load.tally;
        let faults =
            [(self.lost, "lost"), (tally.inverted, "out of order"), (tally.malformed, "malformed"), (tally.ended, "clients ended")];
        let faults = faults.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        let faults: Vec<String> = faults.collect();
        if !faults.is_empty() {
            report.notes.push(format!("{} over {}: {}", self.server.name(), self.transport.name(), faults.join(", ")));
        }
        report.notes.extend(self.profile.map(|profile| profile.end().unwrap_or_else(|error| error)));
    }
}

/// What slices of a contestant gave, and of the limit beside each.
#[derive(Debug, Default)]
pub(super) struct Turns<Figures> {
    pub(super) own: Vec<Figures>,
    pub(super) limit: Vec<Figures>,
}

impl<Figures> Turns<Figures> {
    /// One figure of the contestant's.
    pub(super) fn own(&self, figure: impl Fn(&Figures) -> f64) -> Option<Sample> {
        Sample::of(self.own.iter().map(figure).collect())
    }

    /// The contestant's figure as a multiple of the limit's beside it.
    pub(super) fn ratio(&self, figure: impl Fn(&Figures) -> f64) -> Option<Sample> {
        let ratios = self.own.iter().zip(&self.limit).map(|(own, limit)| figure(own) / figure(limit));
        Sample::of(ratios.collect())
    }
}

/// Contestant and limit in turns, each first in every other, after one of the contestant's that does not count: what is slow only once.
pub(super) fn in_turns<Figures>(
    slices: usize,
    mut own: impl FnMut() -> Result<Figures, String>,
    mut limit: impl FnMut() -> Result<Figures, String>,
) -> Result<Turns<Figures>, String> {
    own()?;
    let mut turns = Turns { own: Vec::new(), limit: Vec::new() };
    for at in 0..slices {
        if at % 2 == 0 {
            turns.limit.push(limit()?);
            turns.own.push(own()?);
        } else {
            turns.own.push(own()?);
            turns.limit.push(limit()?);
        }
    }
    Ok(turns)
}
