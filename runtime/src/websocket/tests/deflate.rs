//! RFC 7692 sections 6 to 8: what is compressed, and what is read compressed.

use std::iter;

use flate2::{Compress, Compression, FlushCompress};
use proptest::prelude::*;

use super::*;
use crate::websocket::deflate;

const COMPRESSED: u8 = 0x40;

fn decoder() -> Decoder {
    Decoder::new(LIMIT).with_deflate()
}

fn inflated(bytes: &[u8]) -> Result<Vec<Received>, Violation> {
    read_with(&mut decoder(), bytes)
}

fn hello() -> Result<Vec<Received>, Violation> {
    Ok(vec![Received::Text("Hello".into())])
}

/// A text of these compressed bytes.
fn text(payload: &[u8]) -> Vec<u8> {
    client(FINAL | COMPRESSED | 1, payload)
}

/// What a client makes of a message, by this level: all its blocks, without the end.
fn compressed(message: &[u8], level: u32) -> Vec<u8> {
    let mut payload = Vec::with_capacity(message.len() + 1000);
    Compress::new(Compression::new(level), false).compress_vec(message, &mut payload, FlushCompress::Sync).expect("it has room");
    payload.truncate(payload.len() - 4);
    payload
}

/// What no compression makes shorter.
fn dense(bytes: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let dice = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    iter::repeat_with(dice).take(bytes).collect()
}

/// Section 7.2.3.1: one frame, and two.
#[test]
fn a_compressed_message_is_read() {
    assert_eq!(inflated(&text(b"\xf2\x48\xcd\xc9\xc9\x07\x00")), hello());
    let fragments = [client(COMPRESSED | 1, b"\xf2\x48\xcd"), client(FINAL, b"\xc9\xc9\x07\x00")].concat();
    assert_eq!(inflated(&fragments), hello());
}

/// Section 7.2.3.3.
#[test]
fn a_block_without_compression_is_read() {
    assert_eq!(inflated(&text(b"\x00\x05\x00\xfa\xffHello\x00")), hello());
}

