//! A reader that never reads: bounded memory, told or closed, and nobody else is slower. Run by `cargo xtask soak`, for a minute.

use std::time::{Duration, Instant};

use axum::Router;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use triwire::{Hub, Realtime, Since};
use triwire_tests::client::{Client, PATIENCE, Wire};
use triwire_tests::server::{By, Server};

/// What is published.
#[derive(Realtime, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum SoakEvent {
    #[realtime(channel = "load")]
    Load { number: u64, text: String },
}

/// How long the load lasts, unless `TRIWIRE_SOAK_SECONDS` says otherwise.
const SECONDS: u64 = 60;
/// Readers that never read, of each transport that streams.
const STOPPED: usize = 100;
/// What the process may grow by while they stand: their sockets' and streams' buffers, and one history.
const GROWTH_MIB: u64 = 64;

/// Resident memory of this process in KiB, as the kernel counts it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it has this line");
    line.trim().trim_end_matches(" kB").parse().expect("it is a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_never_read_cost_bounded_memory_and_slow_nobody() {
    let seconds = std::env::var("TRIWIRE_SOAK_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(SECONDS);
    let hub = Hub::<SoakEvent>::new();
    let server = Server::start(By::Triwire, Router::new().nest("/hub", hub.endpoints().into_router())).expect("the loopback listens");
    let load = ["load".to_owned()];
    let mut stopped = Vec::new();
    for wire in [Wire::Sse, Wire::Ws] {
        for _ in 0..STOPPED {
            stopped.push(Client::open(wire, server.address, "/hub", &load, None).await.expect("it connects"));
        }
    }
    let mut reading = hub.subscribe([SoakChannel::load()], Since::Now).expect("it subscribes");
    let (before, ends) = (resident(), Instant::now() + Duration::from_secs(seconds));
    let text = "x".repeat(4_096);
    let (mut number, mut most, mut received) = (0, before, 0);
    while Instant::now() < ends {
        for _ in 0..32 {
            number += 1;
            hub.publish(SoakEvent::Load { number, text: text.clone() }).await.expect("it is taken");
        }
        // Who reads has everything at once, whoever does not.
        while received < number {
            let item = timeout(PATIENCE, reading.next()).await.expect("the reader is not slowed").expect("the stream goes on");
            if let triwire::Item::Event { event: SoakEvent::Load { number, .. }, .. } = item {
                received = number;
            }
        }
        most = most.max(resident());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let stats = hub.stats();
    eprintln!("{number} events of 4 KiB in {seconds} s, {before} KiB before, {most} KiB at most, {stats:?}");
    assert!(most - before < GROWTH_MIB << 10, "grew by {} MiB", (most - before) >> 10);
    let (mut told, mut closed) = (0, 0);
    for mut client in stopped {
        // It wakes up, and is told what it lost, or finds that it was closed.
        loop {
            match timeout(PATIENCE, client.next()).await.expect("it is told or closed") {
                Ok(Some(item)) if item.get("gap").is_some() => told += 1,
                Ok(Some(_)) => continue,
                Ok(None) | Err(_) => closed += 1,
            }
            break;
        }
    }
    eprintln!("of {} readers, {told} are told a gap when they read again, {closed} were closed", 2 * STOPPED);
    assert_eq!(told + closed, 2 * STOPPED);
}
