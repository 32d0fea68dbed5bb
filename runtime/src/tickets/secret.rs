//! What the nodes of an application share, so that each opens the tickets of all.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use thiserror::Error;

/// The secret that tickets are sealed with: 32 bytes, the same on every node, known to nobody else.
///
/// ```
/// use triwire::TicketSecret;
///
/// // Of `openssl rand -hex 32`, say; base64 does as well.
/// let secret: TicketSecret = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".parse()?;
/// assert_eq!(format!("{secret:?}"), "TicketSecret(..)");
/// # Ok::<(), triwire::TicketSecretError>(())
/// ```
#[derive(Clone)]
pub struct TicketSecret(pub(super) [u8; 32]);

/// Why a text is not a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a secret of tickets is 32 bytes, as 64 hexadecimal digits or in base64")]
pub struct TicketSecretError;

impl TicketSecret {
    /// A secret that nobody has: for one node, whose tickets need not outlive it.
    ///
    /// # Panics
    /// Where the operating system has no randomness to give.
    #[must_use]
    pub fn generate() -> Self {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).expect("the operating system gives randomness");
        Self(secret)
    }
}

impl From<[u8; 32]> for TicketSecret {
    fn from(secret: [u8; 32]) -> Self {
        Self(secret)
    }
}

impl FromStr for TicketSecret {
    type Err = TicketSecretError;

    /// Reads hexadecimal digits, or base64 in either alphabet, padded or not.
    fn from_str(text: &str) -> Result<Self, TicketSecretError> {
        let text = text.trim();
        let bytes = if text.len() == 64 {
            HEXLOWER_PERMISSIVE.decode(text.as_bytes())
        } else {
            let text = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
            BASE64URL_NOPAD.decode(text.as_bytes())
        };
        let bytes = bytes.map_err(|_| TicketSecretError)?;
        bytes.try_into().map(Self).map_err(|_| TicketSecretError)
    }
}

/// Nothing of it is printed.
impl fmt::Debug for TicketSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_as_operators_write_it() {
        let bytes = [0xfb; 32];
        for text in [
            "fb".repeat(32),
            "FB".repeat(32),
            "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=".to_owned(),
            "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s\n".to_owned(),
        ] {
            assert_eq!(text.parse::<TicketSecret>().map(|secret| secret.0), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_shorter_or_longer_or_no_secret_at_all_is_refused() {
        let texts = ["", "secret", &"fb".repeat(31), &"fb".repeat(33), &"xy".repeat(32), &"A".repeat(42), &"A".repeat(44)];
        for text in texts {
            assert_eq!(text.parse::<TicketSecret>().map(|secret| secret.0), Err(TicketSecretError), "{text}");
        }
    }

    #[test]
    fn no_two_are_made_alike_and_none_is_printed() {
        assert_ne!(TicketSecret::generate().0, TicketSecret::generate().0);
        assert_eq!(format!("{:?}", TicketSecret::from([7; 32])), "TicketSecret(..)");
    }
}