/// Section 7.2.3.4.
#[test]
fn a_block_that_says_it_is_the_last_is_read() {
    assert_eq!(inflated(&text(b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00")), hello());
}

/// Section 7.2.3.5.
#[test]
fn several_blocks_are_read() {
    assert_eq!(inflated(&text(b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00")), hello());
    let last_twice = [&b"\xf3\x48\xcd\xc9\xc9\x07\x00"[..], b"\xf3\x48\xcd\xc9\xc9\x07\x00", b"\x00"].concat();
    assert_eq!(inflated(&text(&last_twice)), Ok(vec![Received::Text("HelloHello".into())]));
}

/// Section 7.2.3.6.
#[test]
fn an_empty_message_is_read() {
    assert_eq!(inflated(&text(b"\x00")), Ok(vec![Received::Text(String::new())]));
    let fragments = [client(COMPRESSED | 1, b""), client(0, b""), client(FINAL, b"\x00")].concat();
    assert_eq!(inflated(&fragments), Ok(vec![Received::Text(String::new())]));
}

/// Section 6: "uncompressed" messages may come between.
#[test]
fn what_is_not_compressed_is_read_too() {
    let bytes = [client(FINAL | 1, b"Hello"), text(b"\xf2\x48\xcd\xc9\xc9\x07\x00"), client(FINAL | 2, b"\xff")].concat();
    assert_eq!(inflated(&bytes), Ok(vec![Received::Text("Hello".into()), Received::Text("Hello".into()), Received::Binary(vec![0xff])]));
}

/// Section 6: the bit is set on the first frame of a message, and "MUST NOT" be on another, nor on a control frame.
#[test]
fn the_bit_is_refused_where_no_message_begins() {
    for wrong in [
        [client(COMPRESSED | 1, b"\xf2"), client(FINAL | COMPRESSED, b"\x48")].concat(),
        [client(1, b"a"), client(FINAL | COMPRESSED, b"b")].concat(),
        client(FINAL | COMPRESSED, b""),
        client(FINAL | COMPRESSED | 8, b""),
        client(FINAL | COMPRESSED | 9, b""),
        client(FINAL | COMPRESSED | 10, b""),
        client(FINAL | COMPRESSED | 0x20 | 1, b"\x00"),
    ] {
        assert_eq!(inflated(&wrong).map_err(|violation| violation.code()), Err(1002), "{wrong:?}");
    }
}

#[test]
fn a_control_frame_comes_between_compressed_fragments() {
    let ping = client(FINAL | 9, b"\xf2\x48");
    let bytes = [client(COMPRESSED | 1, b"\xf2\x48\xcd"), ping, client(FINAL, b"\xc9\xc9\x07\x00")].concat();
    assert_eq!(inflated(&bytes), Ok(vec![Received::Ping(b"\xf2\x48".to_vec()), Received::Text("Hello".into())]));
}

/// Section 7.1.1.2: it was agreed that the client takes no context over, so what refers to an earlier message (7.2.3.2) is wrong.
#[test]
fn a_reference_to_an_earlier_message_is_refused() {
    let bytes = [text(b"\xf2\x48\xcd\xc9\xc9\x07\x00"), text(b"\xf2\x00\x11\x00\x00")].concat();
    assert_eq!(inflated(&bytes).map_err(|violation| violation.code()), Err(1002));
}

#[test]
fn what_is_not_deflate_is_refused() {
    for wrong in [&b""[..], b"\x07", b"\xff\xff\xff", b"\x00\x05\x00\xfa\xfeHello\x00", b"Hello"] {
        assert_eq!(inflated(&text(wrong)).map_err(|violation| violation.code()), Err(1002), "{wrong:?}");
    }
}

/// What stops inside a block would else be read with the end that is put to it as its own bits.
#[test]
fn what_stops_inside_a_block_is_refused() {
    let whole = compressed("somebody said something, and somebody else something else".repeat(5).as_bytes(), 6);
    assert!(inflated(&client(FINAL | COMPRESSED | 2, &whole)).is_ok());
    for length in 0..whole.len() {
        assert!(inflated(&client(FINAL | COMPRESSED | 2, &whole[..length])).is_err(), "{length} bytes of {}", whole.len());
    }
    let stored = client(FINAL | COMPRESSED | 2, b"\x00\x64\x00\x9b\xffHello");
    assert!(inflated(&stored).is_err(), "5 bytes of 100, and the end is not the other 95");
}

#[test]
fn a_compressed_text_is_utf_8() {
    assert_eq!(inflated(&text(&compressed("κόσμε".as_bytes(), 6))), Ok(vec![Received::Text("κόσμε".into())]));
    assert_eq!(inflated(&text(&compressed(b"\xce", 6))), Err(Violation::Utf8));
    let fragments = [client(COMPRESSED | 1, b"\xff"), client(FINAL, b"")].concat();
    assert_eq!(inflated(&fragments).map_err(|violation| violation.code()), Err(1002), "compressed bytes are no text");
}

/// The limit holds for what comes out.
#[test]
fn a_bomb_stops_at_the_limit() {
    let at = |length| inflated(&client(FINAL | COMPRESSED | 2, &compressed(&vec![0; length], 9)));
    assert_eq!(at(LIMIT), Ok(vec![Received::Binary(vec![0; LIMIT])]));
    assert_eq!(at(LIMIT + 1), Err(Violation::Large));
    assert_eq!(at(4_000_000), Err(Violation::Large));
}

/// Any message at the limit may come compressed, however badly that went.
#[test]
fn what_deflate_makes_longer_is_read() {
    let message = dense(LIMIT);
    for level in [0, 9] {
        let payload = compressed(&message, level);
        assert!(payload.len() > LIMIT);
        assert_eq!(inflated(&client(FINAL | COMPRESSED | 2, &payload)), Ok(vec![Received::Binary(message.clone())]));
    }
}

/// But not by more than deflate must: what is gathered has a limit, too.
#[test]
fn what_is_compressed_has_a_limit_too() {
    let most = LIMIT + LIMIT / 8 + 16;
    let header = |length| client(FINAL | COMPRESSED | 2, &vec![0; length])[..14].to_vec();
    assert_eq!(inflated(&header(most)), Ok(Vec::new()));
    assert_eq!(inflated(&header(most + 1)), Err(Violation::Large));
    let empty_blocks = [client(COMPRESSED | 2, &b"\0\0\0\xff\xff".repeat(most / 5)), client(0, &[0; 5])].concat();
    assert_eq!(inflated(&empty_blocks), Err(Violation::Large));
}

fn event(bytes: usize) -> String {
    let words = ["hello", "world", "somebody", "said", "something", "about", "latency", "when", "it", "rained", "twice"];
    let mut text = String::from(r#"{"channel":"room:rust","id":"1k2j3h-123","event":{"type":"message","text":""#);
    let mut at = 7;
    while text.len() < bytes {
        at = (at * 131 + 17) % 65_521;
        text += &format!("{} {at} ", words[at % words.len()]);
    }
    text.truncate(bytes);
    text
}

/// Sections 6 and 7.2.1: a whole message in one frame, marked, without the end; and what it says is the text.
#[test]
fn what_is_compressed_is_the_text() {
    for bytes in [256, 1000, 4096, 100_000] {
        let event = event(bytes);
        let frame = deflate(event.as_bytes()).expect("it shrinks");
        let prefix = if frame[1] == 126 { 4 } else { 2 };
        let payload = &frame[prefix..];
        assert_eq!(&frame[..prefix], &*header(Opcode::Text, true, payload.len()));
        assert!(!payload.ends_with(&[0, 0, 0xff, 0xff]) && payload.len() < bytes * 3 / 4, "{} of {bytes}", payload.len());
        let mut decoder = Decoder::new(1 << 20).with_deflate();
        assert_eq!(read_with(&mut decoder, &text(payload)), Ok(vec![Received::Text(event)]));
    }
}

proptest! {
    #[test]
    fn any_text_comes_back(words in prop::collection::vec("[a-z€😀]{0,6}", 1..40), times in 1..400_usize) {
        let text = words.join(" ").repeat(times);
        if let Some(frame) = deflate(text.as_bytes()) {
            let prefix = match frame[1] { 127 => 10, 126 => 4, _ => 2 };
            let sent = client(FINAL | COMPRESSED | 1, &frame[prefix..]);
            prop_assert_eq!(read_with(&mut Decoder::new(text.len()).with_deflate(), &sent), Ok(vec![Received::Text(text)]));
        }
    }
}

/// Section 7.1.1.1: "server_no_context_takeover" is always answered.
#[test]
fn what_is_compressed_refers_to_no_earlier_message() {
    let event = event(1000);
    assert_eq!(deflate(event.as_bytes()), deflate(event.as_bytes()));
}

/// Section 7.1.2.1: nor to what lies further back than the window that is answered, so that the same again costs as much again.
#[test]
fn what_is_compressed_refers_to_nothing_before_its_window() {
    let length = |bytes, times| deflate(event(bytes).repeat(times).as_bytes()).expect("it shrinks").len();
    assert!(length(5000, 4) > 7 * length(5000, 1) / 2, "{} and {}", length(5000, 4), length(5000, 1));
    assert!(length(3000, 4) < 3 * length(3000, 1) / 2, "{} and {}", length(3000, 4), length(3000, 1));
}

#[test]
fn what_would_not_shrink_is_not_compressed() {
    assert_eq!(deflate(event(255).as_bytes()), None, "it is short");
    assert_eq!(deflate(&dense(1000)), None, "it is dense");
    // What there was room for ends as if it were the whole.
    let mut cut = dense(1000);
    cut[991..995].copy_from_slice(&[0, 0, 0xff, 0xff]);
    assert_eq!(deflate(&cut), None, "it is dense, and looks like the end");
}
