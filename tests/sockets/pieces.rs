//! A socket that takes a few bytes at a time: what its client has is what every other has, wherever a write was cut.

use std::sync::atomic::Ordering::Relaxed;

use triwire::Limits;
use triwire_tests::exact::{Exact, TEXT, frame};

use super::app::{App, Takes};

/// Every length up to here: that of the longest event, so that each of its bytes is somewhere the first of a write.
const AT_ONCE: usize = 300;
/// Of an event: with the short length of a frame, and with the long one.
const TEXTS: [usize; 12] = [0, 1, 33, 34, 35, 36, 100, 150, 200, 220, 2, 190];

async fn ticks(app: &App) {
    for length in TEXTS {
        app.tick(&"x".repeat(length)).await;
    }
}

/// All sockets, and first the one that takes everything.
fn sockets() -> impl Iterator<Item = Takes> {
    let room = 64 << 10;
    let piecemeal = (1..=AT_ONCE).flat_map(move |at_once| [true, false].map(|many| Takes { at_once, many, room }));
    std::iter::once(Takes { at_once: usize::MAX, many: true, room }).chain(piecemeal)
}

async fn websockets(lines: &str) {
    let app = App::new(Limits::default());
    let since = app.tick("before").await;
    ticks(&app).await;
    let mut clients = Vec::new();
    for takes in sockets() {
        let mut client = app.connect(takes);
        client.upgrade(&format!("/hub/ws?channel=ticks&since={since}"), lines).await;
        clients.push((takes, client));
    }
    // The first come as one batch and the next while that is still going out.
    ticks(&app).await;
    let mut expected = Vec::new();
    for (takes, client) in &mut clients {
        if expected.is_empty() {
            expected = all(client).await;
        }
        let got = if takes.at_once < usize::MAX { client.take(expected.len()).await } else { expected.clone() };
        assert!(got == expected, "{takes:?}: {} is not {}", String::from_utf8_lossy(&got), String::from_utf8_lossy(&expected));
        client.send(frame(0x88, &1000u16.to_be_bytes())).await;
        assert_eq!(client.frame().await.code(), 1000);
        client.ends().await;
    }
    assert_eq!(app.hub.stats().connections, 0);
}

/// The bytes of the position and of every event.
async fn all(client: &mut Exact<tokio::io::DuplexStream>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..=2 * TEXTS.len() {
        let frame = client.frame().await;
        bytes.push(frame.first);
        match frame.payload.len() {
            length @ 0..126 => bytes.push(u8::try_from(length).expect("it is small")),
            length => {
                bytes.push(126);
                bytes.extend(u16::try_from(length).expect("it is small").to_be_bytes());
            }
        }
        bytes.extend(frame.payload);
    }
    bytes
}

#[tokio::test]
async fn a_websocket_s_bytes_are_the_same_wherever_its_writes_are_cut() {
    websockets("").await;
}

#[tokio::test]
async fn compressed_too() {
    websockets("sec-websocket-extensions: permessage-deflate\r\n").await;
}

#[tokio::test]
async fn a_batch_is_one_write_of_a_socket_that_takes_several_pieces_and_of_one_that_does_not() {
    for many in [true, false] {
        let app = App::new(Limits::default());
        let since = app.tick("before").await;
        // So large that each event is a piece of its own.
        for _ in 0..5 {
            app.tick(&"x".repeat(4 << 10)).await;
        }
        let mut client = app.connect(Takes { at_once: usize::MAX, many, room: 64 << 10 });
        client.upgrade(&format!("/hub/ws?channel=ticks&since={since}"), "").await;
        for _ in 0..=5 {
            client.frame().await;
        }
        assert_eq!(app.writes.load(Relaxed), 3, "the head, the position, and the events; several pieces: {many}");
    }
}

#[tokio::test]
async fn a_ping_a_pong_and_an_answer_among_the_events_are_whole() {
    let app = App::new(Limits::default());
    let since = app.tick("before").await;
    ticks(&app).await;
    for takes in sockets().step_by(7) {
        let mut client = app.connect(takes);
        client.upgrade(&format!("/hub/ws?channel=ticks&since={since}"), "").await;
        let ask = frame(TEXT, br#"{"unsubscribe":"other","ref":1}"#);
        client.send([frame(0x89, b"hello"), ask, frame(0x89, b"again")].concat()).await;
        let (mut events, mut pongs, mut answers) = (0, Vec::new(), 0);
        while events < TEXTS.len() || pongs.len() < 2 || answers == 0 {
            let frame = client.frame().await;
            match frame.first {
                0x8a => pongs.push(frame.payload),
                TEXT if frame.json().get("ref").is_some() => answers += 1,
                TEXT => events += usize::from(frame.json().get("event").is_some()),
                _ => panic!("{takes:?}: {frame:?}"),
            }
        }
        assert_eq!((events, answers, pongs), (TEXTS.len(), 1, vec![b"hello".to_vec(), b"again".to_vec()]), "{takes:?}");
    }
}

#[tokio::test]
async fn an_sse_stream_s_events_are_the_same_wherever_its_writes_are_cut() {
    let app = App::new(Limits::default());
    let since = app.tick("before").await;
    ticks(&app).await;
    let mut clients = Vec::new();
    for takes in sockets() {
        let mut client = app.connect(takes);
        client.get(&format!("/hub/sse?channel=ticks&since={since}"), "").await;
        assert_eq!(client.head().await.line, "HTTP/1.1 200 OK");
        clients.push((takes, client, Vec::new()));
    }
    ticks(&app).await;
    for (_, client, events) in &mut clients {
        for _ in 0..=2 * TEXTS.len() {
            events.push(client.event().await.expect("it goes on"));
        }
    }
    let draining = tokio::spawn({
        let hub = app.hub.clone();
        async move { hub.drain(std::time::Duration::from_millis(200)).await }
    });
    for (_, client, _) in &mut clients {
        assert_eq!(client.event().await.expect("a bye").data["bye"]["reason"], "drain");
        assert_eq!(client.event().await, None);
    }
    draining.await.expect("no panic");
    let expected = clients[0].2.clone();
    assert_eq!(expected[0].id, Some(since.to_string()));
    assert!(expected[1..].iter().zip(TEXTS.iter().cycle()).all(|(event, length)| {
        event.data["event"]["Tick"]["text"].as_str().is_some_and(|text| text.len() == *length) && event.id.is_some()
    }));
    for (takes, _, events) in clients {
        assert_eq!(events, expected, "{takes:?}");
    }
}
