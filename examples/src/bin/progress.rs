//! A long job and its bar: a reload, a cut or another browser loses nothing of it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use triwire::{Hub, PublishError, Realtime};
use triwire_examples::{serve, unguessed};

/// Jobs that run at one time.
const JOBS: usize = 64;
/// Steps of a job, each a part of the whole.
const STEPS: [&str; 5] = ["Reading the archive", "Checking sums", "Resizing images", "Building the index", "Publishing"];
/// Events of one step.
const TICKS: u8 = 10;

/// What becomes of a job.
#[derive(Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[realtime(history = 128, keep = "10m")]
enum JobEvent {
    /// So much is done.
    #[realtime(channel = "job:{job}")]
    Progress { job: String, percent: u8, step: String },
    /// All is.
    #[realtime(channel = "job:{job}")]
    Done { job: String },
}
triwire::contract!(JobEvent);

#[derive(Clone)]
struct Works {
    hub: Hub<JobEvent>,
    free: Arc<Semaphore>,
    /// How long a job takes: `JOB_MS`.
    time: Duration,
}

/// Starts a job, and says where to look.
async fn start(State(works): State<Works>) -> Result<(StatusCode, Json<Value>), StatusCode> {
    let permit = Arc::clone(&works.free).try_acquire_owned().map_err(|_| StatusCode::TOO_MANY_REQUESTS)?;
    let job = unguessed();
    let answer = Json(json!({ "job": job }));
    tokio::spawn(async move {
        if let Err(error) = work(works, job, permit).await {
            eprintln!("a job is given up: {error}");
        }
    });
    Ok((StatusCode::ACCEPTED, answer))
}

async fn work(works: Works, job: String, _permit: OwnedSemaphorePermit) -> Result<(), PublishError> {
    let ticks = STEPS.len() as u32 * u32::from(TICKS);
    let mut percent = 0;
    for step in STEPS {
        for _ in 0..TICKS {
            works.hub.publish(JobEvent::Progress { job: job.clone(), percent, step: step.into() }).await?;
            tokio::time::sleep(works.time / ticks).await;
            percent += 100 / ticks as u8;
        }
    }
    works.hub.publish(JobEvent::Progress { job: job.clone(), percent: 100, step: "All steps".into() }).await?;
    works.hub.publish(JobEvent::Done { job }).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = Hub::<JobEvent>::new();
    let time = std::env::var("JOB_MS").ok().and_then(|ms| ms.parse().ok()).unwrap_or(4_000);
    let works = Works { hub: hub.clone(), free: Arc::new(Semaphore::new(JOBS)), time: Duration::from_millis(time) };
    let app = Router::new().nest("/progress", hub.endpoints().into_router()).route("/jobs", post(start)).with_state(works);
    serve("progress", include_str!("progress.html"), app, hub).await
}
