//! Mutated frames, read by the decoder with and without deflate.

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use fastrand::Rng;
use triwire::__websocket::{Decoder, Received, Violation};

use super::driver::{Input, Outcome, Report, drive, hex, share};
use super::frames::frames;
use super::mutate::mutate;

/// What comes from one client, in pieces of these sizes in turn.
struct Bytes<const DEFLATE: bool> {
    limit: usize,
    bytes: Vec<u8>,
    sizes: [usize; 4],
}

impl<const DEFLATE: bool> fmt::Debug for Bytes<DEFLATE> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, bytes, sizes } = self;
        write!(formatter, "limit {limit}, deflate {DEFLATE}, pieces of {sizes:?} bytes, of {}", hex(bytes))
    }
}

/// All that was read, in one number, and how it ended.
#[derive(PartialEq, Eq)]
struct Read {
    received: u64,
    violation: Option<Violation>,
}

impl<const DEFLATE: bool> Bytes<DEFLATE> {
    fn decoder(&self) -> Decoder {
        let decoder = Decoder::new(self.limit);
        if DEFLATE { decoder.with_deflate() } else { decoder }
    }

    fn read(&self, sizes: &[usize]) -> Result<Read, &'static str> {
        let (mut decoder, mut hasher, mut rest) = (self.decoder(), DefaultHasher::new(), &self.bytes[..]);
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (mut piece, after) = rest.split_at(rest.len().min(*size));
            rest = after;
            loop {
                match decoder.decode(&mut piece) {
                    Ok(Some(received)) => self.look(&received, &mut hasher)?,
                    Ok(None) if piece.is_empty() => break,
                    Ok(None) => return Err("nothing is given, and bytes are left"),
                    Err(violation) => return Ok(Read { received: hasher.finish(), violation: Some(violation) }),
                }
            }
        }
        Ok(Read { received: hasher.finish(), violation: None })
    }

    /// Whether it is of a size that was allowed.
    fn look(&self, received: &Received, hasher: &mut DefaultHasher) -> Result<(), &'static str> {
        let (kind, bytes, most) = match received {
            Received::Text(text) => (1, text.as_bytes(), self.limit),
            Received::Binary(bytes) => (2, &bytes[..], self.limit),
            Received::Ping(bytes) => (9, &bytes[..], 125),
            Received::Pong(bytes) => (10, &bytes[..], 125),
            Received::Close(code, reason) => (code.unwrap_or(8), reason.as_bytes(), 123),
        };
        (kind, bytes).hash(hasher);
        if bytes.len() > most { Err("it is longer than the limit") } else { Ok(()) }
    }

    /// Whether the first header is there as a whole, and is accepted.
    fn is_entered(&self) -> bool {
        let length = match self.bytes.get(1) {
            None => return false,
            Some(byte) if byte & 0x7f == 126 => 8,
            Some(byte) if byte & 0x7f == 127 => 14,
            Some(_) => 6,
        };
        self.bytes.get(..length).is_some_and(|mut header| self.decoder().decode(&mut header).is_ok())
    }
}

impl<const DEFLATE: bool> Input for Bytes<DEFLATE> {
    fn make(dice: &mut Rng) -> Self {
        let limit = dice.choice([0, 1, 125, 1_000, 4_096, 65_536, 65_536, 65_536]).expect("there are some");
        let mut bytes = frames(dice, DEFLATE);
        mutate(dice, &mut bytes);
        let sizes = std::array::from_fn(|_| if dice.bool() { dice.usize(1..16) } else { dice.usize(1..4_096) });
        Self { limit, bytes, sizes }
    }

    fn run(&self) -> Result<Outcome, &'static str> {
        let whole = self.read(&[usize::MAX])?;
        if self.read(&self.sizes)? != whole {
            return Err("it is read in another way when it comes in pieces");
        }
        Ok(Outcome { entered: self.is_entered(), refused: whole.violation.is_some() })
    }

    /// A message, once more while it is moved to where it has more room, and a control frame; then what it is inflated into, while that is
    /// moved, and zlib's state.
    fn memory(&self) -> u64 {
        let plain = 2 * self.limit + 512;
        let inflated = 3 * self.limit + self.limit / 8 + (48 << 10);
        if DEFLATE { inflated as u64 } else { plain as u64 }
    }
}

/// A third is meant to get into the payload, and all do not get through.
fn is_worth_it(report: &Report) {
    let Report { inputs, entered, refused } = report;
    assert!(3 * entered >= *inputs, "{entered} of {inputs} came past the header");
    assert!(refused * 10 >= *inputs && refused * 10 <= inputs * 9, "{refused} of {inputs} were refused");
}

#[test]
fn any_bytes_are_read_or_refused() {
    is_worth_it(&drive::<Bytes<false>>("frames", share(40)));
}

#[test]
fn any_compressed_bytes_are_read_or_refused() {
    is_worth_it(&drive::<Bytes<true>>("frames with deflate", share(40)));
}
