//! permessage-deflate (RFC 7692): a message compressed for all who agreed to it, and one inflated, both without a memory of what came
//! before.

use bytes::Bytes;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::websocket::decoder::Violation;
use crate::websocket::frame::{header, whole};
use crate::websocket::{Opcode, offer};

/// Below this an event goes as it is. At 150 bytes deflate took 36 off, at 256 it took 81: a fourth and a third, of a packet that has some
/// 70 bytes of headers besides. For that each client would inflate, and the server would take as long as for writing to a few.
const FLOOR: usize = 256;

/// A middle way, for events of 4 KiB: level 1 took 9 µs and left 46 per cent, this one 24 µs and 32, level 6 29 µs and 30; above that the
/// levels' times part and their sizes do not.
const LEVEL: u32 = 3;

/// What a compressed message ends with, but is sent without (RFC 7692 section 7.2.1).
const END: [u8; 4] = [0, 0, 0xff, 0xff];

/// The end of a message, and an empty block that says it is the last: so that what stops inside a block is not taken for whole.
const LAST: [u8; 9] = [0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff];

/// A text as one compressed frame, whole, to be made once and sent to all who agreed; none where that is not worth it.
pub fn deflate(text: &[u8]) -> Option<Bytes> {
    if text.len() < FLOOR {
        return None;
    }
    // 265 KB for as long as it compresses: it is made in 3 µs, which is not worth keeping so much for each thread.
    let mut compress = Compress::new_with_window_bits(Compression::new(LEVEL), false, offer::WINDOW_BITS);
    let mut payload = Vec::with_capacity(text.len());
    compress.compress_vec(text, &mut payload, FlushCompress::Sync).expect("deflate takes any bytes");
    // Where no room is left, more may be to come: so it did not shrink.
    let is_whole = payload.len() < payload.capacity();
    let payload = payload.strip_suffix(&END).filter(|_| is_whole)?;
    Some(whole(&header(Opcode::Text, true, payload.len()), payload))
}

/// Inflates a message. One that becomes longer than `limit` is given up there, and no more memory was reserved.
pub(super) fn inflate(payload: &[u8], limit: usize) -> Result<Vec<u8>, Violation> {
    const WRONG: Violation = Violation::Protocol("a compressed message that is not DEFLATE");
    let (mut decompress, mut message, mut status) = (Decompress::new(false), Vec::new(), Status::Ok);
    for mut input in [payload, &LAST] {
        loop {
            // A block that says it is the last need not be (RFC 7692 section 7.2.3.5).
            if status == Status::StreamEnd {
                decompress.reset(false);
            }
            if message.len() == message.capacity() {
                // One byte above the limit is room to pass it.
                let room = (limit - message.len()).saturating_add(1);
                message.reserve_exact(message.len().max(4 * payload.len() + 64).min(room));
            }
            let read = decompress.total_in();
            status = decompress.decompress_vec(input, &mut message, FlushDecompress::None).map_err(|_| WRONG)?;
            input = &input[(decompress.total_in() - read) as usize..];
            if message.len() > limit {
                return Err(Violation::Large);
            }
            let is_flushed = status == Status::StreamEnd || message.len() < message.capacity();
            if input.is_empty() && is_flushed {
                break;
            }
        }
    }
    if status == Status::StreamEnd { Ok(message) } else { Err(WRONG) }
}
