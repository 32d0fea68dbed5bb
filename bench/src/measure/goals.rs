//! What is to be reached, and whether it was.

use super::report::short;
use super::{Report, Sample, Table};

struct Goal {
    workload: &'static str,
    transport: &'static str,
    column: &'static str,
    /// Of which of ours.
    name: &'static str,
    bound: Bound,
    /// Whether it must be below every contestant, too.
    below_all: bool,
}

#[derive(Clone, Copy)]
enum Bound {
    Most(f64),
    Least(f64),
}

const fn most(workload: &'static str, transport: &'static str, column: &'static str, most: f64, below_all: bool) -> Goal {
    Goal { workload, transport, column, name: "triwire", bound: Bound::Most(most), below_all }
}

const GOALS: &[Goal] = &[
    most("fanout", "ws", "one ratio", 1.12, true),
    most("fanout", "ws", "burst ratio", 1.4, true),
    Goal { name: AXUM, ..most("fanout", "sse", "one ratio", 1.4, false) },
    Goal { name: AXUM, ..most("fanout", "sse", "burst ratio", 1.7, false) },
    most("fanout", "sse", "one ratio", 1.2, true),
    most("fanout", "sse", "burst ratio", 1.6, true),
    most("fanout", "poll", "one ratio", 1.7, true),
    most("idle", "ws", "RSS KiB", 2.0, true),
    most("idle", "sse", "RSS KiB", 5.0, true),
    Goal { name: "deflate", ..most("deflate", "ws", "one ratio", 1.3, false) },
    Goal { name: "deflate", ..most("deflate", "ws", "burst ratio", 1.3, false) },
    most("core", "in a row", "burst ns", 25.0, false),
    most("core", "in a row", "burst ratio", 0.5, false),
    most("core", "in any order", "burst ns", 25.0, false),
    most("core", "in any order", "burst ratio", 0.5, false),
    most("latency", "ws", "p99 ratio", 1.5, false),
    most("latency", "sse", "p99 ratio", 1.5, false),
    most("slow", "ws", "MiB", 2.0, false),
    most("slow", "sse", "MiB", 2.0, false),
    Goal { bound: Bound::Least(10.0), ..most("slow", "ws", "told", 0.0, false) },
    Goal { bound: Bound::Least(10.0), ..most("slow", "sse", "told", 0.0, false) },
];

/// Ours under `axum::serve`.
const AXUM: &str = "triwire-axum";

/// What is no contestant: ours, and what they are measured against.
const OURS: [&str; 5] = ["triwire", "triwire-guarded", AXUM, "limit", "bare"];

/// Says of each goal that was measured whether it was met.
pub(super) fn judge(report: &Report) -> Vec<String> {
    let of_workload = GOALS.iter().filter(|goal| goal.workload == report.name);
    of_workload.filter_map(|goal| goal.judge(report.tables.iter().find(|table| table.title == goal.transport)?)).collect()
}

impl Goal {
    fn judge(&self, table: &Table) -> Option<String> {
        let own = sample(table, self.name, self.column)?;
        let (is_met, bound) = match self.bound {
            Bound::Most(most) => (own.median <= most, format!("at most {}", short(most))),
            Bound::Least(least) => (own.median >= least, format!("at least {}", short(least))),
        };
        let verdict = if is_met { "met" } else { "missed" };
        let mut text = format!("{} {}, {}: {}, to be {bound}: {verdict}", table.title, self.column, self.name, short(own.median));
        if self.below_all {
            let others = table.rows.iter().filter(|row| !OURS.contains(&row.name.as_str()));
            let others: Vec<_> = others.filter_map(|row| Some((row.name.as_str(), sample(table, &row.name, self.column)?))).collect();
            let of = |is: fn(&Sample, &Sample) -> bool| {
                let names = others.iter().filter(|(_, other)| is(&own, other)).map(|(name, _)| *name);
                names.collect::<Vec<_>>().join(", ")
            };
            let equal = of(|own, other| !own.is_below(other) && !other.is_below(own));
            for (what, names) in [("below", of(Sample::is_below)), ("equal to", equal), ("above", of(|own, other| other.is_below(own)))] {
                if !names.is_empty() {
                    text += &format!("; {what} {names}");
                }
            }
        }
        Some(text)
    }
}

fn sample(table: &Table, name: &str, column: &str) -> Option<Sample> {
    let at = table.columns.iter().position(|other| *other == column)?;
    *table.rows.iter().find(|row| row.name == name)?.cells.get(at)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Row;

    fn judged(figures: &[(&str, [f64; 2])]) -> Vec<String> {
        let row = |(name, range): &(&str, [f64; 2])| Row { name: (*name).into(), cells: vec![Sample::of(range.to_vec())] };
        let table = Table { title: "ws".into(), columns: vec!["one ratio"], rows: figures.iter().map(row).collect() };
        judge(&Report { name: "fanout", tables: vec![table], ..Report::default() })
    }

    #[test]
    fn below_is_said_only_where_no_range_overlaps() {
        let said = judged(&[("limit", [0.5, 0.5]), ("triwire", [1.0, 1.2]), ("a", [1.3, 1.4]), ("b", [1.2, 1.4]), ("c", [0.8, 0.9])]);
        assert_eq!(said, ["ws one ratio, triwire: 1.10, to be at most 1.12: met; below a; equal to b; above c"]);
    }

    #[test]
    fn a_goal_that_is_missed_is_said_and_one_that_was_not_measured_is_not() {
        assert_eq!(judged(&[("triwire", [1.2, 1.2])]), ["ws one ratio, triwire: 1.20, to be at most 1.12: missed"]);
        assert!(judged(&[("axum", [1.0, 1.0])]).is_empty());
    }
}
