//! Finds the stamps in a stream of bytes, wherever a read cuts them.

use crate::event::{DIGITS, MARK, Stamp};

/// Where one client's stream stands.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    digits: [u8; DIGITS],
    /// How many of the digits were read; none while outside of a stamp.
    filled: Option<usize>,
}

impl Scanner {
    /// Hands out each stamp that these bytes complete; none where digits should stand and do not.
    pub(super) fn scan(&mut self, mut bytes: &[u8], mut found: impl FnMut(Option<Stamp>)) {
        loop {
            let filled = match self.filled {
                Some(filled) => filled,
                None => match memchr::memchr(MARK, bytes) {
                    None => return,
                    Some(at) => {
                        bytes = &bytes[at + 1..];
                        0
                    }
                },
            };
            let take = bytes.len().min(DIGITS - filled);
            self.digits[filled..filled + take].copy_from_slice(&bytes[..take]);
            bytes = &bytes[take..];
            if filled + take < DIGITS {
                self.filled = Some(filled + take);
                return;
            }
            self.filled = None;
            found(Stamp::read(&self.digits));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(number: u64) -> Stamp {
        Stamp { number, at: u64::MAX - number }
    }

    #[test]
    fn a_stamp_is_found_wherever_a_read_cuts_it() {
        let text = format!("{{\"a\":\"{}\"}}{}tail{}", stamp(1), stamp(2), stamp(3));
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let (mut scanner, mut found) = (Scanner::default(), Vec::new());
                for part in [&text[..first], &text[first..second], &text[second..]] {
                    scanner.scan(part.as_bytes(), |stamp| found.push(stamp.expect("these are stamps")));
                }
                assert_eq!(found, [stamp(1), stamp(2), stamp(3)], "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn a_mark_without_its_digits_is_no_stamp() {
        let mut found = Vec::new();
        Scanner::default().scan(format!("~{}", "z".repeat(DIGITS)).as_bytes(), |stamp| found.push(stamp));
        assert_eq!(found, [None]);
    }
}
