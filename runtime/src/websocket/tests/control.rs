//! RFC 6455 section 5.5: ping, pong, and what holds for every control frame.

use super::*;

const CONTROLS: [Opcode; 3] = [Opcode::Close, Opcode::Ping, Opcode::Pong];

/// "All control frames MUST have a payload length of 125 bytes or less".
#[test]
fn a_long_control_frame_is_refused() {
    for control in CONTROLS {
        is_refused(&client(FINAL | control as u8, &[b'a'; 126]));
        // Before its payload is waited for.
        is_refused(&client(FINAL | control as u8, &[b'a'; 65536])[..14]);
    }
}

/// "... and MUST NOT be fragmented".
#[test]
fn a_fragmented_control_frame_is_refused() {
    for control in CONTROLS {
        is_refused(&client(control as u8, b""));
        is_refused(&[client(opcode(Opcode::Text), b"a"), client(control as u8, b"")].concat());
    }
}

/// A ping is handed on with its bytes, "a Pong frame MUST have identical Application data".
#[test]
fn a_ping_is_given_with_its_bytes() {
    for length in [0, 1, 124, 125] {
        let payload = vec![0xfe; length];
        assert_eq!(read(&client(FINAL | opcode(Opcode::Ping), &payload)), Ok(vec![Received::Ping(payload.clone())]));
        let pong = frame(Opcode::Pong, &payload);
        assert_eq!((&pong[..2], &pong[2..]), (&[0x8a, length as u8][..], &payload[..]));
    }
}

/// "A Pong frame MAY be sent unsolicited".
#[test]
fn a_pong_comes_unasked() {
    assert_eq!(read(&client(FINAL | opcode(Opcode::Pong), b"a")), Ok(vec![Received::Pong(b"a".to_vec())]));
}

/// A ping is given as soon as it is whole, and what follows it stays with the caller.
#[test]
fn one_is_given_at_a_time() {
    let text = client(FINAL | opcode(Opcode::Text), b"a");
    let bytes = [client(FINAL | opcode(Opcode::Ping), b""), text.clone()].concat();
    let mut rest = &bytes[..];
    assert_eq!(Decoder::new(LIMIT).decode(&mut rest), Ok(Some(Received::Ping(Vec::new()))));
    assert_eq!(rest, text);
}

/// Control frames are never counted towards a message's limit.
#[test]
fn a_control_frame_comes_beside_a_message_at_its_limit() {
    let bytes = [client(opcode(Opcode::Binary), &[1; LIMIT]), client(FINAL | opcode(Opcode::Ping), &[2; 125]), client(FINAL, b"")];
    assert_eq!(read(&bytes.concat()), Ok(vec![Received::Ping(vec![2; 125]), Received::Binary(vec![1; LIMIT])]));
}
