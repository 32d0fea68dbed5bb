//! The law: what a client got, over any mix of transports, cuts and sets, is what the publishers recorded, or a gap says otherwise.
//!
//! Nothing here asks the hub what it keeps. The truth is what `publish` answered to the publishers; a claim is what one
//! client got of one channel on one connection.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// See the module.
#[derive(Debug)]
pub struct Truth {
    /// How many events a channel keeps, as the enum says: a newer of its key takes the place of one that is kept.
    history: usize,
    /// By epoch and channel.
    published: Mutex<HashMap<(String, String), Published>>,
    /// How often a client got an event that was superseded, before it was.
    pub had: AtomicU64,
    /// How often a client did not get one, because it was.
    pub passed: AtomicU64,
    /// How often a client got an event that not all may see.
    pub shown: AtomicU64,
    /// How often one passed a client that may not see it.
    pub hidden: AtomicU64,
}

/// An event that was published.
#[derive(Debug, Clone, Copy, Default)]
pub struct Noted {
    /// The number in it.
    pub number: u64,
    /// Its key where it is `latest`.
    pub key: Option<u8>,
    /// Whom it is for; else for all.
    pub to: Option<u8>,
}

impl Noted {
    fn is_for(self, side: u8) -> bool {
        self.to.is_none_or(|to| to == side)
    }
}

/// What was published on a channel.
#[derive(Debug, Default)]
struct Published {
    /// By offset.
    events: BTreeMap<u64, Noted>,
    superseded: Superseded,
}

/// What a newer of its key took the place of.
#[derive(Debug, Default, Clone)]
struct Superseded {
    /// How many events there were when this was found out.
    of: usize,
    /// Whether it was still kept or not: a client may have passed it.
    ever: BTreeSet<u64>,
    /// While it was kept: no gap counts it.
    kept: BTreeSet<u64>,
}

impl Published {
    /// What was superseded, by the rule: of a key only the newest is kept, and of all the newest so many.
    fn superseded(&mut self, history: usize) -> &Superseded {
        if self.superseded.of == self.events.len() {
            return &self.superseded;
        }
        let mut superseded = Superseded { of: self.events.len(), ..Superseded::default() };
        let (mut kept, mut newest) = (VecDeque::new(), HashMap::new());
        for (offset, Noted { key, .. }) in &self.events {
            if let Some(older) = key.and_then(|key| newest.insert(key, *offset)) {
                superseded.ever.insert(older);
                if let Some(at) = kept.iter().position(|kept| *kept == older) {
                    kept.remove(at);
                    superseded.kept.insert(older);
                }
            }
            kept.push_back(*offset);
            if kept.len() > history {
                kept.pop_front();
            }
        }
        self.superseded = superseded;
        &self.superseded
    }

    /// In words, where the state is another than that of the events up to where it is good for, which this side may see.
    fn differs(&self, state: &Stated, side: u8) -> Option<String> {
        let (count, sum) = self
            .events
            .range(..=state.offset)
            .filter(|(_, event)| event.is_for(side))
            .fold((0, 0), |(count, sum), (_, event)| (count + 1, sum + event.number));
        let is_wrong = (count, sum) != (state.count, state.sum);
        is_wrong.then(|| format!("{state:?} is given where {count} events come to {sum}"))
    }
}

/// `EPOCH-OFFSET`, read as a client may that compares offsets of one epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The part before the dash.
    pub epoch: String,
    /// The part behind it.
    pub offset: u64,
}

impl Place {
    /// Reads a position.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let (epoch, offset) = text.split_once('-').expect("a position has a dash");
        Self { epoch: epoch.to_owned(), offset: offset.parse().expect("an offset is a number") }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.epoch, self.offset)
    }
}

/// A gap that was told.
#[derive(Debug, Clone)]
pub struct Loss {
    /// Where the reader stood in the channel.
    pub from: Option<u64>,
    /// How far it reaches.
    pub until: u64,
    /// How many it says were lost.
    pub missed: Option<u64>,
    /// Why.
    pub reason: String,
    /// The state that came behind it was good for this.
    pub stated: Option<u64>,
}

/// A state that was given: what a client would have made of all events up to here.
#[derive(Debug, Clone, Copy)]
pub struct Stated {
    /// What it is good for.
    pub offset: u64,
    /// How many events there were.
    pub count: u64,
    /// Their numbers, in all.
    pub sum: u64,
}

/// What one client got of one channel on one connection.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Whose it is, for the report.
    pub who: String,
    /// The channel.
    pub channel: String,
    /// Who it is, to those events that are not for all.
    pub side: u8,
    /// The epoch.
    pub epoch: String,
    /// Where it began, if the client could know.
    pub from: Option<u64>,
    /// Offset and number of each event, as they came.
    pub items: Vec<(u64, u64)>,
    /// The gaps, as they came.
    pub losses: Vec<Loss>,
    /// The states, as they came.
    pub states: Vec<Stated>,
    /// Up to where the client then believed to have had everything.
    pub to: u64,
}

