//! What is published: JSON of a chosen size, with a stamp in it that is found without parsing.

use std::fmt;
use std::str::FromStr;

use rustix::time::{ClockId, clock_gettime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::Realtime;

/// The one event, the same for every contestant in Rust.
#[derive(Realtime, Serialize, Deserialize, JsonSchema, Debug, Clone)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum BenchEvent {
    /// Something happened.
    #[realtime(channel = "room:{room}")]
    Tick {
        /// Where.
        room: u32,
        /// A [`Stamp`] as text.
        stamp: String,
        /// Fills it up to the size that is measured.
        text: String,
    },
}

/// What the load tool finds in the bytes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Counts the events of one server from 1.
    pub number: u64,
    /// When it was asked for, by [`now`].
    pub at: u64,
}

/// Stands before a stamp and nowhere else in what any contestant sends: no name, id or header of theirs has it.
pub const MARK: u8 = b'~';
/// Two numbers in hexadecimal, of one length each, so that all events of a run have the same size.
pub const DIGITS: usize = 32;

impl Stamp {
    /// Reads what stands after the mark.
    #[must_use]
    pub fn read(digits: &[u8; DIGITS]) -> Option<Self> {
        let number = |part: &[u8]| u64::from_str_radix(std::str::from_utf8(part).ok()?, 16).ok();
        Some(Self { number: number(&digits[..16])?, at: number(&digits[16..])? })
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:016x}{:016x}", MARK as char, self.number, self.at)
    }
}

/// Nanoseconds of the monotonic clock, which all processes of one machine share.
#[must_use]
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).expect("the monotonic clock began at zero")
}

/// One line on a contestant's standard input: publish these at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publish {
    /// On the channels `room:ROOM`, from this one.
    pub room: u32,
    /// So many of them.
    pub rooms: u32,
    /// The number of the first; the others follow it.
    pub first: u64,
    /// How many on each channel.
    pub count: u64,
    /// The size of each, as JSON.
    pub bytes: usize,
    /// When this was asked for.
    pub at: u64,
}

impl Publish {
    /// The events to publish, in order, one channel after the other.
    pub fn events(self) -> impl Iterator<Item = BenchEvent> {
        let rooms = (self.room..self.room + self.rooms).flat_map(move |room| (0..self.count).map(move |_| room));
        rooms.zip(self.first..).map(move |(room, number)| {
            let stamp = Stamp { number, at: self.at }.to_string();
            // What stands around the text; rooms have few digits, and the size is exact to those.
            let around = r#"{"type":"tick","room":0,"stamp":"","text":""}"#.len() + stamp.len();
            BenchEvent::Tick { room, stamp, text: text(self.bytes.saturating_sub(around)) }
        })
    }
}

impl BenchEvent {
    /// What an application sends of it.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("numbers and texts are JSON")
    }

    /// The number of its channel.
    #[must_use]
    pub fn room(&self) -> u32 {
        let Self::Tick { room, .. } = self;
        *room
    }
}

impl fmt::Display for Publish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { room, rooms, first, count, bytes, at } = self;
        write!(f, "publish {room} {rooms} {first} {count} {bytes} {at}")
    }
}

impl FromStr for Publish {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words = line.strip_prefix("publish ");
        let mut words = words.ok_or_else(|| format!("`{line}` asks for nothing known"))?.split_ascii_whitespace();
        let mut read = || {
            let mut number = || words.next()?.parse::<u64>().ok();
            let (room, rooms) = (number()?.try_into().ok()?, number()?.try_into().ok()?);
            let publish = Self { room, rooms, first: number()?, count: number()?, bytes: number()?.try_into().ok()?, at: number()? };
            words.next().is_none().then_some(publish)
        };
        read().ok_or_else(|| format!("`{line}` is no `publish ROOM ROOMS FIRST COUNT BYTES AT`"))
    }
}

/// So many bytes of prose: what compresses as people's texts do, not better.
fn text(bytes: usize) -> String {
    const PROSE: &str = "Nobody had seen the river so high since the bridge was built, and the miller, who had, would not be \
        asked. Seven lamps stood along the bank; by ten o'clock two were out, and whoever lived in the low street carried chairs, a clock \
        and a cage with a finch up the hill. Towards morning it stopped raining. The water went on for a while, as such things do. ";
    let mut text = PROSE.repeat(bytes / PROSE.len() + 1);
    text.truncate(bytes);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISH: Publish = Publish { room: 3, rooms: 2, first: 10, count: 2, bytes: 150, at: 77 };

    #[test]
    fn what_is_published_is_read_as_it_was_written() {
        assert_eq!(PUBLISH.to_string().parse(), Ok(PUBLISH));
        for line in ["", "publish 1 2 3", "publish 1 1 1 1 1 x", "stop"] {
            assert!(line.parse::<Publish>().is_err(), "`{line}`");
        }
    }

    #[test]
    fn events_are_numbered_room_by_room_and_have_their_size() {
        let events: Vec<_> = PUBLISH.events().collect();
        let stamped = |(number, event): (u64, &BenchEvent)| event.json().contains(&Stamp { number, at: 77 }.to_string());
        assert!((10..).zip(&events).all(stamped), "{events:?}");
        assert_eq!(events.iter().map(BenchEvent::room).collect::<Vec<_>>(), [3, 3, 4, 4]);
        assert!(events.iter().all(|event| event.json().len() == 150), "{events:?}");
        assert_eq!(events[0].json().bytes().filter(|byte| *byte == MARK).count(), 1);
    }
}
