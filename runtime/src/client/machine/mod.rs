//! What a reader does next: the rules of connecting, falling, resting and going on, without a socket, a clock or a die.
//!
//! The time and the throw of a die are handed in; what happened is told by `opened`, `item` and `ended`, and `next` says what to do.
//! So the rules can be held by a model (`tests`) that cuts at every point.

mod asking;
mod ladder;
mod passage;
mod pause;

use std::time::Duration;

use super::error::{ClientError, Refused};
use crate::item::Item;
use crate::position::{Position, Since};
use crate::protocol::{Bye, ByeReason, close};

pub(super) use asking::{Asking, Then};
use ladder::Ladder;
pub use ladder::Transport;
use passage::Passage;
use pause::Pause;

/// A connection that lived at least so long was a good one: what went wrong before it is forgotten.
const GOOD_LIFE: Duration = Duration::from_secs(5);
/// A poll that is answered sooner, and with nothing new, was not held by a hub: the next one has to wait.
const HELD: Duration = Duration::from_secs(1);
/// No server can send a client away for longer.
const LONGEST_TOLD: Duration = Duration::from_secs(300);

/// What does not change while a reader lives.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    /// Which transports, the best first.
    pub(super) transports: Vec<Transport>,
    /// Within this time a connection has its first item; a proxy that buffers lets none through.
    pub(super) opening: Duration,
    /// A connection that is silent for longer is dead: heartbeats come more often.
    pub(super) silence: Duration,
    /// Whether a new identity can be had when one has expired.
    pub(super) renews: bool,
    /// Whether states of the channels are asked for.
    pub(super) snapshot: bool,
}

/// What to do.
#[derive(Debug)]
pub(super) enum Next {
    /// Nothing before this time.
    Rest(Duration),
    /// Open a connection.
    Open(Attempt),
    /// Nothing more, after an error or because every channel has ended.
    Over(Option<ClientError>),
}

/// A connection to open.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// Which way.
    pub(super) by: Transport,
    /// With which channels.
    pub(super) channels: Vec<String>,
    /// From where on.
    pub(super) since: Since,
    /// The identity that was used last is not good any more.
    pub(super) expired: bool,
}

/// How an attempt, or a connection, came to its end.
#[derive(Debug)]
pub(super) enum Ended {
    /// Nobody could be reached, or there was no identity to come with: no fault of the transport.
    Unreachable,
    /// The answer was another than a stream.
    Answered(Refused),
    /// What came was not what this transport carries: something in between does not let it through.
    Unfit,
    /// It was cut.
    Cut,
    /// Nothing came for too long.
    Silent,
    /// The WebSocket was closed with this code.
    Closed(u16),
    /// A poll was answered.
    Done,
    /// Every channel has ended, says the hub.
    Finished,
}

#[derive(Debug)]
enum State {
    Resting { until: Duration },
    Opening { by: Transport, begun: Duration },
    Open { by: Transport, begun: Duration, heard: Duration, items: usize },
    Over(Option<ClientError>),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Machine {
    rules: Rules,
    ladder: Ladder,
    pause: Pause,
    passage: Passage,
    state: State,
    /// What an SSE stream said about coming back after a cut.
    retry: Option<Duration>,
    expired: bool,
    /// A new identity was asked for, and brought nothing yet.
    is_renewed: bool,
}

impl Machine {
    pub(super) fn new(rules: Rules, channels: Vec<String>, since: Since) -> Self {
        let state = if channels.is_empty() { State::Over(None) } else { State::Resting { until: Duration::ZERO } };
        Self {
            ladder: Ladder::new(&rules.transports),
            pause: Pause::default(),
            passage: Passage::new(channels, since),
            state,
            retry: None,
            expired: false,
            is_renewed: false,
            rules,
        }
    }

    /// How far it has come.
    pub(super) fn position(&self) -> Option<Position> {
        self.passage.position()
    }

    /// What to do now that there is no connection.
    pub(super) fn next(&mut self, now: Duration) -> Next {
        match &mut self.state {
            State::Resting { until } if now < *until => Next::Rest(*until),
            State::Resting { .. } => {
                let by = self.ladder.choose(now);
                self.state = State::Opening { by, begun: now };
                self.retry = None;
                let channels = self.passage.channels().to_vec();
                Next::Open(Attempt { by, channels, since: self.passage.since(), expired: std::mem::take(&mut self.expired) })
            }
            State::Opening { .. } | State::Open { .. } => Next::Rest(self.deadline().unwrap_or(now)),
            State::Over(error) => Next::Over(error.take()),
        }
    }

