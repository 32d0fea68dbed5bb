//! RFC 6455 section 5.4: a message in several frames.

use super::*;

#[test]
fn fragments_make_one_message() {
    let bytes = [client(opcode(Opcode::Text), b"Hel"), client(0, b"l"), client(FINAL, b"o")].concat();
    assert_eq!(read(&bytes), Ok(vec![Received::Text("Hello".into())]));
    let bytes = [client(opcode(Opcode::Binary), b"\xff"), client(FINAL, b"\xfe")].concat();
    assert_eq!(read(&bytes), Ok(vec![Received::Binary(vec![0xff, 0xfe])]), "its kind is that of the first frame");
}

#[test]
fn fragments_may_be_empty() {
    let bytes = [client(opcode(Opcode::Text), b""), client(0, b""), client(FINAL, b"")].concat();
    assert_eq!(read(&bytes), Ok(vec![Received::Text(String::new())]));
    let bytes = [client(opcode(Opcode::Text), b"a"), client(0, b""), client(0, b"b"), client(FINAL, b"")].concat();
    assert_eq!(read(&bytes), Ok(vec![Received::Text("ab".into())]));
}

/// "Control frames MAY be injected in the middle of a fragmented message": an endpoint MUST be capable of handling them.
#[test]
fn a_control_frame_comes_between_fragments() {
    let ping = client(FINAL | opcode(Opcode::Ping), b"?");
    let pong = client(FINAL | opcode(Opcode::Pong), b"");
    let bytes = [client(opcode(Opcode::Text), b"Hel"), ping, client(0, b"l"), pong, client(FINAL, b"o")].concat();
    let expected = [Received::Ping(b"?".to_vec()), Received::Pong(Vec::new()), Received::Text("Hello".into())];
    assert_eq!(read(&bytes), Ok(expected.to_vec()));
}

#[test]
fn a_control_frame_comes_inside_a_character() {
    let ping = client(FINAL | opcode(Opcode::Ping), b"\xff");
    let bytes = [client(opcode(Opcode::Text), b"\xe2\x82"), ping, client(0, b""), client(FINAL, b"\xac")].concat();
    assert_eq!(read(&bytes), Ok(vec![Received::Ping(vec![0xff]), Received::Text("€".into())]));
}

#[test]
fn a_close_comes_between_fragments() {
    let bytes = [client(opcode(Opcode::Text), b"Hel"), client(FINAL | opcode(Opcode::Close), b"\x03\xe8")].concat();
    assert_eq!(read(&bytes), Ok(vec![Received::Close(Some(1000), String::new())]));
}

/// "The fragments of one message MUST NOT be interleaved between the fragments of another message".
#[test]
fn a_message_inside_another_is_refused() {
    for (first, second) in [(Opcode::Text, Opcode::Text), (Opcode::Text, Opcode::Binary), (Opcode::Binary, Opcode::Text)] {
        is_refused(&[client(opcode(first), b"a"), client(FINAL | opcode(second), b"b")].concat());
        is_refused(&[client(opcode(first), b""), client(opcode(second), b"")].concat());
    }
}

/// A continuation goes on with a message that has begun and not ended.
#[test]
fn a_continuation_of_nothing_is_refused() {
    is_refused(&client(FINAL, b"a"));
    is_refused(&client(0, b""));
    let ended = [client(opcode(Opcode::Text), b"a"), client(FINAL, b"b")].concat();
    assert_eq!(read(&ended), Ok(vec![Received::Text("ab".into())]));
    is_refused(&[ended, client(FINAL, b"c")].concat());
    is_refused(&[client(FINAL | opcode(Opcode::Ping), b""), client(FINAL, b"a")].concat());
}

#[test]
fn a_message_in_very_many_fragments_is_moved_seldom() {
    let mut decoder = Decoder::new(LIMIT);
    read_with(&mut decoder, &client(opcode(Opcode::Binary), b"a")).expect("it is right");
    let (mut moves, mut capacity) = (0, 0);
    for _ in 1..LIMIT {
        read_with(&mut decoder, &client(0, b"a")).expect("it is right");
        moves += usize::from(decoder.memory() != capacity);
        capacity = decoder.memory();
    }
    assert!(moves < 20, "{moves} for {LIMIT} bytes");
    assert_eq!(capacity, LIMIT, "no more than may be gathered");
}
