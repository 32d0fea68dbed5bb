//! Whatever bytes a client sends, the server answers or closes, and goes on.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::{Sse, get, within};
use super::server::{Server, quick};

/// A small generator, seeded: a failure can be run again.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("below a usize")
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.next().to_le_bytes()[3]).collect()
    }
}

/// Counts the panics of every task while it lives.
fn count_panics() -> &'static AtomicUsize {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.location().is_some_and(|at| at.file().contains("runtime/src")) {
            PANICS.fetch_add(1, SeqCst);
        }
        before(info);
    }));
    &PANICS
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_frames_and_queries_hurt_nobody() {
    let panics = count_panics();
    let server = Server::with(quick(), |endpoints| endpoints).await;
    let mut watcher = Sse::open(server.address, "channel=room:lobby").await;
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..300 {
        let garbage = frames(&mut dice);
        let mut socket = TcpStream::connect(server.address).await.expect("connects");
        let upgrade = "GET /chat/ws?channel=lobby HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                       sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        socket.write_all(&[upgrade.as_bytes(), &garbage].concat()).await.expect("written");
        if round % 3 == 0 {
            socket.shutdown().await.expect("half closed");
            let mut rest = Vec::new();
            let _ = within(socket.read_to_end(&mut rest)).await;
            assert!(rest.starts_with(b"HTTP/1.1 101"));
        }
    }
    for _ in 0..300 {
        let noise: String = dice.bytes(200).iter().map(|byte| format!("%{byte:02x}")).collect();
        let fields = ["channel=", "channel=room:", "channel=lobby&since=", "channel=lobby&wait=", "", "channel=lobby&x="];
        let query = format!("{}{noise}", fields[dice.below(fields.len())]);
        let endpoint = ["poll", "sse"][dice.below(2)];
        let headers = [("last-event-id", "\u{e9}\u{1f600}")];
        let status = get(server.address, &format!("/chat/{endpoint}?{query}"), &headers[..dice.below(2)]).await.status();
        assert!(matches!(status.as_u16(), 200 | 400 | 404), "{status} {query}");
    }
    let id = server.say("lobby", "still here").await;
    while watcher.item().await.field("id") != Some(&*id.to_string()) {}
    drop(watcher);
    while server.hub.stats().connections > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(panics.load(SeqCst), 0);
}

/// A few frames, some of them well formed, around bytes of all kinds.
fn frames(dice: &mut Dice) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..dice.below(6) {
        let payload = match dice.below(4) {
            0 => dice.bytes(300),
            1 => br#"{"subscribe":"lobby","ref":1}"#.to_vec(),
            2 => br#"{"unsubscribe":"lobby","ref":"x"}"#.to_vec(),
            _ => br#"{"subscribe":"room:a","since":"earliest","ref":1e400}"#.to_vec(),
        };
        let first = if dice.below(3) > 0 { 0x81 } else { dice.next().to_le_bytes()[0] };
        bytes.push(first);
        if payload.len() < 126 {
            bytes.push(0x80 | u8::try_from(payload.len()).expect("small"));
        } else {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(payload.len()).expect("small").to_be_bytes());
        }
        bytes.extend([0; 4]);
        bytes.extend(payload);
    }
    bytes.extend(dice.bytes(20));
    bytes
}