    /// Where nothing comes of the connection by this time, it has ended by silence; none where there is no connection any more.
    pub(super) fn deadline(&self) -> Option<Duration> {
        match self.state {
            State::Opening { begun, .. } => Some(begun + self.rules.opening),
            State::Open { begun, items: 0, by, .. } if by != Transport::Poll && !self.is_slow() => Some(begun + self.rules.opening),
            State::Open { heard, .. } => Some(heard + self.rules.silence),
            State::Resting { .. } | State::Over(_) => None,
        }
    }

    /// Whether the first item may rightly take longer than an opening does: a state has to be made, and where a stream begins with
    /// the oldest that is kept, the first may be a heartbeat.
    fn is_slow(&self) -> bool {
        self.rules.snapshot || self.passage.since() == Since::Earliest
    }

    /// Somebody is there; nothing came yet.
    pub(super) fn opened(&mut self, now: Duration) {
        if let State::Opening { by, .. } = self.state {
            self.state = State::Open { by, begun: now, heard: now, items: 0 };
        }
    }

    /// Something came that is no item: a sign of life.
    pub(super) fn heard(&mut self, now: Duration) {
        if let State::Open { heard, .. } = &mut self.state {
            *heard = now;
        }
    }

    /// An SSE stream says when to come back after a cut.
    pub(super) fn retry(&mut self, after: Duration) {
        self.retry = Some(after.min(LONGEST_TOLD));
    }

    /// An item came. Says whether it is to be handed on.
    pub(super) fn item<E>(&mut self, now: Duration, item: &Item<E>, die: f64) -> bool {
        self.fruit(now);
        if let Item::Bye(bye) = item {
            self.goodbye(now, bye, die);
            return false;
        }
        let is_news = self.passage.take(item);
        if self.passage.channels().is_empty() {
            self.state = State::Over(None);
        }
        is_news
    }

    /// A poll was answered up to here. Says whether that is to be handed on, as a heartbeat: it is news, or all that the answer says.
    pub(super) fn reached(&mut self, now: Duration, position: Position) -> bool {
        self.fruit(now);
        let is_all = matches!(self.state, State::Open { items: 1, .. });
        self.passage.reach(position) || is_all
    }

    /// The connection works.
    fn fruit(&mut self, now: Duration) {
        self.heard(now);
        if let State::Open { items, .. } = &mut self.state {
            *items += 1;
            self.is_renewed = false;
        }
    }

    /// The hub ends the stream, and says why.
    fn goodbye(&mut self, now: Duration, bye: &Bye, die: f64) {
        let told = Duration::from_millis(bye.retry_ms);
        if let State::Open { by, .. } = self.state {
            self.ladder.works(by);
        }
        match bye.reason {
            ByeReason::Denied => self.over(ClientError::Denied),
            ByeReason::Expired => self.expire(now, None, Some(told), die),
            ByeReason::Drain | ByeReason::Busy | ByeReason::Stalled | ByeReason::Lifetime => self.rest(now, Some(told), die),
        }
    }

    /// An attempt or a connection came to its end.
    pub(super) fn ended(&mut self, now: Duration, how: Ended, die: f64) {
        let by = match self.state {
            State::Opening { by, .. } | State::Open { by, .. } => by,
            // A bye was the end already.
            State::Resting { .. } | State::Over(_) => return,
        };
        match how {
            Ended::Done => self.polled(now, die),
            Ended::Finished => self.state = State::Over(None),
            Ended::Answered(refused) => self.answered(now, by, refused, die),
            Ended::Closed(code) => self.closed(now, by, code, die),
            Ended::Unfit => self.fall(now, by, die),
            Ended::Unreachable => self.rest(now, None, die),
            Ended::Silent => self.fell_silent(now, by, die),
            Ended::Cut => self.cut(now, by, die),
        }
    }

    /// Nothing came, or nothing more.
    fn fell_silent(&mut self, now: Duration, by: Transport, die: f64) {
        match self.state {
            State::Open { items: ..=1, .. } => self.fall(now, by, die),
            State::Open { .. } if self.ladder.misses(by, now) => self.rest_until(now),
            _ => self.rest(now, None, die),
        }
    }

