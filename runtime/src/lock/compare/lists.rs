//! Lists, and tuples, which are lists whose items have each a schema of its own.

use super::Comparison;
use crate::lock::Place;
use crate::lock::number::Moved;
use crate::lock::rules::{TYPE_NARROWED, TYPE_WIDENED};
use crate::lock::shape::{Case, List};
use crate::lock::words::bounds;

impl<'a> Comparison<'a> {
    pub(super) fn lists(&mut self, place: &Place, old: &[Case<'a>], new: &[Case<'a>]) {
        let paired = self.pair(&lists(old), &lists(new), |comparison, one, two| comparison.are_same(one.source, two.source));
        for (one, two) in &paired.both {
            self.list(place, one, two);
        }
        for _ in paired.removed {
            self.tell(&TYPE_NARROWED, place, "it is no longer a list, or not of this kind".to_owned());
        }
        for _ in paired.added {
            self.tell(&TYPE_WIDENED, place, "it is also a list, or of one more kind".to_owned());
        }
    }

    fn list(&mut self, place: &Place, old: &List<'a>, new: &List<'a>) {
        let what = || format!("it had {} items, it has {}", bounds(old.count), bounds(new.count));
        self.moved(place, old.count.moved_to(new.count), &what);
        let unique = Moved { is_wider: old.is_unique && !new.is_unique, is_narrower: !old.is_unique && new.is_unique };
        self.moved(place, unique, &|| "whether its items must differ has changed".to_owned());

        let places = old.first.len().max(new.first.len());
        for at in (0..places).filter(|at| old.reaches(*at) && new.reaches(*at)) {
            self.schemas(&place.item(at), old.item(at), new.item(at));
        }
        if old.reaches(places) && new.reaches(places) {
            self.schemas(&place.each(), old.rest, new.rest);
        }
    }
}

fn lists<'a>(cases: &[Case<'a>]) -> Vec<List<'a>> {
    let found = cases.iter().filter_map(|case| match case {
        Case::List(list) => Some(list.clone()),
        _ => None,
    });
    found.collect()
}
