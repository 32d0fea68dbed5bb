//! RFC 6455 section 5.2: the header of a frame.

use super::*;

/// "A server MUST close the connection upon receiving a frame that is not masked" (5.1).
#[test]
fn a_frame_that_is_not_masked_is_refused() {
    is_refused(b"\x81\x05Hello");
    is_refused(b"\x89\x00");
    // Nor are the bytes of its length taken for a mask.
    is_refused(&[&b"\x82\x7e\x00\x7e"[..], &[7; 126]].concat());
    is_refused(&[&b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"[..], &[7; 65536]].concat());
}

/// The mask is not waited for: the frame would not be refused before the next one.
#[test]
fn an_empty_frame_that_is_not_masked_is_refused_at_once() {
    for first in [0x81, 0x82, 0x88, 0x89, 0x8a] {
        is_refused(&[first, 0]);
    }
}

/// "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values".
#[test]
fn a_reserved_bit_is_refused() {
    for bit in [0x40, 0x20, 0x10, 0x70] {
        for opcode in [Opcode::Text, Opcode::Binary, Opcode::Ping, Opcode::Pong, Opcode::Close] {
            is_refused(&client(FINAL | bit | opcode as u8, b""));
            // What RFC 7692 calls `Hello`, had it been agreed to.
            is_refused(&client(FINAL | bit | opcode as u8, b"\xf2\x48\xcd\xc9\xc9\x07\x00"));
        }
        is_refused(&[client(opcode(Opcode::Text), b"a"), client(FINAL | bit, b"b")].concat());
    }
}

/// "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_".
#[test]
fn an_unknown_opcode_is_refused() {
    for unknown in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        is_refused(&client(FINAL | unknown, b""));
        is_refused(&client(unknown, b"a"));
        is_refused(&[client(opcode(Opcode::Text), b"a"), client(FINAL | unknown, b"")].concat());
    }
}

/// "In all cases, the minimal number of bytes MUST be used to encode the length".
#[test]
fn a_length_in_more_bytes_than_it_needs_is_refused() {
    for length in [0, 1, 125] {
        is_refused(&with_length(126, &[0, length]));
        is_refused(&with_length(127, &[0, 0, 0, 0, 0, 0, 0, length]));
    }
    is_refused(&with_length(127, &[0, 0, 0, 0, 0, 0, 0, 126]));
    is_refused(&with_length(127, &[0, 0, 0, 0, 0, 0, 0xff, 0xff]));
}

/// The header of a masked text whose length is written so.
fn with_length(short: u8, long: &[u8]) -> Vec<u8> {
    [&[FINAL | 1, 0x80 | short], long, &MASK].concat()
}

/// "the most significant bit MUST be 0".
#[test]
fn a_length_of_64_bits_is_refused() {
    is_refused(&with_length(127, &[0x80, 0, 0, 0, 0, 0, 0, 0]));
    is_refused(&with_length(127, &[0xff; 8]));
    assert_eq!(read(&with_length(127, &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])), Err(Violation::Large), "63 bits are a length");
}

#[test]
fn a_length_of_each_form_is_read() {
    for length in [0, 1, 125, 126, 127, 255, 256, 65535, 65536] {
        let payload = vec![b'a'; length];
        assert_eq!(read(&client(FINAL | opcode(Opcode::Binary), &payload)), Ok(vec![Received::Binary(payload)]));
    }
}

/// The examples of section 5.7 that a client may send.
#[test]
fn the_examples_of_the_rfc_are_read() {
    let hello = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    assert_eq!(read(hello), Ok(vec![Received::Text("Hello".into())]));
    let pong = b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    assert_eq!(read(pong), Ok(vec![Received::Pong(b"Hello".to_vec())]));
}

/// "A client MUST NOT" go on, and neither may the server: "an endpoint MUST NOT continue to attempt to process data" (7.1.7).
#[test]
fn nothing_is_read_after_a_violation() {
    let mut decoder = Decoder::new(LIMIT);
    assert!(read_with(&mut decoder, b"\x81\x00").is_err());
    let mut more: &[u8] = &client(FINAL | opcode(Opcode::Text), b"a");
    assert_eq!(decoder.decode(&mut more), Ok(None));
    assert!(more.is_empty(), "what comes is thrown away");
}

/// Section 7.4.1: which code says what went wrong.
#[test]
fn a_violation_has_its_code() {
    let codes = [Violation::Protocol("a rule"), Violation::Utf8, Violation::Large].map(|violation| violation.code());
    assert_eq!(codes, [1002, 1007, 1009]);
}
