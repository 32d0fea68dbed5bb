//! The end of a server: everybody is told, spread over the time, and the process ends.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::timeout;
use triwire_tests::chat::Chat;
use triwire_tests::client::{Client, Failure, PATIENCE, WIRES, Wire};

/// Of each transport.
const CLIENTS: usize = 1_000;

/// What became of one client: when its bye came, and whether its stream then ended as it should.
async fn told(wire: Wire, address: SocketAddr) -> Result<Instant, Failure> {
    let channels = ["room:lobby".to_owned()];
    let since = if wire == Wire::Poll {
        let mut now = Client::open(wire, address, "/chat", &channels, None).await?;
        now.next().await?.and_then(|item| item["position"].as_str().map(str::to_owned))
    } else {
        None
    };
    let mut client = match (wire, &since) {
        (Wire::Poll, Some(since)) => {
            let path = format!("/chat/poll?channel=room:lobby&since={since}&wait=55");
            Client::Poll(triwire_tests::client::Poll::ask(address, &path).await?)
        }
        _ => Client::open(wire, address, "/chat", &channels, None).await?,
    };
    let mut bye = None;
    while let Some(item) = client.next().await? {
        if bye.is_some() && item.get("position").is_none() {
            return Err(format!("{wire:?}: {item} after the bye").into());
        }
        if let Some(reason) = item.get("bye") {
            if reason["reason"] != "drain" {
                return Err(format!("{wire:?}: {item}").into());
            }
            bye = Some(Instant::now());
        }
    }
    if let Client::Ws(ws) = &client
        && ws.closed != Some(1012)
    {
        return Err(format!("closed with {:?}, not 1012", ws.closed).into());
    }
    bye.ok_or_else(|| format!("{wire:?}: the end came without a word").into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sigterm_tells_three_thousand_clients_and_ends_the_process() {
    let mut chat = Chat::start();
    let mut clients = JoinSet::new();
    for wire in WIRES {
        for _ in 0..CLIENTS {
            let address = chat.address;
            clients.spawn(async move { (wire, told(wire, address).await) });
        }
    }
    // All are there when the chat counts them; it tells by its stats page.
    let open = || async {
        let mut stats = triwire_tests::client::get(chat.address, "/stats", &[]).await?.into_body();
        let text = http_body_util::BodyExt::collect(&mut stats).await?.to_bytes();
        Ok::<u64, Failure>(serde_json::from_slice::<Value>(&text)?["connections"].as_u64().unwrap_or(0))
    };
    timeout(PATIENCE * 3, async {
        while open().await.unwrap_or(0) < 3 * CLIENTS as u64 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await
    .expect("three thousand are connected");
    let asked = Instant::now();
    let killed = Command::new("kill").args(["-TERM", &chat.process.id().to_string()]).status();
    assert!(killed.expect("kill runs").success());
    let (mut failures, mut times) = (Vec::new(), Vec::new());
    while let Some(told) = timeout(PATIENCE, clients.join_next()).await.expect("every client's stream ends") {
        match told.expect("a client does not panic") {
            (_, Ok(at)) => times.push(at.duration_since(asked)),
            (wire, Err(failure)) => failures.push(format!("{wire:?}: {failure}")),
        }
    }
    assert!(failures.is_empty(), "{} were not told, the first: {:?}", failures.len(), &failures[..failures.len().min(5)]);
    let ended = tokio::task::spawn_blocking(move || chat.process.wait()).await.expect("waiting is no panic").expect("it is a child");
    assert!(ended.success(), "the chat ends well: {ended}");
    times.sort();
    let (first, half, last) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    eprintln!("{} told, the first after {first:?}, half after {half:?}, the last after {last:?}", times.len());
    // Spread, not all at once: what a thundering herd would do to the next server.
    assert!(last - first > Duration::from_millis(500), "all were told within {:?}", last - first);
}