    /// How long the connection has lived, if anything came by it.
    fn life(&self, now: Duration) -> Option<Duration> {
        match self.state {
            State::Open { begun, items: 1.., .. } => Some(now.saturating_sub(begun)),
            _ => None,
        }
    }

    /// A poll was answered: the next one follows at once, if this one was held or brought anything.
    fn polled(&mut self, now: Duration, die: f64) {
        let life = self.life(now).unwrap_or_default();
        let has_news = self.passage.has_moved();
        self.ladder.works(Transport::Poll);
        if has_news || life >= HELD {
            self.pause = Pause::default();
            self.state = State::Resting { until: now };
        } else {
            self.rest(now, None, die);
        }
    }

    /// Cut, after something came or before.
    fn cut(&mut self, now: Duration, by: Transport, die: f64) {
        let is_good = self.life(now).is_some_and(|life| life >= GOOD_LIFE);
        if is_good {
            self.ladder.works(by);
        } else if self.ladder.misses(by, now) {
            return self.rest_until(now);
        }
        self.rest(now, self.retry, die);
    }

    /// The transport does not come through: the next one, at once.
    fn fall(&mut self, now: Duration, by: Transport, die: f64) {
        if self.ladder.fails(by, now) { self.rest_until(now) } else { self.rest(now, None, die) }
    }

    fn closed(&mut self, now: Duration, by: Transport, code: u16, die: f64) {
        match code {
            close::DENIED => self.over(ClientError::Denied),
            close::NOT_UNDERSTOOD => self.over(ClientError::NotUnderstood),
            close::EXPIRED => self.expire(now, None, None, die),
            close::DRAIN | close::LATER | close::GOING_AWAY => self.rest(now, None, die),
            // 1002, 1007 and 1009: this side said nothing that could be wrong, so it was changed on its way.
            1002 | close::BINARY | 1007 | 1009 => self.fall(now, by, die),
            _ => self.cut(now, by, die),
        }
    }

    fn answered(&mut self, now: Duration, by: Transport, refused: Refused, die: f64) {
        match refused.status {
            401 => self.expire(now, Some(refused), None, die),
            // Of the hub's own: a limit or a drain, which passes.
            408 | 425 | 429 => self.rest(now, refused.retry, die),
            500.. if refused.is_ours() => self.rest(now, refused.retry, die),
            500.. => {
                if self.ladder.misses(by, now) {
                    return self.rest_until(now);
                }
                self.rest(now, refused.retry, die);
            }
            400 | 403 | 404 | 410 if self.is_final(by, &refused) => self.over(ClientError::Refused(refused)),
            _ => self.fall(now, by, die),
        }
    }

    /// Whether to believe it: a proxy that forbids upgrades says no as well, in all manner of words, and over the next transport
    /// the hub itself is heard.
    fn is_final(&self, by: Transport, refused: &Refused) -> bool {
        let is_the_hubs = refused.is_ours() && (by != Transport::WebSocket || matches!(refused.status, 403 | 404));
        is_the_hubs || self.ladder.is_last(by)
    }

    /// The identity is not good, or not any more: a new one, once.
    fn expire(&mut self, now: Duration, refused: Option<Refused>, told: Option<Duration>, die: f64) {
        if !self.rules.renews || (self.is_renewed && refused.is_some()) {
            return self.over(refused.map_or(ClientError::Expired, ClientError::Refused));
        }
        self.expired = true;
        let is_first = !std::mem::replace(&mut self.is_renewed, true);
        let is_good = is_first && self.life(now).is_none_or(|life| life >= GOOD_LIFE);
        match told {
            None if is_good => self.rest_until(now),
            _ => self.rest(now, told, die),
        }
    }

    /// Waits as long as it was told, or as long as there is reason to; whatever is longer.
    fn rest(&mut self, now: Duration, told: Option<Duration>, die: f64) {
        let rest = self.pause.after(self.life(now), die);
        self.rest_until(now + rest.max(told.unwrap_or_default().min(LONGEST_TOLD)));
    }

    fn rest_until(&mut self, until: Duration) {
        self.state = State::Resting { until };
    }

    fn over(&mut self, error: ClientError) {
        self.state = State::Over(Some(error));
    }
}

#[cfg(test)]
mod tests;
