//! A text that is generated word by word: a reload in mid-sentence loses none of it, and behind its end nobody asks again.

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

/// Answers that are generated at one time.
const ANSWERS: usize = 64;
/// What the model says, whatever it is asked. Yours would call one, and publish what it streams.
const TEXT: &str = "A stream is a river, and a reader who steps away for a moment should not find that it has flowed on without them. \
    So each word here has a place in one order, and stays for ten minutes where it was put. Who comes back, be it by a reload, \
    by a train that leaves a tunnel, or on another device, is given what was said so far, and then the rest as it is thought of. \
    There is no half of a word, no word twice, and none that is missing. And when all is said, that is said too: \
    the last word is followed by the end of its channel, the browser asks once more, hears that nothing is to come, and rests.";

/// What becomes of an answer. The history holds more words than one has.
#[derive(Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[realtime(history = 1024, keep = "10m")]
enum AnswerEvent {
    /// Its next word, with the space behind it.
    #[realtime(channel = "answer:{id}")]
    Word { id: String, text: String },
    /// It is complete: nothing comes behind it.
    #[realtime(channel = "answer:{id}", ends)]
    Complete { id: String, words: usize },
}
triwire::contract!(AnswerEvent);

#[derive(Clone)]
struct Model {
    hub: Hub<AnswerEvent>,
    free: Arc<Semaphore>,
    /// How long a word takes: `WORD_MS`.
    time: Duration,
}

/// Begins an answer, and says where to read it. It goes on whether anybody does or not.
async fn ask(State(model): State<Model>) -> Result<(StatusCode, Json<Value>), StatusCode> {
    let permit = Arc::clone(&model.free).try_acquire_owned().map_err(|_| StatusCode::TOO_MANY_REQUESTS)?;
    let id = unguessed();
    let answer = Json(json!({ "id": id }));
    tokio::spawn(async move {
        if let Err(error) = generate(model, id, permit).await {
            eprintln!("an answer is given up: {error}");
        }
    });
    Ok((StatusCode::ACCEPTED, answer))
}

async fn generate(model: Model, id: String, _permit: OwnedSemaphorePermit) -> Result<(), PublishError> {
    let mut words = 0;
    for word in TEXT.split_inclusive(' ') {
        model.hub.publish(AnswerEvent::Word { id: id.clone(), text: word.into() }).await?;
        words += 1;
        tokio::time::sleep(model.time).await;
    }
    model.hub.publish(AnswerEvent::Complete { id, words }).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = Hub::<AnswerEvent>::new();
    let time = std::env::var("WORD_MS").ok().and_then(|ms| ms.parse().ok()).unwrap_or(80);
    let model = Model { hub: hub.clone(), free: Arc::new(Semaphore::new(ANSWERS)), time: Duration::from_millis(time) };
    let app = Router::new().nest("/llm", hub.endpoints().into_router()).route("/ask", post(ask)).with_state(model);
    serve("llm", include_str!("llm.html"), app, hub).await
}
