//! What a connection that waits costs.

use std::time::Duration;

use triwire_tests::chat::Chat;

use super::client::Raw;

/// Connections opened at a time, and how often.
const AT_ONCE: usize = 300;
const TIMES: usize = 4;
/// Above what one holds with its share of a heap in pieces, and far below hyper's buffers, of 24 KiB.
const MOST_EACH: usize = 10 << 10;

/// What the process has in memory.
fn resident(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it lives");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("linux tells");
    line.trim().split(' ').next().and_then(|kibibytes| kibibytes.parse::<usize>().ok()).expect("a number") << 10
}

#[tokio::test]
async fn a_connection_between_requests_holds_little() {
    let chat = Chat::start();
    let (mut clients, mut first) = (Vec::new(), None);
    for _ in 0..TIMES {
        for _ in 0..AT_ONCE {
            let mut client = Raw::open(chat.address).await;
            assert_eq!(client.get("/stats").await.status, 200);
            clients.push(client);
        }
        // Longer than a rest takes to begin: the next are given what these gave back.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        first = first.or_else(|| Some(resident(chat.process.id())));
    }
    let grown = resident(chat.process.id()).saturating_sub(first.expect("there was a first time"));
    let each = grown / (AT_ONCE * (TIMES - 1));
    assert!(each < MOST_EACH, "{each} bytes for each of them");
    assert_eq!(clients[0].get("/stats").await.status, 200, "and is served as before");
}
