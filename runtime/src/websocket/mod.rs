//! WebSocket (RFC 6455): what a server reads and writes, as bytes alone. Floor 1.
//!
//! It knows no socket, no clock and no tokio: bytes come in any pieces, frames go out whole, and who holds the connection decides when.

mod decoder;
#[cfg(feature = "deflate")]
mod deflate;
mod frame;
mod head;
#[cfg(feature = "deflate")]
mod offer;
#[cfg(test)]
mod tests;
#[cfg(not(feature = "deflate"))]
mod without;

use data_encoding::BASE64;
use sha1::{Digest as _, Sha1};

pub use decoder::{Decoder, Received, Violation};
#[cfg(feature = "deflate")]
pub use deflate::deflate;
pub use frame::{Header, close_frame, frame, header};
#[cfg(feature = "deflate")]
pub use offer::{Agreed, negotiate};
#[cfg(not(feature = "deflate"))]
pub use without::{Agreed, deflate, negotiate};

/// The most a control frame carries (RFC 6455 section 5.5).
const CONTROL_BYTES: usize = 125;

/// What a frame is (RFC 6455 section 5.2); the numbers between are reserved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Opcode {
    /// More of the message that has begun.
    Continuation = 0,
    /// The beginning of a text.
    Text = 1,
    /// The beginning of bytes.
    Binary = 2,
    /// The end of the connection.
    Close = 8,
    /// It asks for a pong.
    Ping = 9,
    /// The answer to a ping, or a sign of life.
    Pong = 10,
}

impl Opcode {
    const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// Whether a close frame may carry this code: it is not of those that only a program tells itself (1005, 1006, 1015), and somebody has
/// given it a meaning (RFC 6455 section 7.4, and the registry it opened).
const fn is_close_code(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// What the server answers to a client's `Sec-WebSocket-Key` (RFC 6455 section 4.2.2).
pub fn accept_key(key: &str) -> String {
    /// The same in every implementation: an answer with it was made by one who speaks WebSocket.
    const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    BASE64.encode(&Sha1::new().chain_update(key).chain_update(GUID).finalize())
}
