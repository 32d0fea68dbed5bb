//! A dashboard: this machine's load, twice a second, with the last two minutes at once for who opens the page.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::{Hub, Realtime};
use triwire_examples::serve;

const PERIOD: Duration = Duration::from_millis(500);

/// What a machine tells of itself.
#[derive(Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[realtime(history = 240, keep = "5m")]
enum MetricsEvent {
    /// One look at it.
    #[realtime(channel = "host:{host}")]
    Sample {
        host: String,
        /// Milliseconds since the Unix epoch.
        at: u64,
        /// The share of the processors that works, in percent.
        cpu: f32,
        /// The share of the memory that is used, in percent.
        memory: f32,
        /// Requests to this server since the last look.
        requests: u32,
    },
}
triwire::contract!(MetricsEvent);

/// What is read of the machine; where it has no `/proc`, a wave stands in.
#[derive(Default)]
struct Machine {
    busy: u64,
    total: u64,
    looks: u16,
}

impl Machine {
    fn cpu(&mut self) -> f32 {
        self.looks = self.looks.wrapping_add(1);
        self.read_cpu().unwrap_or_else(|| 40.0 + 30.0 * (f32::from(self.looks) / 9.0).sin())
    }

    /// Of all ticks since the last look, those that were not idle.
    fn read_cpu(&mut self) -> Option<f32> {
        let stat = std::fs::read_to_string("/proc/stat").ok()?;
        let ticks: Vec<u64> = stat.lines().next()?.split_whitespace().skip(1).take(8).filter_map(|tick| tick.parse().ok()).collect();
        let total = ticks.iter().sum::<u64>();
        let busy = total - ticks.get(3)? - ticks.get(4)?;
        let share = percent(busy.saturating_sub(self.busy), total.saturating_sub(self.total));
        (self.busy, self.total) = (busy, total);
        Some(share)
    }

    fn memory(&self) -> f32 {
        let read = || {
            let text = std::fs::read_to_string("/proc/meminfo").ok()?;
            let row = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<u64>().ok());
            let (total, free) = (row("MemTotal:")?, row("MemAvailable:")?);
            Some(percent(total.saturating_sub(free), total))
        };
        read().unwrap_or_else(|| 55.0 + 5.0 * (f32::from(self.looks) / 31.0).cos())
    }
}

/// In tenths: a plot shows no more, and the wire need not carry it.
fn percent(part: u64, whole: u64) -> f32 {
    let tenths = u16::try_from(1_000 * part / whole.max(1)).unwrap_or(u16::MAX);
    f32::from(tenths.min(1_000)) / 10.0
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

async fn tick(hub: Hub<MetricsEvent>, requests: Arc<AtomicU32>) {
    let mut machine = Machine::default();
    machine.cpu();
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let (cpu, memory, requests) = (machine.cpu(), machine.memory(), requests.swap(0, Relaxed));
        let sample = MetricsEvent::Sample { host: "local".into(), at: now(), cpu, memory, requests };
        if let Err(error) = hub.publish(sample).await {
            eprintln!("a sample is left out: {error}");
        }
    }
}

async fn count(State(requests): State<Arc<AtomicU32>>, request: Request, next: Next) -> Response {
    requests.fetch_add(1, Relaxed);
    next.run(request).await
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = Hub::<MetricsEvent>::new();
    let requests = Arc::new(AtomicU32::new(0));
    tokio::spawn(tick(hub.clone(), Arc::clone(&requests)));
    let app = Router::new()
        .nest("/metrics", hub.endpoints().into_router())
        .route("/ping", get(async || "pong"))
        .layer(from_fn_with_state(requests, count));
    serve("dashboard", include_str!("dashboard.html"), app, hub).await
}
