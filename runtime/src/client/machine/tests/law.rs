//! Whatever the network does: the law, an end to every outage, and no storm of attempts.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::super::*;
use super::world::{Close, Fate, Place, QUIET, World, fate};

const CHANNELS: [&str; 2] = ["a", "b"];
/// Within this time of the network's healing all is well: the longest wait that is told, a silence, and a little.
const HEALED: Duration = Duration::from_secs(180);
/// Attempts within a minute, those aside that follow a poll which was answered: one each half second, and one for each transport left out.
const ATTEMPTS: usize = 125;

/// What the reader was given, and by which connection.
#[derive(Debug)]
enum Given {
    /// With what each channel had dropped before it began, where it began with the oldest: that is no loss.
    Connected(Vec<(String, Position)>),
    Item(Item<u64>),
}

struct Run {
    machine: Machine,
    world: World,
    now: Duration,
    dice: VecDeque<f64>,
    given: Vec<Given>,
    /// When an attempt was made that followed no answered poll.
    attempts: Vec<Duration>,
    /// What the application publishes, and when.
    publishes: VecDeque<(Duration, &'static str)>,
    transports: Vec<Transport>,
}

impl Run {
    fn new(since: Since, snapshot: bool, dice: Vec<f64>, publishes: Vec<(u64, bool)>) -> Self {
        let transports = vec![Transport::WebSocket, Transport::Sse, Transport::Poll];
        let (opening, silence) = (Duration::from_secs(10), Duration::from_secs(45));
        let rules = Rules { transports, opening, silence, renews: true, snapshot };
        let mut at = Duration::ZERO;
        let publishes = publishes.into_iter().map(|(wait, first)| {
            at += Duration::from_millis(wait);
            (at, CHANNELS[usize::from(first)])
        });
        Self {
            machine: Machine::new(rules, CHANNELS.map(str::to_owned).to_vec(), since),
            world: World::new(),
            now: Duration::ZERO,
            dice: dice.into(),
            given: Vec::new(),
            attempts: Vec::new(),
            publishes: publishes.collect(),
            transports: Vec::new(),
        }
    }

    fn die(&mut self) -> f64 {
        let die = self.dice.pop_front().expect("there are dice");
        self.dice.push_back(die);
        die
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        while let Some((_, channel)) = self.publishes.pop_front_if(|(at, _)| *at <= self.now) {
            self.world.publish(channel);
        }
    }

    /// Lives through one attempt; says false where it is over.
    fn attempt(&mut self, fate: Fate, after_poll: &mut bool) -> bool {
        let attempt = loop {
            match self.machine.next(self.now) {
                Next::Rest(until) => self.pass(until - self.now),
                Next::Open(attempt) => break attempt,
                Next::Over(error) => {
                    assert!(error.is_none(), "{error:?}: nothing that passes ends it");
                    return false;
                }
            }
        };
        if !std::mem::take(after_poll) {
            self.attempts.push(self.now);
        }
        self.transports.push(attempt.by);
        if let Fate::Unreachable = fate {
            self.end(Ended::Unreachable);
            return true;
        }
        self.machine.opened(self.now);
        match fate {
            Fate::Unreachable | Fate::Unfit => self.end(Ended::Unfit),
            Fate::Silent => self.silence(),
            Fate::Status { status, retry } => {
                self.pass(Duration::from_millis(50));
                let retry = retry.map(Duration::from_secs);
                self.end(Ended::Answered(Refused { status, retry, ..Refused::default() }));
            }
            Fate::Serve { items, each, end } => {
                let place = self.world.open(&attempt);
                self.given.push(Given::Connected(place.told.clone()));
                let each = Duration::from_millis(each);
                *after_poll =
                    if attempt.by == Transport::Poll { self.poll(place, items, end) } else { self.stream(place, items, each, end) };
            }
        }
        true
    }

    fn end(&mut self, how: Ended) {
        let die = self.die();
        self.machine.ended(self.now, how, die);
    }

    fn silence(&mut self) {
        let until = self.machine.deadline().expect("it listens");
        self.pass(until - self.now);
        self.end(Ended::Silent);
    }

    fn take(&mut self, item: Item<u64>) {
        let die = self.die();
        if self.machine.item(self.now, &item, die) {
            self.given.push(Given::Item(item));
        }
    }

