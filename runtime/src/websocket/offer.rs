//! What of a client's offers of permessage-deflate is agreed to (RFC 7692 sections 5 and 7.1).

/// How far back what the server compresses refers: 4 KiB. Up to there an event's own repetitions lie, a larger window made events of 64 KiB
/// smaller by 4 per cent, and what no client forbids can be sent to all.
pub(super) const WINDOW_BITS: u8 = 12;

/// What was agreed with one client. Neither side remembers one message for the next, so that what is compressed once fits all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Agreed {
    /// The client's `server_max_window_bits`.
    window_bits: Option<u8>,
}

impl Agreed {
    /// The value of `Sec-WebSocket-Extensions` in the answer.
    pub fn answer(self) -> String {
        let window = self.window_bits.map(|bits| format!("; server_max_window_bits={}", bits.min(WINDOW_BITS)));
        format!("permessage-deflate; server_no_context_takeover; client_no_context_takeover{}", window.unwrap_or_default())
    }

    /// Whether a text of so many bytes may be compressed for this client: with a window smaller than ours only what lies in it whole.
    pub fn takes(self, bytes: usize) -> bool {
        self.window_bits.is_none_or(|bits| bits >= WINDOW_BITS || bytes <= 1 << bits)
    }
}

/// The first offer that can be accepted, of all lines of `Sec-WebSocket-Extensions`.
///
/// A comma or semicolon inside quotes needs no care: what is quoted is a token too (RFC 6455 section 9.1).
pub fn negotiate<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Agreed> {
    lines.flat_map(|line| line.split(',')).find_map(accept)
}

/// An offer with a parameter that is unknown, there twice or not as the RFC writes it is declined (RFC 7692 section 7.1).
fn accept(offer: &str) -> Option<Agreed> {
    let mut parts = offer.split(';').map(trim);
    if parts.next() != Some("permessage-deflate") {
        return None;
    }
    let (mut given, mut window_bits) = (Vec::new(), None);
    for part in parts {
        let (name, value) = part.split_once('=').map_or((part, None), |(name, value)| (trim(name), Some(trim(value))));
        if given.contains(&name) {
            return None;
        }
        given.push(name);
        match (name, value) {
            // Both are so in any case; and how far back a client refers is its own to choose.
            ("server_no_context_takeover" | "client_no_context_takeover" | "client_max_window_bits", None) => {}
            ("client_max_window_bits", Some(value)) => _ = bits(value)?,
            ("server_max_window_bits", Some(value)) => window_bits = Some(bits(value)?),
            _ => return None,
        }
    }
    Some(Agreed { window_bits })
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// "a decimal integer value without leading zeroes between 8 to 15, inclusive" (RFC 7692 section 7.1.2).
fn bits(value: &str) -> Option<u8> {
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    (8..=15).find(|bits| bits.to_string() == value)
}
