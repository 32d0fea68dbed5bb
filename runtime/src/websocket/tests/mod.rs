//! Every MUST of RFC 6455 that concerns what a server reads and writes, each by its name; then RFC 7692's.

mod close;
mod control;
#[cfg(feature = "deflate")]
mod deflate;
mod fragments;
mod header;
mod limit;
mod mask;
#[cfg(feature = "deflate")]
mod offer;
mod pieces;
mod text;
mod writing;

use super::*;

const LIMIT: usize = 1 << 16;
const FINAL: u8 = 0x80;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as a client sends it, made by other means than the codec's own.
fn client(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = match payload.len() {
        length @ 0..=125 => vec![0x80 | length as u8],
        length @ 126..=65535 => [&[0x80 | 126], &(length as u16).to_be_bytes()[..]].concat(),
        length => [&[0x80 | 127], &(length as u64).to_be_bytes()[..]].concat(),
    };
    [&[first], &length[..], &MASK, &masked(payload, MASK)].concat()
}

/// The transformation of RFC 6455 section 5.3, as it stands there.
fn masked(payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]).collect()
}

fn opcode(opcode: Opcode) -> u8 {
    opcode as u8
}

/// All that a new decoder makes of these bytes.
fn read(bytes: &[u8]) -> Result<Vec<Received>, Violation> {
    read_with(&mut Decoder::new(LIMIT), bytes)
}

fn read_with(decoder: &mut Decoder, mut bytes: &[u8]) -> Result<Vec<Received>, Violation> {
    let mut received = Vec::new();
    while let Some(one) = decoder.decode(&mut bytes)? {
        received.push(one);
    }
    assert!(bytes.is_empty(), "nothing is left where nothing is given");
    Ok(received)
}

/// It fails, and by the protocol.
#[track_caller]
fn is_refused(bytes: &[u8]) {
    let read = read(bytes);
    assert!(matches!(read, Err(Violation::Protocol(_))), "{read:?}");
}

#[test]
fn an_idle_decoder_is_small() {
    let mut decoder = Decoder::new(LIMIT);
    read_with(&mut decoder, &[client(FINAL | opcode(Opcode::Text), b"hello"), client(FINAL | opcode(Opcode::Ping), b"hello")].concat())
        .expect("it is right");
    assert_eq!(decoder.memory(), 0, "it holds no memory");
    assert!(size_of::<Decoder>() <= 64, "{} bytes", size_of::<Decoder>());
}
