//! RFC 6455 sections 5.5.1 and 7: the closing handshake.

use super::*;

fn close(payload: &[u8]) -> Result<Vec<Received>, Violation> {
    read(&client(FINAL | opcode(Opcode::Close), payload))
}

#[test]
fn a_close_may_say_nothing() {
    assert_eq!(close(b""), Ok(vec![Received::Close(None, String::new())]));
}

/// "the first two bytes of the body MUST be a 2-byte unsigned integer (in network byte order)".
#[test]
fn a_close_has_a_code_and_a_reason() {
    assert_eq!(close(b"\x03\xe8"), Ok(vec![Received::Close(Some(1000), String::new())]));
    assert_eq!(close(b"\x0f\xa0a\xc3\x9f"), Ok(vec![Received::Close(Some(4000), "aß".into())]));
    let longest = [&b"\x03\xe9"[..], &[b'a'; 123]].concat();
    assert_eq!(close(&longest), Ok(vec![Received::Close(Some(1001), "a".repeat(123))]));
}

#[test]
fn a_close_code_of_one_byte_is_refused() {
    assert!(matches!(close(b"\x03"), Err(Violation::Protocol(_))));
}

/// Sections 7.4.1 and 7.4.2: 1005, 1006 and 1015 "MUST NOT be set as a status code in a Close control frame by an endpoint", 0 to 999 are
/// not used, and what is below 3000 is the protocol's own to define.
#[test]
fn a_close_code_that_is_never_sent_is_refused() {
    let accepted = |code: u16| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    for code in 0..=u16::MAX {
        match close(&code.to_be_bytes()) {
            Ok(received) => assert!(accepted(code) && received == [Received::Close(Some(code), String::new())], "{code}"),
            Err(violation) => assert!(!accepted(code) && violation.code() == 1002, "{code}"),
        }
    }
}

/// "the body of the Close frame ... UTF-8-encoded data" (5.5.1), and so section 8.1 holds for it.
#[test]
fn a_close_reason_that_is_not_utf_8_is_refused() {
    assert_eq!(close(b"\x03\xe8\xce\xba\xe1\xbd\xb9\xff"), Err(Violation::Utf8));
    assert_eq!(close(b"\x03\xe8\xe2\x82"), Err(Violation::Utf8), "a character that does not end");
}

/// "after receiving a control frame indicating the connection should be closed, a peer discards any further data received" (1.4, 5.5.1).
#[test]
fn nothing_is_read_after_a_close() {
    let text = client(FINAL | opcode(Opcode::Text), b"a");
    let bytes = [client(FINAL | opcode(Opcode::Close), b""), text, b"\xff\xff\xff".to_vec()].concat();
    assert_eq!(read(&bytes), Ok(vec![Received::Close(None, String::new())]));
}

/// What a close interrupts is given up, and its memory with it.
#[test]
fn a_close_frees_what_was_gathered() {
    let mut decoder = Decoder::new(LIMIT);
    let bytes = [client(opcode(Opcode::Binary), &[0; 1000]), client(FINAL | opcode(Opcode::Close), b"")].concat();
    read_with(&mut decoder, &bytes).expect("it is right");
    assert_eq!(decoder.memory(), 0);
}

/// "When sending a Close frame in response, the endpoint typically echos the status code it received".
#[test]
fn a_close_is_written_with_its_code_and_reason() {
    assert_eq!(close_frame(1000, ""), b"\x88\x02\x03\xe8"[..]);
    assert_eq!(close_frame(4000, "aß"), b"\x88\x05\x0f\xa0a\xc3\x9f"[..]);
}

/// It is a control frame: 125 bytes, two of them the code; and what is left is UTF-8.
#[test]
fn a_long_reason_is_cut_at_a_characters_end() {
    for before in 0..5 {
        let reason = "a".repeat(before) + &"€".repeat(60);
        let frame = close_frame(1001, &reason);
        let kept = str::from_utf8(&frame[4..]).expect("it is UTF-8");
        assert!(reason.starts_with(kept) && (121..=123).contains(&kept.len()), "{kept:?}");
        assert_eq!(usize::from(frame[1]), frame.len() - 2);
    }
}
