//! RFC 6455 sections 5.6 and 8.1: a text is UTF-8, and the first byte that cannot be ends the connection.

use super::*;

#[test]
fn a_text_is_given_as_it_was_sent() {
    for text in ["", "a", "κόσμε", "\u{0}", "\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}", "\u{d7ff}\u{e000}\u{fffe}"] {
        assert_eq!(read(&client(FINAL | opcode(Opcode::Text), text.as_bytes())), Ok(vec![Received::Text(text.into())]));
    }
}

/// What no UTF-8 begins with or holds: each ends with the first byte that cannot be.
const WRONG: [&[u8]; 15] = [
    b"\x80",
    b"\xbf",
    b"\xc0",
    b"\xc1",
    b"a\xc3a",
    b"\xe0\x80",
    b"\xe0\x9f",
    b"\xed\xa0",
    b"\xed\xbf",
    b"\xe2\x82a",
    b"\xf0\x8f",
    b"\xf4\x90",
    b"\xf5",
    b"\xff",
    b"\xf0\x9f\x98a",
];

#[test]
fn a_text_that_is_not_utf_8_is_refused() {
    for wrong in WRONG {
        assert_eq!(read(&client(FINAL | opcode(Opcode::Text), wrong)), Err(Violation::Utf8), "{wrong:?}");
    }
    for unfinished in [&b"\xc3"[..], b"a\xe2\x82", b"\xf0\x9f\x98"] {
        assert_eq!(read(&client(FINAL | opcode(Opcode::Text), unfinished)), Err(Violation::Utf8), "{unfinished:?}");
    }
}

/// Neither the message's end is waited for, nor the frame's.
#[test]
fn a_text_is_refused_at_its_first_wrong_byte() {
    for wrong in WRONG {
        let text = ["κόσμε".as_bytes(), wrong].concat();
        let mut fragment = client(opcode(Opcode::Text), &[&text[..], b"and more"].concat());
        fragment.truncate(6 + text.len());
        assert_eq!(read(&fragment), Err(Violation::Utf8), "{wrong:?}");
        assert_eq!(read(&fragment[..fragment.len() - 1]), Ok(Vec::new()), "{wrong:?}, but for its last byte");
    }
}

/// A character may begin in one frame and end in another.
#[test]
fn a_character_may_be_cut_by_a_frame() {
    let text = "κόσμε€😀";
    for cut in 0..=text.len() {
        let (before, after) = text.as_bytes().split_at(cut);
        let bytes = [client(opcode(Opcode::Text), before), client(FINAL, after)].concat();
        assert_eq!(read(&bytes), Ok(vec![Received::Text(text.into())]));
    }
}

#[test]
fn a_character_that_the_next_frame_breaks_is_refused() {
    for next in [&b"a"[..], b"\xe2", b"\xff"] {
        let bytes = [client(opcode(Opcode::Text), b"\xe2\x82"), client(0, next)].concat();
        assert_eq!(read(&bytes), Err(Violation::Utf8));
    }
    let bytes = [client(opcode(Opcode::Text), b"\xe2\x82"), client(FINAL, b"")].concat();
    assert_eq!(read(&bytes), Err(Violation::Utf8), "nor may it never end");
}

/// What one message left unfinished is not the next one's.
#[test]
fn each_text_begins_anew() {
    let bytes =
        [client(opcode(Opcode::Text), b"\xe2\x82"), client(FINAL, b"\xac"), client(opcode(Opcode::Text), b"a"), client(FINAL, b"b")];
    assert_eq!(read(&bytes.concat()), Ok(vec![Received::Text("€".into()), Received::Text("ab".into())]));
}

/// "the "Payload data" is arbitrary binary data".
#[test]
fn bytes_are_not_checked() {
    let all: Vec<u8> = (0..=255).collect();
    let bytes = [client(opcode(Opcode::Binary), &all), client(FINAL, &all)].concat();
    assert_eq!(read(&bytes), Ok(vec![Received::Binary([&all[..], &all].concat())]));
}
