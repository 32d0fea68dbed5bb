//! What a server writes: RFC 6455 sections 4.2.2, 5.1 and 5.2.

use super::*;

/// "A server MUST NOT mask any frames that it sends to the client" (5.1), and each is a whole message.
#[test]
fn a_frame_is_final_and_not_masked() {
    for opcode in [Opcode::Continuation, Opcode::Text, Opcode::Binary, Opcode::Close, Opcode::Ping, Opcode::Pong] {
        assert_eq!(&*header(opcode, false, 5), [0x80 | opcode as u8, 5]);
    }
}

/// "the minimal number of bytes MUST be used to encode the length" (5.2), in network byte order.
#[test]
fn a_length_is_written_in_as_few_bytes_as_can_be() {
    let length = |payload| header(Opcode::Binary, false, payload)[1..].to_vec();
    assert_eq!(length(0), [0]);
    assert_eq!(length(125), [125]);
    assert_eq!(length(126), [126, 0, 126]);
    assert_eq!(length(0xffff), [126, 0xff, 0xff]);
    assert_eq!(length(0x1_0000), [127, 0, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(length(0x0102_0304), [127, 0, 0, 0, 0, 1, 2, 3, 4]);
}

/// The examples of section 5.7 that a server may send.
#[test]
fn the_examples_of_the_rfc_are_written() {
    assert_eq!(frame(Opcode::Text, b"Hello"), b"\x81\x05Hello"[..]);
    assert_eq!(frame(Opcode::Ping, b"Hello"), b"\x89\x05Hello"[..]);
    assert_eq!(frame(Opcode::Binary, &[7; 256]), [&b"\x82\x7e\x01\x00"[..], &[7; 256]].concat());
    assert_eq!(frame(Opcode::Binary, &[7; 65536]), [&b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"[..], &[7; 65536]].concat());
}

/// RSV1 marks the first frame of a compressed message (RFC 7692 section 6).
#[test]
fn a_compressed_frame_is_marked() {
    assert_eq!(&*header(Opcode::Text, true, 5), [0xc1, 5]);
}

/// The example of section 1.3.
#[test]
fn a_key_is_answered() {
    assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
