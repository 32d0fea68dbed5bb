//! The law: what a client got, over any mix of transports, cuts and sets, is what the publishers recorded, or a gap says otherwise.
//!
//! Nothing here asks the hub what it keeps. The truth is what `publish` answered to the publishers; a claim is what one
//! client got of one channel on one connection.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Mutex;

/// `(epoch, channel)` -> offset -> the number in the event.
#[derive(Debug, Default)]
pub struct Truth(Mutex<HashMap<(String, String), BTreeMap<u64, u64>>>);

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
}

/// What one client got of one channel on one connection.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Whose it is, for the report.
    pub who: String,
    /// The channel.
    pub channel: String,
    /// The epoch.
    pub epoch: String,
    /// Where it began, if the client could know.
    pub from: Option<u64>,
    /// Offset and number of each event, as they came.
    pub items: Vec<(u64, u64)>,
    /// The gaps, as they came.
    pub losses: Vec<Loss>,
    /// Up to where the client then believed to have had everything.
    pub to: u64,
}

impl Truth {
    /// Notes an event that was published.
    pub fn note(&self, place: &Place, channel: &str, number: u64) {
        let mut truth = self.0.lock().expect("no test panics while it notes");
        truth.entry((place.epoch.clone(), channel.to_owned())).or_default().insert(place.offset, number);
    }

    /// What is wrong with the claim, in words.
    #[must_use]
    pub fn judge(&self, claim: &Claim) -> Vec<String> {
        let truth = self.0.lock().expect("no test panics while it judges");
        let none = BTreeMap::new();
        let channel = truth.get(&(claim.epoch.clone(), claim.channel.clone())).unwrap_or(&none);
        let from = claim.from.or_else(|| claim.items.first().map(|(offset, _)| offset - 1)).unwrap_or(claim.to);
        let mut wrong = Vec::new();
        let lost = |offset: u64| claim.losses.iter().any(|loss| loss.from.unwrap_or(from) < offset && offset <= loss.until);
        let due: Vec<(u64, u64)> =
            channel.range(between(from, claim.to)).map(|(o, n)| (*o, *n)).filter(|(offset, _)| !lost(*offset)).collect();
        if claim.items != due {
            wrong.push(difference(&claim.items, &due));
        }
        for loss in &claim.losses {
            let Some(from) = loss.from else { continue };
            let count = channel.range(between(from, loss.until)).count() as u64;
            if loss.missed.is_some_and(|missed| missed != count) {
                wrong.push(format!("`missed` is {:?} in ({from}, {}], where {count} were lost", loss.missed, loss.until));
            }
            if count == 0 && loss.reason != "reset" {
                wrong.push(format!("a gap ({from}, {}] where nothing was lost", loss.until));
            }
            if (loss.reason == "reset") && loss.missed.is_some() {
                wrong.push("a reset says how many were missed".into());
            }
        }
        wrong.iter().map(|wrong| format!("{} {} ({from}, {}]: {wrong}", claim.who, claim.channel, claim.to)).collect()
    }

    /// How many events were published.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().expect("no test panics while it counts").values().map(BTreeMap::len).sum()
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
            epoch: "e".into(),
            from: Some(0),
            items: items.to_vec(),
            losses: losses
                .iter()
                .map(|(from, until, missed)| Loss { from: Some(*from), until: *until, missed: *missed, reason: "lagged".into() })
                .collect(),
            to: 10,
        }
    }

    #[test]
    fn the_judge_sees_every_kind_of_lie() {
        let truth = Truth::default();
        for (offset, number) in [(2, 20), (4, 40), (7, 70)] {
            truth.note(&Place { epoch: "e".into(), offset }, "c", number);
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
}
