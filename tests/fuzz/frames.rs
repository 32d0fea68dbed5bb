//! Frames as a client sends them, made by other means than the codec's own.

use std::sync::OnceLock;

use fastrand::Rng;
use flate2::{Compress, Compression, FlushCompress};

const FINAL: u8 = 0x80;
const COMPRESSED: u8 = 0x40;

/// A few messages and control frames; some compressed, where that was agreed.
pub(super) fn frames(dice: &mut Rng, deflate: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..dice.usize(1..5) {
        if dice.u8(..4) == 0 {
            control(dice, &mut bytes);
        } else {
            message(dice, deflate, &mut bytes);
        }
    }
    bytes
}

fn message(dice: &mut Rng, deflate: bool, bytes: &mut Vec<u8>) {
    let is_text = dice.bool();
    let (first, payload) = if deflate && dice.u8(..3) > 0 {
        (COMPRESSED, dice.choice(compressed()).expect("there are some").clone())
    } else {
        (0, if is_text { text(dice).into_bytes() } else { binary(dice) })
    };
    let (mut first, mut rest) = (first | if is_text { 1 } else { 2 }, &payload[..]);
    while dice.u8(..3) == 0 {
        let (fragment, after) = rest.split_at(dice.usize(..=rest.len()));
        frame(dice, first, fragment, bytes);
        if dice.u8(..4) == 0 {
            control(dice, bytes);
        }
        (first, rest) = (0, after);
    }
    frame(dice, FINAL | first, rest, bytes);
}

fn control(dice: &mut Rng, bytes: &mut Vec<u8>) {
    let mut payload = [0; 125];
    dice.fill(&mut payload);
    let length = dice.usize(..=125);
    if dice.u8(..10) == 0 {
        let code = dice.choice([1000, 1001, 1006, 1011, 3000, 4999, 5000]).expect("there are some");
        let close = [&u16::to_be_bytes(code)[..], b"for a reason"].concat();
        let length = dice.choice([0, 1, 2, 14]).expect("there are some");
        return frame(dice, FINAL | 8, &close[..length], bytes);
    }
    let opcode = if dice.bool() { 9 } else { 10 };
    frame(dice, FINAL | opcode, &payload[..length], bytes);
}

/// Most are short, some need a longer length, few are longer than a read.
fn length(dice: &mut Rng) -> usize {
    match dice.u8(..100) {
        0..80 => dice.usize(..=130),
        80..99 => dice.usize(..=2_000),
        _ => dice.usize(..=70_000),
    }
}

fn binary(dice: &mut Rng) -> Vec<u8> {
    let mut bytes = vec![0; length(dice)];
    dice.fill(&mut bytes);
    bytes
}

fn text(dice: &mut Rng) -> String {
    let (length, alphabet) = (length(dice), if dice.bool() { "a {}\":" } else { "aß€😀\u{7ff}\u{10ffff}" });
    let characters: Vec<char> = alphabet.chars().collect();
    let mut text = String::with_capacity(length + 4);
    while text.len() < length {
        text.push(characters[dice.usize(..characters.len())]);
    }
    text
}

/// Compressed messages to choose from: texts and bytes by every level, and bombs.
fn compressed() -> &'static [Vec<u8>] {
    static POOL: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    POOL.get_or_init(|| {
        let mut dice = Rng::with_seed(7);
        let messages = (0..600).map(|at| if at % 3 > 0 { text(&mut dice).into_bytes() } else { binary(&mut dice) });
        let bombs = [64_000, 65_536, 65_537, 70_000, 1_000_000, 10_000_000].map(|length| vec![b'0'; length]);
        messages.chain(bombs).enumerate().map(|(at, message)| compress(&message, at as u32 % 10)).collect()
    })
}

fn compress(message: &[u8], level: u32) -> Vec<u8> {
    let mut payload = Vec::with_capacity(message.len() + 1_000);
    // Now and then by a block that says it is the last, and an empty one after it.
    let flush = if level == 5 { FlushCompress::Finish } else { FlushCompress::Sync };
    Compress::new(Compression::new(level), false).compress_vec(message, &mut payload, flush).expect("it has room");
    if level == 5 {
        payload.push(0);
    } else {
        payload.truncate(payload.len() - 4);
    }
    payload
}

fn frame(dice: &mut Rng, first: u8, payload: &[u8], bytes: &mut Vec<u8>) {
    let mask: [u8; 4] = dice.u32(..).to_be_bytes();
    let length = payload.len() as u64;
    bytes.push(first);
    match length {
        0..126 => bytes.push(0x80 | length as u8),
        126..65_536 => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&length.to_be_bytes()[6..]);
        }
        _ => {
            bytes.push(0x80 | 127);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
    }
    bytes.extend_from_slice(&mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
}
