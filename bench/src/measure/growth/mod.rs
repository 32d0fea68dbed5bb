//! What becomes dearer as a hub grows, and what does not: without sockets, in one thread.

mod deliver;
mod memory;
mod publish;
mod turns;

use triwire::{Hub, Limits};

use super::{Options, Report};
use crate::event::{BenchEvent, Publish};

pub(super) fn run(options: &Options) -> Result<Report, String> {
    let mut report = Report::new("growth", options);
    report.notes.push(format!(
        "No sockets, one thread, {} bytes an event. Times are of that thread's processor: median (lowest..highest) of {} slices, in each of \
         which all sizes had their turn.",
        options.bytes, options.slices
    ));
    // First what is resident: later it is not told apart from what was given back.
    memory::run(options, &mut report)?;
    publish::run(options, &mut report)?;
    turns::run(options, &mut report)?;
    deliver::run(options, &mut report)?;
    Ok(report)
}

/// Those of the sizes that the options allow.
fn sizes<const N: usize>(sizes: [usize; N], options: &Options) -> Vec<usize> {
    sizes.into_iter().filter(|size| *size <= options.subscribers).collect()
}

/// A number with its thousands apart.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let group = |(at, digit): (usize, char)| {
        let apart = at > 0 && (digits.len() - at).is_multiple_of(3);
        apart.then_some(',').into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(group).collect()
}

/// A hub with so many channels of so many events each, and nobody who reads them.
async fn filled(limits: Limits, channels: usize, events: u64, bytes: usize) -> Result<Hub<BenchEvent>, String> {
    let hub = Hub::builder().limits(limits).build();
    let rooms = u32::try_from(channels).map_err(|_| "too many channels")?;
    let publish = Publish { room: 0, rooms, first: 1, count: events, bytes, at: 0 };
    for event in publish.events() {
        hub.publish(event).await.map_err(|error| error.to_string())?;
    }
    Ok(hub)
}

#[cfg(test)]
mod tests {
    use super::super::core::runtime;
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 10, 999, 1_000, 100_000, 1_000_000].map(thousands), ["0", "10", "999", "1,000", "100,000", "1,000,000"]);
    }

    #[test]
    fn a_hub_is_filled() {
        let hub = runtime().block_on(filled(Limits::default(), 30, 2, 150)).expect("it takes all");
        let stats = hub.stats();
        assert_eq!((stats.channels, stats.published), (30, 60));
    }
}
