//! How a WebSocket ends, and by which code.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use triwire::Limits;

use super::client::{Ws, within};
use super::server::{Server, quick};

/// A connection that was upgraded by hand, for what no client library sends.
async fn raw(server: &Server) -> TcpStream {
    let mut socket = TcpStream::connect(server.address).await.expect("connects");
    let upgrade = "GET /chat/ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    socket.write_all(upgrade.as_bytes()).await.expect("written");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within(socket.read_u8()).await.expect("a byte"));
    }
    let head = String::from_utf8(head).expect("text").to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 101"), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
    socket
}

/// The code of the close that comes, and that the connection ends after it.
async fn code(socket: &mut TcpStream) -> u16 {
    let mut bytes = Vec::new();
    within(socket.read_to_end(&mut bytes)).await.expect("an end, and no reset");
    let at = bytes.iter().position(|byte| *byte == 0x88).expect("a close");
    assert!(bytes[at + 1] >= 2, "a close with a code");
    u16::from_be_bytes([bytes[at + 2], bytes[at + 3]])
}

/// A client's frame, masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | u8::try_from(length).expect("small")),
        length @ 126..=65_535 => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(length).expect("small").to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

#[tokio::test]
async fn what_is_not_the_protocol_is_closed_with_the_code_that_rfc_6455_has_for_it() {
    let server = Server::new().await;
    let text = 0x81;
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("binary", frame(0x82, b"x"), 1003),
        ("not UTF-8", frame(text, b"\xff\xfe"), 1007),
        ("over 64 KiB", frame(text, &vec![b'x'; (64 << 10) + 1]), 1009),
        ("over 64 KiB, announced only", vec![text, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], 1009),
        ("over 64 KiB, in fragments", [frame(0x01, &vec![b'x'; 40 << 10]), frame(0x80, &vec![b'x'; 40 << 10])].concat(), 1009),
        ("not masked", vec![text, 1, b'x'], 1002),
        ("a reserved bit", frame(0xc1, b"x"), 1002),
        ("a reserved opcode", frame(0x83, b"x"), 1002),
        ("a continuation of nothing", frame(0x80, b"x"), 1002),
        ("a long ping", frame(0x89, &[b'x'; 126]), 1002),
        ("a ping in fragments", frame(0x09, b"x"), 1002),
        ("no JSON", frame(text, b"hello"), 4400),
        ("no object", frame(text, b"[1]"), 4400),
        ("nothing known and no ref", frame(text, br#"{"hello":1}"#), 4400),
        ("a ref that is neither number nor string", frame(text, br#"{"subscribe":"lobby","ref":[1]}"#), 4400),
        ("a ref too long to keep", frame(text, format!(r#"{{"subscribe":"lobby","ref":"{}"}}"#, "x".repeat(256)).as_bytes()), 4400),
        ("JSON too deep", frame(text, "[".repeat(60_000).as_bytes()), 4400),
        ("empty", frame(text, b""), 4400),
        ("a close with a code", frame(0x88, &1000u16.to_be_bytes()), 1000),
    ];
    for (what, bytes, expected) in cases {
        let mut socket = raw(&server).await;
        socket.write_all(&bytes).await.expect("written");
        assert_eq!(code(&mut socket).await, expected, "{what}");
    }
    while server.hub.stats().connections > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_client_that_is_still_sending_is_told_why_and_not_reset() {
    let server = Server::new().await;
    let mut socket = raw(&server).await;
    let sent = frame(0x81, &vec![b'x'; 300 << 10]);
    let (begin, rest) = sent.split_at(200 << 10);
    socket.write_all(begin).await.expect("written");
    tokio::time::sleep(Duration::from_millis(200)).await;
    socket.write_all(rest).await.expect("written, though it was closed meanwhile");
    assert_eq!(code(&mut socket).await, 1009);
}

#[tokio::test]
async fn a_text_of_64_kib_is_still_read() {
    let server = Server::new().await;
    let mut ws = Ws::open(server.address, "").await;
    let ask = r#"{"subscribe":"lobby","ref":1,"more":""}"#;
    let ask = ask.replace(r#""more":"""#, &format!(r#""more":"{}""#, "x".repeat((64 << 10) - ask.len())));
    assert_eq!(ask.len(), 64 << 10);
    ws.send(ask).await;
    assert!(ws.json().await["ok"].is_object());
}

#[tokio::test]
async fn a_text_in_fragments_with_a_ping_between_is_one() {
    let server = Server::new().await;
    let mut socket = raw(&server).await;
    let parts = [frame(0x01, br#"{"subscribe":"#), frame(0x89, b"hi"), frame(0x80, br#""lobby","ref":1}"#)].concat();
    for byte in parts {
        socket.write_all(&[byte]).await.expect("written");
    }
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(r#""ok""#) {
        within(socket.read_buf(&mut seen)).await.expect("read");
    }
    assert_eq!(seen[..4], *b"\x8a\x02hi", "the pong, with what the ping had");
}

#[tokio::test]
async fn a_close_of_the_client_is_answered_with_its_code() {
    let server = Server::new().await;
    let mut ws = Ws::open(server.address, "channel=lobby").await;
    ws.text().await;
    ws.0.send(Message::Close(Some(CloseFrame { code: 1000.into(), reason: "done".into() }))).await.expect("sent");
    assert_eq!(ws.close().await, (Vec::new(), 1000));
    assert!(within(ws.0.next()).await.is_none());
}

#[tokio::test]
async fn a_full_hub_accepts_says_bye_and_closes_with_1013() {
    let server = Server::with(Limits { connections: 0, ..Limits::default() }, |endpoints| endpoints).await;
    let mut ws = Ws::open(server.address, "channel=lobby").await;
    let (items, code) = ws.close().await;
    assert_eq!(code, 1013);
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["bye"]["reason"], "busy");
    assert!(items[0]["bye"]["retry_ms"].as_u64().is_some_and(|ms| (1_000..=3_000).contains(&ms)));
}

#[tokio::test]
async fn a_client_without_a_sign_of_life_is_told_and_closed() {
    let server = Server::with(quick(), |endpoints| endpoints).await;
    let mut socket = raw(&server).await;
    assert_eq!(code(&mut socket).await, 1013, "no pong came");
    assert_eq!(server.hub.stats().connections, 0);
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_given_up_after_the_limit_and_costs_a_batch() {
    let server = Server::with(quick(), |endpoints| endpoints).await;
    let _socket = {
        let mut ws = Ws::open(server.address, "channel=room:lobby").await;
        ws.text().await;
        ws
    };
    let text = "x".repeat(60_000);
    for _ in 0..400 {
        server.say("lobby", &text).await;
    }
    let began = std::time::Instant::now();
    while server.hub.stats().connections > 0 {
        server.say("lobby", &text).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(began.elapsed() < Duration::from_secs(5), "the connection is still there");
    }
}