impl Claim {
    /// Nothing came yet of a channel that is read from there, or from where the client cannot know.
    #[must_use]
    pub fn begun(who: String, channel: &str, side: u8, from: Option<&Place>) -> Self {
        let offset = from.map(|from| from.offset);
        Self {
            who,
            channel: channel.to_owned(),
            side,
            epoch: from.map_or_else(String::new, |from| from.epoch.clone()),
            from: offset,
            items: Vec::new(),
            losses: Vec::new(),
            states: Vec::new(),
            to: offset.unwrap_or(0),
        }
    }
}

impl Truth {
    /// Nothing was published yet, on channels that keep so many events.
    #[must_use]
    pub fn of(history: usize) -> Self {
        let none = || AtomicU64::new(0);
        Self { history, published: Mutex::default(), had: none(), passed: none(), shown: none(), hidden: none() }
    }

    /// Notes an event that was published.
    pub fn note(&self, place: &Place, channel: &str, event: Noted) {
        let mut truth = self.published.lock().expect("no test panics while it notes");
        truth.entry((place.epoch.clone(), channel.to_owned())).or_default().events.insert(place.offset, event);
    }

    /// What is wrong with the claim, in words.
    #[must_use]
    pub fn judge(&self, claim: &Claim) -> Vec<String> {
        let mut truth = self.published.lock().expect("no test panics while it judges");
        let channel = truth.entry((claim.epoch.clone(), claim.channel.clone())).or_default();
        let superseded = channel.superseded(self.history).clone();
        let events = &channel.events;
        let from = claim.from.or_else(|| claim.items.first().map(|(offset, _)| offset - 1)).unwrap_or(claim.to);
        let mut wrong = Vec::new();
        let lost = |offset: u64| {
            let reaches = |loss: &Loss| loss.stated.unwrap_or(loss.until).max(loss.until);
            claim.losses.iter().any(|loss| loss.from.unwrap_or(from) < offset && offset <= reaches(loss))
        };
        let had: BTreeSet<u64> = claim.items.iter().map(|(offset, _)| *offset).collect();
        let (seen, hidden): (Vec<_>, Vec<_>) =
            events.range(between(from, claim.to)).filter(|(offset, _)| !lost(**offset)).partition(|(_, event)| event.is_for(claim.side));
        self.hidden.fetch_add(hidden.len() as u64, Relaxed);
        self.shown.fetch_add(seen.iter().filter(|(_, event)| event.to.is_some()).count() as u64, Relaxed);
        // What a newer of its key took the place of is had or not: it is no loss.
        let (due, passed): (Vec<_>, Vec<_>) = seen
            .into_iter()
            .map(|(offset, event)| (*offset, event.number))
            .partition(|(offset, _)| had.contains(offset) || !superseded.ever.contains(offset));
        self.had.fetch_add(had.intersection(&superseded.ever).count() as u64, Relaxed);
        self.passed.fetch_add(passed.len() as u64, Relaxed);
        if claim.items != due {
            wrong.push(difference(&claim.items, &due));
        }
        // Nobody counts how much of a loss was for this one.
        let is_counted = events.values().all(|event| event.to.is_none());
        for loss in &claim.losses {
            if loss.missed.is_some() && (!is_counted || loss.reason == "reset") {
                wrong.push(format!("`missed` is {:?} where nobody can know it", loss.missed));
            }
            let Some(from) = loss.from else { continue };
            let count = events.range(between(from, loss.until)).filter(|(offset, _)| !superseded.kept.contains(offset)).count() as u64;
            if loss.missed.is_some_and(|missed| missed != count) {
                wrong.push(format!("`missed` is {:?} in ({from}, {}], where {count} were lost", loss.missed, loss.until));
            }
            if count == 0 && loss.reason != "reset" {
                wrong.push(format!("a gap ({from}, {}] where nothing was lost", loss.until));
            }
        }
        wrong.extend(claim.states.iter().filter_map(|state| channel.differs(state, claim.side)));
        wrong.iter().map(|wrong| format!("{} {} ({from}, {}]: {wrong}", claim.who, claim.channel, claim.to)).collect()
    }

    /// How many events were published.
    #[must_use]
    pub fn len(&self) -> usize {
        self.published.lock().expect("no test panics while it counts").values().map(|published| published.events.len()).sum()
    }