    /// A stream that gives so many items at most.
    fn stream(&mut self, mut place: Place, items: usize, each: Duration, end: Close) -> bool {
        let mut left = items;
        'given: loop {
            let mut read = self.world.read(&mut place);
            if read.is_empty() {
                // Nothing happens for a while, and then a heartbeat.
                self.pass(QUIET);
                read = self.world.read(&mut place);
                if read.is_empty() {
                    read.push(Item::Heartbeat(self.world.head()));
                }
            }
            for item in read {
                if left == 0 {
                    break 'given;
                }
                left -= 1;
                self.pass(each);
                self.take(item);
            }
            if left == 0 || self.world.ends {
                break;
            }
        }
        match end {
            Close::Cut => self.end(Ended::Cut),
            Close::Silence => self.silence(),
            Close::Code(code) => self.end(Ended::Closed(code)),
            Close::Bye(reason, retry_ms) => self.take(Item::Bye(Bye { reason, retry_ms })),
            Close::Reset => {
                self.world.reset();
                self.end(Ended::Cut);
            }
        }
        false
    }

    /// A poll comes whole, or not at all.
    fn poll(&mut self, mut place: Place, items: usize, end: Close) -> bool {
        let is_lost = items == 0;
        if let Close::Reset = end {
            self.world.reset();
        }
        if is_lost {
            self.end(Ended::Cut);
            return false;
        }
        let mut read = self.world.read(&mut place);
        let is_quiet =
            |items: &[Item<u64>]| !items.iter().any(|item| matches!(item, Item::Event { .. } | Item::Gap { .. } | Item::Ended { .. }));
        if is_quiet(&read) {
            self.pass(QUIET);
            read.extend(self.world.read(&mut place));
        }
        read.into_iter().filter(|item| !matches!(item, Item::Heartbeat(_))).for_each(|item| self.take(item));
        let reached = place.at.expect("it was read");
        self.machine.reached(self.now, reached);
        self.given.push(Given::Item(Item::Heartbeat(reached)));
        if let Close::Bye(reason, retry_ms) = end {
            self.take(Item::Bye(Bye { reason, retry_ms }));
            return false;
        }
        self.end(Ended::Done);
        true
    }

    /// Every event from the first known position on was given once, in order, or was told to be lost, with the right number.
    fn judge(&self) -> Result<(), TestCaseError> {
        for channel in CHANNELS {
            let mut at: Option<Position> = None;
            // Up to where its loss was told, or is none; and up to where a gap told it.
            let (mut lost, mut told): (Option<Position>, Option<Position>) = (None, None);
            for given in &self.given {
                match given {
                    Given::Item(Item::Heartbeat(position)) => at = Some(self.passes(channel, at, *position, lost)?),
                    Given::Item(Item::Event { channel: own, id: Some(id), .. }) => {
                        if own == channel {
                            prop_assert!(!at.is_some_and(|at| at.epoch == id.epoch && at.offset >= id.offset), "{id} after {at:?}");
                            self.passes(channel, at, Position { offset: id.offset - 1, ..*id }, lost)?;
                            at = Some(*id);
                        } else {
                            at = Some(self.passes(channel, at, *id, lost)?);
                        }
                    }
                    Given::Item(Item::Gap { channel: own, gap }) if own == channel => {
                        prop_assert!(told.is_none_or(|told| told.epoch != gap.until.epoch || told.offset < gap.until.offset), "old news");
                        told = Some(gap.until);
                        if let (Some(missed), Some(at)) = (gap.missed, at) {
                            // From where it stands, or from the gap before it on the same connection.
                            let before = lost.filter(|lost| lost.epoch == at.epoch).map_or(0, |lost| lost.offset);
                            let right =
                                [at.offset, before.max(at.offset)].map(|from| self.between(channel, gap.until, from).count() as u64);
                            prop_assert!(right.contains(&missed), "{missed} is none of {right:?}");
                        }
                        lost = Some(gap.until);
                    }
                    Given::Connected(dropped) => {
                        let own = dropped.iter().find(|(own, _)| own == channel);
                        lost = own.map_or(lost, |(_, dropped)| Some(*dropped));
                    }
                    Given::Item(_) => {}
                }
            }
        }
        Ok(())
    }

