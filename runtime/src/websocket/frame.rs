//! What a server writes: frames that are final and unmasked (RFC 6455 section 5.1), so that one can be sent to many.

use std::ops::Deref;

use bytes::{Bytes, BytesMut};

use crate::websocket::{CONTROL_BYTES, Opcode, is_close_code};

/// The header of a frame, without its payload.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    bytes: [u8; Self::MOST],
    length: u8,
}

impl Header {
    /// Its most bytes.
    pub const MOST: usize = 10;
}

impl Deref for Header {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl AsRef<[u8]> for Header {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// The header of a frame with so many bytes of payload, its length in as few bytes as can be (RFC 6455 section 5.2).
///
/// `compressed` sets the bit that RFC 7692 gave a meaning; only where the client agreed to it.
pub fn header(opcode: Opcode, compressed: bool, payload: usize) -> Header {
    debug_assert!(!opcode.is_control() || payload <= CONTROL_BYTES && !compressed, "a control frame is short, and never compressed");
    let mut bytes = [0; Header::MOST];
    bytes[0] = 0x80 | if compressed { 0x40 } else { 0 } | opcode as u8;
    let length = match payload {
        0..126 => {
            bytes[1] = payload as u8;
            2
        }
        126..=0xffff => {
            bytes[1] = 126;
            bytes[2..4].copy_from_slice(&(payload as u16).to_be_bytes());
            4
        }
        _ => {
            bytes[1] = 127;
            bytes[2..].copy_from_slice(&(payload as u64).to_be_bytes());
            10
        }
    };
    Header { bytes, length }
}

/// A whole frame.
pub fn frame(opcode: Opcode, payload: &[u8]) -> Bytes {
    whole(&header(opcode, false, payload.len()), payload)
}

pub(super) fn whole(header: &Header, payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(header.len() + payload.len());
    frame.extend_from_slice(header);
    frame.extend_from_slice(payload);
    frame.freeze()
}

/// A close frame. The reason is cut, at a character's end, to what a control frame holds.
pub fn close_frame(code: u16, reason: &str) -> Bytes {
    debug_assert!(is_close_code(code), "{code} is never sent");
    let most = reason.len().min(CONTROL_BYTES - 2);
    let end = (0..=most).rev().find(|at| reason.is_char_boundary(*at)).unwrap_or(0);
    let mut payload = [0; CONTROL_BYTES];
    payload[..2].copy_from_slice(&code.to_be_bytes());
    payload[2..2 + end].copy_from_slice(&reason.as_bytes()[..end]);
    frame(Opcode::Close, &payload[..2 + end])
}
