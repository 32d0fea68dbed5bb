//! The cost of a delivery, as the readers of one channel become many.

use tokio::runtime::Runtime;

use super::super::core::{BURST, runtime, slice};
use super::super::{Options, Report, Row, Sample, Table};
use super::{sizes, thousands};
use crate::crowd::{Broadcast, Crowd, Raws, Readers};

const READERS: [usize; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];
/// What is flat, give or take what the day adds.
const FLAT: f64 = 1.1;

/// Slices of one size.
#[derive(Default)]
struct Column {
    burst: Vec<f64>,
    one: Vec<f64>,
}

pub(super) fn run(options: &Options, report: &mut Report) -> Result<(), String> {
    report.notes.push(format!(
        "Deliveries: nanoseconds each, in bursts of {BURST} and one at a time, publishing included; `in a row` readers are woken in the order \
         in which they lie in memory, `in any order` not. `broadcast` is `tokio::sync::broadcast`, polled likewise. Every reader got every event."
    ));
    let (runtime, sizes) = (runtime(), sizes(READERS, options));
    for (any_order, order) in [(false, "in a row"), (true, "in any order")] {
        let own = columns::<Raws>(&runtime, &sizes, any_order, options)?;
        let broadcast = columns::<Broadcast>(&runtime, &sizes, any_order, options)?;
        report.goals.extend(goal(order, &sizes, &own));
        let columns = vec!["burst ns", "one ns", "broadcast burst ns", "broadcast one ns"];
        let rows = sizes.iter().zip(own).zip(broadcast).map(|((size, own), broadcast)| {
            let cells = [own.burst, own.one, broadcast.burst, broadcast.one].map(Sample::of);
            Row { name: thousands(*size), cells: cells.into() }
        });
        report.tables.push(Table { title: format!("subscribers, {order}"), columns, rows: rows.collect() });
    }
    Ok(())
}

/// All sizes in turns, after a round that does not count.
fn columns<R: Readers>(runtime: &Runtime, sizes: &[usize], any_order: bool, options: &Options) -> Result<Vec<Column>, String> {
    let _entered = runtime.enter();
    let mut crowds = sizes.iter().map(|size| Crowd::<R>::new(*size, any_order)).collect::<Result<Vec<_>, _>>()?;
    let mut columns: Vec<Column> = sizes.iter().map(|_| Column::default()).collect();
    for at in 0..=options.slices {
        for (crowd, column) in crowds.iter_mut().zip(&mut columns) {
            let (burst, one) = (slice(runtime, crowd, BURST, options.bytes)?, slice(runtime, crowd, 1, options.bytes)?);
            if at > 0 {
                column.burst.push(burst);
                column.one.push(one);
            }
        }
    }
    crowds.iter().try_for_each(Crowd::check)?;
    Ok(columns)
}

fn goal(order: &str, sizes: &[usize], own: &[Column]) -> Option<String> {
    let column = |size| own.get(sizes.iter().position(|other| *other == size)?);
    let (few, many) = (column(100)?, column(10_000)?);
    let ratio = |few: &[f64], many: &[f64]| Sample::of(many.iter().zip(few).map(|(many, few)| many / few).collect());
    let (burst, one) = (ratio(&few.burst, &many.burst)?.median, ratio(&few.one, &many.one)?.median);
    let reached = if burst <= FLAT && one <= FLAT { "reached" } else { "missed" };
    Some(format!("{order}: a delivery to one of 10,000 costs at most {FLAT} of one to 100: {reached} (bursts {burst:.2}, one {one:.2})"))
}
