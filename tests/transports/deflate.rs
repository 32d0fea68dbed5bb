//! permessage-deflate (RFC 7692) over real sockets, byte by byte.

use allocation_counter::measure;
use flate2::{Compress, Compression, FlushCompress};
use serde_json::json;
use triwire::Limits;
use triwire_tests::exact::{COMPRESSED, Exact, Frame, TEXT, frame};

use super::inflate::inflate;
use super::server::{Server, message, quick};

const OFFER: &str = "permessage-deflate";
const ANSWER: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
/// A whole text whose first bit of reserve is set; and the first fragment of one.
const BEGINNING: u8 = 0x41;
const MIDDLE: u8 = 0x00;
const END: u8 = 0x80;

/// A WebSocket that offers this, and what was answered.
async fn offering(server: &Server, query: &str, offers: &[&str]) -> (Exact, Option<String>) {
    let mut socket = Exact::connect(server.address).await;
    let lines: String = offers.iter().map(|offer| format!("sec-websocket-extensions: {offer}\r\n")).collect();
    let head = socket.upgrade(&format!("/chat/ws?{query}"), &lines).await;
    let answer = head.field("sec-websocket-extensions").map(str::to_owned);
    (socket, answer)
}

/// One that agreed to compression, and had its opening.
async fn agreed(server: &Server, query: &str) -> Exact {
    let (mut socket, answer) = offering(server, query, &[OFFER]).await;
    assert_eq!(answer.as_deref(), Some(ANSWER));
    if !query.is_empty() {
        plain(&socket.frame().await);
    }
    socket
}

/// What a client inflates, without a memory of what came before, and with no larger window than it said.
fn inflated(frame: &Frame, window_bits: u32) -> String {
    assert_eq!(frame.first, COMPRESSED, "{:?}", String::from_utf8_lossy(&frame.payload));
    let (text, furthest) = inflate(&[&frame.payload[..], &[0, 0, 0xff, 0xff]].concat());
    assert!(furthest <= 1 << window_bits, "{furthest} bytes back, and {window_bits} bits were said");
    String::from_utf8(text).expect("UTF-8")
}

/// The text of a frame that is not compressed.
fn plain(frame: &Frame) -> &str {
    assert_eq!(frame.first, TEXT);
    frame.text()
}

/// What a client makes of a text, with the most that deflate can do.
fn compressed(text: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(text.len() / 8 + 1_000);
    let mut compress = Compress::new(Compression::best(), false);
    compress.compress_vec(text, &mut payload, FlushCompress::Sync).expect("it has room");
    assert_eq!(compress.total_in(), text.len() as u64);
    payload.truncate(payload.len() - 4);
    payload
}

/// Letters that hardly shrink.
fn letters(count: usize) -> String {
    let mut rng = fastrand::Rng::with_seed(7);
    std::iter::repeat_with(|| rng.alphanumeric()).take(count).collect()
}

/// Words that shrink, different for each number.
fn words(number: usize, count: usize) -> String {
    (0..count).map(|at| format!("word {} of {number}, ", at * at)).collect()
}

#[tokio::test]
async fn an_offer_is_answered_with_what_was_agreed() {
    let server = Server::new().await;
    let windowed = |bits: u8| format!("{ANSWER}; server_max_window_bits={bits}");
    let both = "permessage-deflate; client_max_window_bits; server_max_window_bits=8";
    let cases: [(&[&str], Option<String>); 14] = [
        (&[], None),
        (&[OFFER], Some(ANSWER.into())),
        // As Chromium, Firefox and npm's `ws` say it.
        (&["permessage-deflate; client_max_window_bits"], Some(ANSWER.into())),
        (&["permessage-deflate;server_no_context_takeover;client_no_context_takeover"], Some(ANSWER.into())),
        (&["permessage-deflate; server_max_window_bits=10"], Some(windowed(10))),
        (&["permessage-deflate; server_max_window_bits=\"9\""], Some(windowed(9))),
        // Ours is smaller, and so may be the answer.
        (&["permessage-deflate; server_max_window_bits=15"], Some(windowed(12))),
        (&["permessage-deflate; mystery, permessage-deflate; server_max_window_bits=11"], Some(windowed(11))),
        (&["x-webkit-deflate-frame", both], Some(windowed(8))),
        (&["x-webkit-deflate-frame"], None),
        (&["permessage-bzip2, permessage-deflate2"], None),
        (&["permessage-deflate; server_max_window_bits=16"], None),
        (&["permessage-deflate; server_max_window_bits"], None),
        (&["permessage-deflate; client_no_context_takeover; client_no_context_takeover"], None),
    ];
    for (offers, expected) in cases {
        assert_eq!(offering(&server, "", offers).await.1, expected, "{offers:?}");
    }
}