    /// Whether nothing was published.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// `(from, to]`
fn between(from: u64, to: u64) -> (Bound<u64>, Bound<u64>) {
    (Bound::Excluded(from), Bound::Included(to.max(from)))
}

/// The first place where two sequences part, in words.
fn difference(got: &[(u64, u64)], due: &[(u64, u64)]) -> String {
    let same = got.iter().zip(due).take_while(|(got, due)| got == due).count();
    let part = |all: &[(u64, u64)]| format!("{:?}", all.iter().skip(same).take(3).collect::<Vec<_>>());
    format!("got {} events, due {}; after {same} alike: got {}, due {}", got.len(), due.len(), part(got), part(due))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(items: &[(u64, u64)], losses: &[(u64, u64, Option<u64>)]) -> Claim {
        Claim {
            who: "a test".into(),
            channel: "c".into(),
            side: 0,
            epoch: "e".into(),
            from: Some(0),
            items: items.to_vec(),
            losses: losses
                .iter()
                .map(|(from, until, missed)| Loss {
                    from: Some(*from),
                    until: *until,
                    missed: *missed,
                    reason: "lagged".into(),
                    stated: None,
                })
                .collect(),
            states: Vec::new(),
            to: 10,
        }
    }

    #[test]
    fn the_judge_sees_every_kind_of_lie() {
        let truth = Truth::of(9);
        for (offset, number) in [(2, 20), (4, 40), (7, 70)] {
            truth.note(&Place { epoch: "e".into(), offset }, "c", Noted { number, ..Noted::default() });
        }
        let honest = [(2, 20), (4, 40), (7, 70)];
        assert_eq!(truth.judge(&claim(&honest, &[])), Vec::<String>::new());
        assert_eq!(truth.judge(&claim(&honest[2..], &[(0, 4, Some(2))])), Vec::<String>::new());
        let lies = [
            claim(&honest[1..], &[]),
            claim(&[(2, 20), (2, 20), (4, 40), (7, 70)], &[]),
            claim(&[(4, 40), (2, 20), (7, 70)], &[]),
            claim(&[(2, 21), (4, 40), (7, 70)], &[]),
            claim(&honest[2..], &[(0, 4, Some(1))]),
            claim(&honest, &[(4, 6, None)]),
            claim(&honest, &[(0, 4, Some(2))]),
        ];
        for lie in lies {
            assert_ne!(truth.judge(&lie), Vec::<String>::new(), "{lie:?}");
        }
    }

    #[test]
    fn what_was_superseded_may_be_had_or_not_and_no_gap_counts_it() {
        let truth = Truth::of(3);
        // 1 makes way for 3; 3 is dropped when 6 comes, so it is lost although 7 is the newest of its key.
        for (offset, key) in [(1, Some(1)), (2, None), (3, Some(1)), (4, None), (5, Some(2)), (6, None), (7, Some(1))] {
            truth.note(&Place { epoch: "e".into(), offset }, "c", Noted { number: offset * 10, key, to: None });
        }
        let all: Vec<(u64, u64)> = (1..=7).map(|offset| (offset, offset * 10)).collect();
        let without = |left: &[u64]| all.iter().copied().filter(|(offset, _)| !left.contains(offset)).collect::<Vec<_>>();
        for honest in [
            claim(&all, &[]),
            claim(&without(&[1]), &[]),
            claim(&without(&[1, 3]), &[]),
            claim(&all[3..], &[(0, 3, Some(2))]),
            claim(&all[4..], &[(0, 4, Some(3))]),
        ] {
            assert_eq!(truth.judge(&honest), Vec::<String>::new());
        }
        for lie in [
            claim(&without(&[5]), &[]),
            claim(&without(&[7]), &[]),
            claim(&without(&[2]), &[]),
            claim(&all[3..], &[(0, 3, Some(3))]),
            claim(&all[3..], &[(0, 3, Some(1))]),
            claim(&all[1..], &[(0, 1, None)]),
        ] {
            assert_ne!(truth.judge(&lie), Vec::<String>::new(), "{lie:?}");
        }
    }

    #[test]
    fn what_one_may_not_see_is_not_due_and_a_state_stands_for_what_was_lost() {
        let truth = Truth::of(9);
        for (offset, to) in [(1, None), (2, Some(0)), (3, Some(1)), (4, None), (5, Some(1)), (6, Some(0))] {
            truth.note(&Place { epoch: "e".into(), offset }, "c", Noted { number: offset * 10, key: None, to });
        }
        let seen = [(1, 10), (2, 20), (4, 40), (6, 60)];
        let stated = |items: &[(u64, u64)], until, offset, count, sum| {
            let mut claim = claim(items, &[(0, until, None)]);
            claim.losses[0].stated = Some(offset);
            claim.states.push(Stated { offset, count, sum });
            claim
        };
        for honest in [claim(&seen, &[]), claim(&seen[2..], &[(0, 3, None)]), stated(&seen[3..], 2, 5, 3, 70), stated(&[], 2, 6, 4, 130)] {
            assert_eq!(truth.judge(&honest), Vec::<String>::new());
        }
        for lie in [
            claim(&[(1, 10), (2, 20), (3, 30), (4, 40), (6, 60)], &[]),
            claim(&[(1, 10), (4, 40), (6, 60)], &[]),
            claim(&seen[2..], &[(0, 3, Some(3))]),
            stated(&seen[2..], 2, 5, 3, 70),
            stated(&seen[3..], 2, 5, 4, 70),
            stated(&seen[3..], 2, 5, 3, 120),
            stated(&[], 2, 5, 3, 70),
        ] {
            assert_ne!(truth.judge(&lie), Vec::<String>::new(), "{lie:?}");
        }
    }
}
