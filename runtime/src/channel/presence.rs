//! Who is in a channel, behind its lock: what is told of it goes into the log, as a volatile event does, so its place among them is exact.
//! Floor 4.

use std::time::Instant;

use super::Channel;
use crate::entry::{Entry, Timestamp};
use crate::head::Head;
use crate::presence::{Bounds, Present};
use crate::protocol::Presence;
use crate::run::{Order, Run};
use crate::sync::{Ordering, lock};

/// Who is in, and the list as it was last given.
#[derive(Debug)]
pub(super) struct Attendance {
    present: Present,
    /// Made when a reader asks for it, and shared until somebody comes or goes.
    list: Option<Entry>,
}

impl Attendance {
    pub(super) fn is_empty(&self) -> bool {
        self.present.is_empty()
    }

    fn list(&mut self, channel: &str) -> Option<Run> {
        // It lies in no log, and so its age is nobody's concern.
        let list = self.list.get_or_insert_with(|| Entry::presence(channel, Timestamp::default(), &self.present.list())).clone();
        Run::new(vec![(Order { offset: 0, tick: 1 }, list)])
    }
}

/// What came of a change of who is in.
pub(crate) struct Attended {
    /// By how many bytes the log grew.
    pub(crate) grown: isize,
    /// Whether somebody waits.
    pub(crate) waited_for: bool,
    /// When the channel wants to be looked at again.
    pub(crate) due: Option<Instant>,
}

impl Channel {
    /// The same, where it is told who is in.
    pub(crate) fn attended(self, bounds: Option<Bounds>) -> Self {
        lock(&self.state).attendance = bounds.map(|bounds| Box::new(Attendance { present: Present::new(bounds), list: None }));
        Self { has_presence: bounds.is_some(), ..self }
    }

    /// Whether it is told who is in.
    pub(crate) fn has_presence(&self) -> bool {
        self.has_presence
    }

    /// Somebody comes or goes; what is told of it comes after `head`.
    pub(crate) fn attend<Told: IntoIterator<Item = Presence>>(
        &self,
        head: &Head,
        now: Timestamp,
        change: impl FnOnce(&mut Present) -> Told,
    ) -> Attended {
        let mut state = lock(&self.state);
        let state = &mut *state;
        let Some(attendance) = &mut state.attendance else { return Attended { grown: 0, waited_for: false, due: None } };
        attendance.list = None;
        let told = change(&mut attendance.present);
        let due = attendance.present.due();
        // Who comes later is given the list: of what is told to nobody, nothing is kept.
        let readers = state.subscribers.len();
        let log = state.held.as_mut().unwrap_or(&mut state.log);
        let (bytes, before) = (log.bytes(), log.ticks());
        for presence in told.into_iter().filter(|_| readers > 0) {
            log.append_volatile(head.offset(), Entry::presence(&self.name, now, &presence));
        }
        let grown = log.bytes().wrapping_sub(bytes).cast_signed();
        if log.ticks() == before {
            return Attended { grown, waited_for: false, due };
        }
        state.changes += 1;
        self.version.fetch_add(1, Ordering::Release);
        Attended { grown, waited_for: state.subscribers.call(), due }
    }

    /// The list, for a reader that has had every volatile entry up to `tick`: none if there are more, for what they tell is in the list.
    pub(crate) fn list(&self, tick: u64) -> Option<Run> {
        let mut state = lock(&self.state);
        if state.held.is_some() || state.log.ticks() != tick {
            return None;
        }
        state.attendance.as_mut()?.list(&self.name)
    }

    /// The list as it is now, for who reads no further.
    pub(crate) fn newest_list(&self) -> Option<Run> {
        lock(&self.state).attendance.as_mut()?.list(&self.name)
    }

    /// Who is in.
    pub(crate) fn presence(&self) -> Option<Presence> {
        lock(&self.state).attendance.as_ref().map(|attendance| attendance.present.now())
    }
}