#[tokio::test]
async fn a_large_event_comes_compressed_and_a_small_one_plain() {
    let server = Server::new().await;
    let mut socket = agreed(&server, "channel=room:lobby").await;
    // An item of 255 bytes is below the floor, one of 256 is not.
    let around = message("lobby", "", server.say("lobby", "").await).len();
    assert_eq!(plain(&socket.frame().await).len(), around);
    let text = words(0, 100);
    for (length, first) in [(10, TEXT), (255 - around, TEXT), (256 - around, COMPRESSED), (1_500, COMPRESSED)] {
        let id = server.say("lobby", &text[..length]).await;
        let frame = socket.frame().await;
        assert_eq!(frame.first, first, "{length} bytes");
        let item = if first == TEXT { frame.text().to_owned() } else { inflated(&frame, 12) };
        assert_eq!(item, message("lobby", &text[..length], id));
        assert!(first == TEXT || frame.payload.len() < item.len(), "it is smaller");
    }
    // What does not become smaller goes as it is.
    let dense: String =
        std::iter::repeat_with(|| fastrand::char(..)).filter(|char| !char.is_control() && !"\"\\".contains(*char)).take(900).collect();
    let id = server.say("lobby", &dense).await;
    let frame = socket.frame().await;
    let item = if frame.first == TEXT { frame.text().to_owned() } else { inflated(&frame, 12) };
    assert_eq!(item, message("lobby", &dense, id));
    assert!(frame.payload.len() <= item.len());
}

