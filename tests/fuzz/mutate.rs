//! Small changes, as a broken or a hostile sender makes them.

use fastrand::Rng;

/// Changes the bytes in a few places, or in none.
pub(super) fn mutate(dice: &mut Rng, bytes: &mut Vec<u8>) {
    let times = [0, 1, 1, 1, 2, 4][dice.usize(..6)];
    for _ in 0..times {
        // The front is where the headers are.
        let reach = if dice.bool() { bytes.len().min(16) } else { bytes.len() };
        let at = dice.usize(..=reach);
        let end = (at + dice.usize(..20)).min(bytes.len());
        match dice.u8(..6) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, dice.u8(..)),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let again: Vec<u8> = bytes[at..end].to_vec();
                bytes.splice(end..end, again);
            }
            kind => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = if kind == 4 { *byte ^ 1 << dice.u8(..8) } else { [0, 1, 0x7f, 0x80, 0xff][dice.usize(..5)] };
                }
            }
        }
    }
}
