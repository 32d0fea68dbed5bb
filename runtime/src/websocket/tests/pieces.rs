//! Bytes come in any pieces: a socket knows nothing of frames.

use proptest::prelude::*;

use super::*;

/// What a decoder makes of bytes that come in these pieces, until it fails.
fn in_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Received>, Option<Violation>) {
    let (mut decoder, mut received) = (Decoder::new(LIMIT), Vec::new());
    for piece in pieces {
        match read_each(&mut decoder, piece, &mut received) {
            Ok(()) => {}
            Err(violation) => return (received, Some(violation)),
        }
    }
    (received, None)
}

fn read_each(decoder: &mut Decoder, mut piece: &[u8], received: &mut Vec<Received>) -> Result<(), Violation> {
    while let Some(one) = decoder.decode(&mut piece)? {
        received.push(one);
    }
    // Where it says that it is idle, another goes on as well.
    if decoder.is_idle() {
        *decoder = Decoder::new(LIMIT);
    }
    Ok(())
}

#[test]
fn every_cut_gives_the_same() {
    let text = |first: u8, payload: &str| client(first, payload.as_bytes());
    let fragments = [text(1, "Hél"), client(FINAL | 9, b"?"), text(0, ""), text(FINAL, "lo €😀")].concat();
    let long = [client(FINAL | 2, &[7; 300]), text(FINAL | 1, "a"), client(FINAL | 10, &[1; 125])].concat();
    let closed = [text(FINAL | 1, &"é".repeat(40)), client(FINAL | 8, b"\x03\xe8bye"), text(FINAL | 1, "never")].concat();
    let wrong = [text(FINAL | 1, "a"), client(1, b"\xf0\x9f"), client(FINAL, b"\x98\x80\xff")].concat();
    let interrupted = [text(1, "a"), client(FINAL | 9, b"?"), text(FINAL | 1, "b")].concat();
    for bytes in [fragments, long, closed, wrong, interrupted] {
        let whole = in_pieces([&bytes[..]]);
        assert!(!whole.0.is_empty());
        for cut in 0..=bytes.len() {
            let (before, after) = bytes.split_at(cut);
            assert_eq!(in_pieces([before, after]), whole, "cut at {cut}");
        }
        assert_eq!(in_pieces(bytes.chunks(1)), whole, "one byte at a time");
        assert_eq!(in_pieces(bytes.chunks(3)), whole, "three bytes at a time");
    }
}

/// A message of the model: what is sent, cut into frames, with pings between them.
#[derive(Debug, Clone)]
enum Sent {
    Text(String, Vec<prop::sample::Index>),
    Binary(Vec<u8>, Vec<prop::sample::Index>),
    Ping(Vec<u8>),
}

fn sent() -> impl Strategy<Value = Sent> {
    let cuts = || prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    prop_oneof![
        (any::<String>(), cuts()).prop_map(|(text, cuts)| Sent::Text(text, cuts)),
        (prop::collection::vec(any::<u8>(), 0..1000), cuts()).prop_map(|(bytes, cuts)| Sent::Binary(bytes, cuts)),
        prop::collection::vec(any::<u8>(), 0..=125).prop_map(Sent::Ping),
    ]
}

/// The frames of a message, and what is to be read: with a pong after each frame but the last.
fn encode(sent: &Sent) -> (Vec<u8>, Vec<Received>) {
    let (opcode, payload, cuts, whole) = match sent {
        Sent::Ping(payload) => return (client(FINAL | 9, payload), vec![Received::Ping(payload.clone())]),
        Sent::Text(text, cuts) => (1, text.as_bytes(), cuts, Received::Text(text.clone())),
        Sent::Binary(bytes, cuts) => (2, &bytes[..], cuts, Received::Binary(bytes.clone())),
    };
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(payload.len() + 1)).collect();
    ends.sort_unstable();
    let (mut bytes, mut received, mut begin, mut first) = (Vec::new(), Vec::new(), 0, opcode);
    for end in ends {
        bytes.extend([client(first, &payload[begin..end]), client(FINAL | 10, b"alive")].concat());
        received.push(Received::Pong(b"alive".to_vec()));
        (begin, first) = (end, 0);
    }
    bytes.extend(client(FINAL | first, &payload[begin..]));
    received.push(whole);
    (bytes, received)
}

proptest! {
    #[test]
    fn what_is_sent_is_read(sent in prop::collection::vec(sent(), 1..6), sizes in prop::collection::vec(1..400_usize, 1..50)) {
        let (bytes, expected): (Vec<_>, Vec<_>) = sent.iter().map(encode).unzip();
        let (bytes, mut sizes) = (bytes.concat(), sizes.into_iter().cycle());
        let (mut pieces, mut rest) = (Vec::new(), &bytes[..]);
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(sizes.next().expect("they go round").min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        prop_assert_eq!(in_pieces(pieces), (expected.concat(), None));
    }
}