#[tokio::test]
async fn a_heartbeat_a_gap_and_an_answer_come_plain() {
    let server = Server::with(Limits { history: 1, ..quick() }, |endpoints| endpoints).await;
    let first = server.say("lobby", "1").await;
    for number in 0..3 {
        server.say("lobby", &words(number, 60)).await;
    }
    let mut socket = agreed(&server, &format!("channel=room:lobby&since={first}")).await;
    assert!(plain(&socket.frame().await).contains(r#""gap":"#));
    assert!(inflated(&socket.frame().await, 12).contains("of 2"));
    let reference = "x".repeat(255);
    socket.send(frame(TEXT, json!({ "subscribe": "nothing", "ref": reference }).to_string().as_bytes())).await;
    let answer = socket.frame().await;
    assert!(plain(&answer).len() > 256 && answer.json()["ref"] == reference, "however long: {answer:?}");
    let ping = "x".repeat(125);
    socket.send(frame(0x89, ping.as_bytes())).await;
    assert_eq!(socket.frame().await, Frame { first: 0x8a, payload: ping.into() });
    loop {
        let frame = socket.frame().await;
        // Its own pings come, too.
        if frame.first == TEXT {
            assert!(frame.text().starts_with(r#"{"position":"#), "{frame:?}");
            break;
        }
        assert_eq!(frame, Frame { first: 0x89, payload: Vec::new() });
    }
}

fn is_ok(answer: &Frame, reference: u64) {
    plain(answer);
    let answer = answer.json();
    assert!(answer["ref"] == reference && answer["ok"]["position"].is_string(), "{answer}");
}

#[tokio::test]
async fn what_a_client_compresses_is_understood_whole_and_in_fragments() {
    let server = Server::new().await;
    let mut socket = agreed(&server, "").await;
    let ask = |number: u64| json!({ "subscribe": format!("room:{number}"), "ref": number }).to_string();
    socket.send(frame(COMPRESSED, &compressed(ask(1).as_bytes()))).await;
    is_ok(&socket.frame().await, 1);
    socket.send(frame(TEXT, ask(2).as_bytes())).await;
    is_ok(&socket.frame().await, 2);
    // Any cut, one byte a time, with a ping between.
    let payload = compressed(ask(3).as_bytes());
    for cut in [0, 1, payload.len() / 2, payload.len()] {
        let (begin, rest) = payload.split_at(cut);
        for byte in [frame(BEGINNING, begin), frame(0x89, b"hi"), frame(MIDDLE, b""), frame(END, rest)].concat() {
            socket.send([byte]).await;
        }
        assert_eq!(socket.frame().await, Frame { first: 0x8a, payload: b"hi".into() });
        is_ok(&socket.frame().await, 3);
    }
    // The most that may come of one.
    let most = json!({ "subscribe": "lobby", "ref": 4 }).to_string();
    let most = format!("{most}{}", " ".repeat((64 << 10) - most.len()));
    socket.send(frame(COMPRESSED, &compressed(most.as_bytes()))).await;
    is_ok(&socket.frame().await, 4);
    let id = server.say("1", "hello").await;
    assert_eq!(plain(&socket.frame().await), message("1", "hello", id));
}

#[tokio::test]
async fn what_is_wrong_with_a_compressed_text_is_closed_with_the_code_that_says_so() {
    let server = Server::new().await;
    let hello = compressed(br#"{"subscribe":"lobby","ref":1}"#);
    let cases: [(&str, Vec<u8>, u16); 8] = [
        ("a bit on a continuation", [frame(BEGINNING, &hello[..4]), frame(0xc0, &hello[4..])].concat(), 1002),
        ("a bit on a ping", frame(0xc9, b""), 1002),
        ("no DEFLATE", frame(COMPRESSED, b"\xff\xff\xff"), 1002),
        ("cut short", frame(COMPRESSED, &hello[..hello.len() - 3]), 1002),
        ("compressed bytes", frame(0xc2, &hello), 1003),
        ("not UTF-8", frame(COMPRESSED, &compressed(b"\xff\xfe")), 1007),
        ("no JSON", frame(COMPRESSED, &compressed(b"hello")), 4400),
        ("one byte above the limit", frame(COMPRESSED, &compressed(&vec![b' '; (64 << 10) + 1])), 1009),
    ];
    for (what, bytes, code) in cases {
        let mut socket = agreed(&server, "").await;
        socket.send(bytes).await;
        assert_eq!(socket.frame().await.code(), code, "{what}");
        socket.ends().await;
    }
    let (mut socket, _) = offering(&server, "", &[]).await;
    socket.send(frame(COMPRESSED, &hello)).await;
    assert_eq!(socket.frame().await.code(), 1002, "who did not agree may not compress");
}

#[test]
fn a_bomb_is_closed_with_1009_and_costs_no_more_than_the_limit() {
    let bomb = compressed(&vec![b'x'; 48 << 20]);
    assert!(bomb.len() < 60 << 10, "it is within the limit, as it comes: {}", bomb.len());
    let bomb = frame(COMPRESSED, &bomb);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (server, mut socket) = runtime.block_on(async {
        let server = Server::new().await;
        let socket = agreed(&server, "").await;
        (server, socket)
    });
    socket.at_once = 64;
    // The server is in this thread, too.
    let cost = measure(|| {
        runtime.block_on(async {
            socket.send(&bomb).await;
            assert_eq!(socket.frame().await.code(), 1009);
        });
    });
    // Once as it came, once as far as it may become; and what inflates it.
    assert!((64 << 10..192 << 10).contains(&cost.bytes_max), "{cost:?}");
    runtime.block_on(async {
        socket.ends().await;
        assert_eq!(server.hub.stats().connections, 0);
    });
}

#[tokio::test]
async fn who_offered_nothing_gets_nothing_compressed_beside_those_who_did() {
    let server = Server::new().await;
    let mut first = agreed(&server, "channel=room:lobby").await;
    let (mut other, answer) = offering(&server, "channel=room:lobby", &[]).await;
    assert_eq!(answer, None);
    plain(&other.frame().await);
    let mut second = agreed(&server, "channel=room:lobby").await;
    for number in 0..20 {
        let text = words(number, 50);
        let item = message("lobby", &text, server.say("lobby", &text).await);
        let frame = first.frame().await;
        assert_eq!(inflated(&frame, 12), item);
        assert_eq!(plain(&other.frame().await), item);
        assert_eq!(second.frame().await, frame, "one and the same bytes");
    }
}

#[tokio::test]
async fn a_small_window_gets_compressed_what_lies_in_it_whole() {
    let server = Server::new().await;
    for bits in [9, 10, 11, 12, 15] {
        let offer = format!("permessage-deflate; server_max_window_bits={bits}");
        let (mut socket, _) = offering(&server, "channel=room:lobby", &[&offer]).await;
        plain(&socket.frame().await);
        // The last repeats itself further back than any window of ours.
        let far = [words(1, 5), letters(6_000), words(1, 5)].concat();
        for text in [10, 16, 30, 60, 120].map(|count| words(0, count)).into_iter().chain([far]) {
            let item = message("lobby", &text, server.say("lobby", &text).await);
            let frame = socket.frame().await;
            assert_eq!(frame.first == COMPRESSED, item.len() >= 256 && (bits >= 12 || item.len() <= 1 << bits), "{bits} {}", item.len());
            let got = if frame.first == COMPRESSED { inflated(&frame, bits.min(12)) } else { frame.text().to_owned() };
            assert_eq!(got, item);
        }
    }
}

/// What many read at once is joined once, for each kind of reader by itself: whoever of them is the first.
#[tokio::test]
async fn many_at_once_come_whole_and_in_order_to_each_kind_of_reader() {
    let kinds = [&[][..], &[OFFER], &["permessage-deflate; server_max_window_bits=9"]];
    for first in 0..kinds.len() {
        let server = Server::new().await;
        let mut sockets = Vec::new();
        for kind in (first..first + 6).map(|kind| kind % kinds.len()) {
            let (mut socket, _) = offering(&server, "channel=room:lobby", kinds[kind]).await;
            plain(&socket.frame().await);
            sockets.push((kind, socket));
        }
        let mut items = Vec::new();
        for number in 0..9 {
            let text = words(number, [1, 25, 45][number % 3]);
            // None of them is read before the last is there: all are in one thread, and this does not wait.
            items.push(message("lobby", &text, server.say("lobby", &text).await));
        }
        for (kind, mut socket) in sockets {
            for item in &items {
                let frame = socket.frame().await;
                let compressed = item.len() >= 256 && (kind == 1 || kind == 2 && item.len() <= 512);
                assert_eq!(frame.first == COMPRESSED, compressed, "{kind}: {} bytes", item.len());
                let got = if compressed { inflated(&frame, if kind == 1 { 12 } else { 9 }) } else { frame.text().to_owned() };
                assert_eq!(&got, item);
            }
        }
    }
}
