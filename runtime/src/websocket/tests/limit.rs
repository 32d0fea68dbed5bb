//! RFC 6455 section 10.4: an implementation "MUST impose limits on both frame sizes and the total message size".

use super::*;

#[test]
fn a_message_at_the_limit_is_read() {
    let bytes = [client(opcode(Opcode::Binary), &[0; LIMIT - 1]), client(FINAL, b"a")].concat();
    assert_eq!(read(&bytes).map(|received| received.len()), Ok(1));
}

#[test]
fn a_frame_above_the_limit_is_refused_by_its_header() {
    let frame = client(FINAL | opcode(Opcode::Binary), &[0; LIMIT + 1]);
    assert_eq!(read(&frame[..14]), Err(Violation::Large));
    assert_eq!(read(&frame[..13]), Ok(Vec::new()));
}

#[test]
fn a_message_above_the_limit_is_refused_by_the_header_that_passes_it() {
    let bytes = [client(opcode(Opcode::Binary), &[0; LIMIT]), client(FINAL, b"a")].concat();
    assert_eq!(read(&bytes[..bytes.len() - 1]), Err(Violation::Large));
    assert_eq!(read(&bytes[..bytes.len() - 2]), Ok(Vec::new()));
}

/// A header that promises much costs nothing; memory follows the bytes.
#[test]
fn memory_is_reserved_as_bytes_come() {
    let frame = client(FINAL | opcode(Opcode::Binary), &[0; LIMIT]);
    let mut decoder = Decoder::new(LIMIT);
    read_with(&mut decoder, &frame[..14]).expect("it is right");
    assert_eq!(decoder.memory(), 0);
    for (at, byte) in frame.iter().enumerate().take(LIMIT).skip(14) {
        read_with(&mut decoder, &[*byte]).expect("it is right");
        assert!(decoder.memory() <= 2 * (at - 13), "{} for {}", decoder.memory(), at - 13);
    }
}

/// And it never passes the limit, by however little the last piece was too large.
#[test]
fn no_more_is_reserved_than_the_limit() {
    let frame = client(FINAL | opcode(Opcode::Binary), &[0; LIMIT]);
    let mut decoder = Decoder::new(LIMIT);
    for piece in frame[..LIMIT].chunks(1001) {
        read_with(&mut decoder, piece).expect("it is right");
        assert!(decoder.memory() <= LIMIT, "{}", decoder.memory());
    }
}

#[test]
fn a_violation_frees_what_was_gathered() {
    let mut decoder = Decoder::new(LIMIT);
    read_with(&mut decoder, &client(opcode(Opcode::Binary), &[0; 1000])).expect("it is right");
    assert!(read_with(&mut decoder, b"\x81\x80\0\0\0\0").is_err());
    assert_eq!(decoder.memory(), 0);
}

#[test]
fn a_limit_of_nothing_lets_nothing_in() {
    let mut decoder = Decoder::new(0);
    assert_eq!(read_with(&mut decoder, &client(FINAL | opcode(Opcode::Text), b"")), Ok(vec![Received::Text(String::new())]));
    assert_eq!(read_with(&mut decoder, &client(FINAL | opcode(Opcode::Text), b"a")), Err(Violation::Large));
}