    /// There are never more attempts in a minute than there may be.
    fn no_storm(&self) -> Result<(), TestCaseError> {
        for (at, begun) in self.attempts.iter().enumerate() {
            let minute = self.attempts[at..].iter().take_while(|other| **other < *begun + Duration::from_secs(60)).count();
            prop_assert!(minute <= ATTEMPTS, "{minute} attempts in a minute");
        }
        Ok(())
    }

    /// The events of a channel in `(from, to]`.
    fn between(&self, channel: &str, to: Position, from: u64) -> impl Iterator<Item = u64> {
        let own = self.world.log.iter().filter(move |event| event.channel == channel && event.at.epoch == to.epoch);
        own.map(|event| event.at.offset).filter(move |offset| *offset > from && *offset <= to.offset)
    }

    /// The reader goes from one position to another without an event of the channel: each in between was told to be lost.
    fn passes(&self, channel: &str, at: Option<Position>, to: Position, lost: Option<Position>) -> Result<Position, TestCaseError> {
        let Some(at) = at else { return Ok(to) };
        let from = if at.epoch == to.epoch { at.offset } else { 0 };
        let told = lost.filter(|lost| lost.epoch == to.epoch).map_or(0, |lost| lost.offset);
        prop_assert!(at.epoch != to.epoch || at.offset <= to.offset, "from {at} back to {to}");
        for offset in self.between(channel, to, from) {
            prop_assert!(offset <= told, "{channel} {offset} is missing between {at} and {to}, unsaid");
        }
        Ok(to)
    }
}

fn steady() -> Fate {
    Fate::Serve { items: 20, each: 10, end: Close::Cut }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_lost_doubled_or_out_of_order_unsaid_and_every_outage_has_an_end(
        fates in prop::collection::vec(fate(), 0..40),
        publishes in prop::collection::vec((0u64..3_000, any::<bool>()), 0..120),
        dice in prop::collection::vec(0.0f64..1.0, 1..8),
        since in prop::sample::select(vec![Since::Now, Since::Earliest, Since::At("1-0".parse().expect("a position"))]),
        snapshot: bool,
    ) {
        let mut run = Run::new(since, snapshot, dice, publishes);
        let mut after_poll = false;
        for fate in fates {
            run.attempt(fate, &mut after_poll);
        }
        let healed = run.now;
        let last = run.publishes.back().map_or(Duration::ZERO, |(at, _)| *at);
        while run.now < healed.max(last) + HEALED {
            run.attempt(steady(), &mut after_poll);
        }
        prop_assert_eq!(run.machine.position(), Some(run.world.head()), "it is well again");
        run.judge()?;
        run.no_storm()?;
    }

    #[test]
    fn when_every_channel_has_ended_so_has_the_reader(fates in prop::collection::vec(fate(), 0..20), die in 0.0f64..1.0) {
        let mut run = Run::new(Since::Now, false, vec![die], Vec::new());
        let mut after_poll = false;
        for fate in fates {
            run.attempt(fate, &mut after_poll);
        }
        run.world.ends = true;
        let more = (0..40).take_while(|_| run.attempt(steady(), &mut after_poll)).count();
        prop_assert!(more < 40, "it goes on");
        let ended = run.given.iter().filter(|given| matches!(given, Given::Item(Item::Ended { .. }))).count();
        prop_assert_eq!(ended, CHANNELS.len());
    }
}

/// Whatever goes wrong, and goes wrong again, with the worst of dice.
#[test]
fn no_outage_makes_a_storm_of_attempts() {
    let serve = |items, end| Fate::Serve { items, each: 0, end };
    for fate in [
        Fate::Unreachable,
        Fate::Unfit,
        Fate::Status { status: 301, retry: None },
        Fate::Status { status: 405, retry: None },
        Fate::Status { status: 502, retry: Some(0) },
        serve(0, Close::Cut),
        serve(1, Close::Cut),
        serve(1, Close::Code(1012)),
        serve(1, Close::Code(4401)),
        serve(1, Close::Bye(ByeReason::Drain, 0)),
        serve(1, Close::Bye(ByeReason::Expired, 0)),
    ] {
        let mut run = Run::new(Since::Now, false, vec![0.0], Vec::new());
        let mut after_poll = false;
        while run.attempts.len() < 400 && run.now < Duration::from_secs(600) {
            run.attempt(fate, &mut after_poll);
        }
        run.no_storm().unwrap_or_else(|error| panic!("{fate:?}: {error}"));
    }
}
