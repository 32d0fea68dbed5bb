//! A place in a hub's one sequence, and its text form. Floor 0.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::PositionError;

/// An event's place in its hub, and how far a reader has come: `EPOCH-OFFSET`.
///
/// It says: all that concerned my channels up to here I have had. One position serves any set of channels,
/// on any transport. Clients treat it as opaque text.
///
/// ```
/// let position: triwire::Position = "1z141z3-42".parse()?;
/// assert_eq!(position.to_string(), "1z141z3-42");
/// # Ok::<(), triwire::PositionError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// Which making of the hub's store the offset belongs to.
    pub epoch: Epoch,
    /// The place in that store's sequence; the first event has 1.
    pub offset: u64,
}

/// 64 random bits, made when the store of a hub is made: an old position can never match a newer event by accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(pub u64);

impl Epoch {
    /// A new one, from the operating system's randomness.
    #[must_use]
    pub fn random() -> Self {
        Self(getrandom::u64().expect("the operating system has randomness"))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 64 bits have at most 13 digits in base 36.
        let (mut digits, mut at, mut rest) = ([0u8; 13], 13, self.0);
        loop {
            at -= 1;
            digits[at] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize];
            rest /= 36;
            if rest == 0 {
                return f.write_str(std::str::from_utf8(&digits[at..]).expect("the digits are ASCII"));
            }
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.offset)
    }
}

impl FromStr for Position {
    type Err = PositionError;

    /// Reads only what `Display` writes: lower case, no sign, no leading zero, nothing around it.
    fn from_str(text: &str) -> Result<Self, PositionError> {
        let (epoch, offset) = text.split_once('-').ok_or(PositionError)?;
        let epoch = Epoch(u64::from_str_radix(epoch, 36).map_err(|_| PositionError)?);
        let position = Self { epoch, offset: offset.parse().map_err(|_| PositionError)? };
        if position.to_string() == text { Ok(position) } else { Err(PositionError) }
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Where a reader begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Since {
    /// With what comes from now on.
    #[default]
    Now,
    /// With the oldest event that is kept; what was dropped before is no gap.
    Earliest,
    /// After this position.
    At(Position),
    /// After something that is no position of this hub: answered by a gap `reset`.
    Lost,
}

impl From<Position> for Since {
    fn from(position: Position) -> Self {
        Self::At(position)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Any position reads back, and any text that reads is the one form of its position.
        #[test]
        fn a_position_has_one_form(epoch: u64, offset: u64, text in "[0-9a-z+-]{0,14}(-[0-9]{0,20})?") {
            let position = Position { epoch: Epoch(epoch), offset };
            prop_assert_eq!(position.to_string().parse(), Ok(position));
            if let Ok(position) = text.parse::<Position>() {
                prop_assert_eq!(position.to_string(), text);
            }
        }
    }

    #[test]
    fn a_position_reads_what_it_prints_and_nothing_else() {
        for (epoch, offset) in [(0, 0), (35, 1), (36, 42), (u64::MAX, u64::MAX)] {
            let position = Position { epoch: Epoch(epoch), offset };
            assert_eq!(position.to_string().parse(), Ok(position));
        }
        for text in
            ["", "-", "a", "a-", "-1", "a-01", "a-+1", "0a-1", "A-1", " a-1", "a-1 ", "a--1", "zzzzzzzzzzzzzz-1", "a-18446744073709551616"]
        {
            assert_eq!(text.parse::<Position>(), Err(PositionError), "{text}");
        }
    }
}
