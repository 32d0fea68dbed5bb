//! The header of a frame that comes in (RFC 6455 section 5.2), and the mask over its payload.

use crate::websocket::{CONTROL_BYTES, Opcode};

/// As much of a header as has come.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Head {
    bytes: [u8; 14],
    come: u8,
}

impl Head {
    /// Whether nothing of it has come.
    pub(super) fn is_empty(&self) -> bool {
        self.come == 0
    }

    /// How long it is, as far as can be told. The mask of a frame that has none is not waited for.
    fn length(&self) -> usize {
        if self.come < 2 {
            return 2;
        }
        let length = match self.bytes[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        2 + length + if self.bytes[1] & 0x80 == 0 { 0 } else { 4 }
    }

    /// Takes bytes off the front until it is whole; none while more must come.
    pub(super) fn fill<'a>(&'a mut self, input: &mut &[u8]) -> Option<&'a [u8]> {
        while usize::from(self.come) < self.length() {
            let come = usize::from(self.come);
            let (taken, rest) = input.split_at(input.len().min(self.length() - come));
            if taken.is_empty() {
                return None;
            }
            self.bytes[come..come + taken.len()].copy_from_slice(taken);
            self.come += taken.len() as u8;
            *input = rest;
        }
        Some(&self.bytes[..self.length()])
    }
}

/// What a header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// How much of the payload is still to come.
    pub(super) left: u64,
    /// Its first byte is for the next byte of the payload.
    pub(super) mask: [u8; 4],
    pub(super) opcode: Opcode,
    /// The last frame of its message.
    pub(super) last: bool,
    pub(super) compressed: bool,
}

impl Frame {
    /// Reads a whole header; what is wrong, where it breaks a rule that holds whatever came before it.
    pub(super) fn read(header: &[u8]) -> Result<Self, &'static str> {
        let opcode = Opcode::from_bits(header[0] & 0x0f).ok_or("a reserved opcode")?;
        let last = header[0] & 0x80 != 0;
        let compressed = header[0] & 0x40 != 0;
        if header[0] & 0x30 != 0 {
            return Err("a reserved bit");
        }
        let left = match (header[1] & 0x7f, &header[2..]) {
            (126, &[a, b, ..]) => Some(u64::from(u16::from_be_bytes([a, b]))).filter(|length| *length >= 126),
            (127, &[a, b, c, d, e, f, g, h, ..]) => Some(u64::from_be_bytes([a, b, c, d, e, f, g, h])).filter(|length| *length > 0xffff),
            (length, _) => Some(u64::from(length)),
        };
        let left = left.ok_or("a length in more bytes than it needs")?;
        if left > i64::MAX as u64 {
            return Err("a length of more than 63 bits");
        }
        if opcode.is_control() && !(last && left <= CONTROL_BYTES as u64 && !compressed) {
            return Err("a control frame that is fragmented, compressed or long");
        }
        let &mask = header.last_chunk().filter(|_| header[1] & 0x80 != 0).ok_or("not masked")?;
        Ok(Self { left, mask, opcode, last, compressed })
    }
}

/// Takes the mask off (RFC 6455 section 5.3), eight bytes at a time, and turns it to where the next byte needs it.
pub(super) fn unmask(payload: &mut [u8], mask: &mut [u8; 4]) {
    let [a, b, c, d] = *mask;
    let eight = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = payload.as_chunks_mut();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ eight).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
    mask.rotate_left(payload.len() % 4);
}
