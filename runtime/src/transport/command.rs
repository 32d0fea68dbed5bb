//! One command, from its JSON to its answer; a WebSocket's commands in their order; and `POST /commands`.
//!
//! A command runs in a task of its own, which goes on when its client is gone: a client that comes back with the same key is told what
//! became of it.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, header, request};
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt as _;
use serde_json::Value;
use sha1::{Digest, Sha1};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::commands::Handling;
use crate::guard::Guard;
use crate::hub::node::Node;
use crate::hub::replies::{Begun, Reply};
use crate::transport::json;
use crate::transport::origin::Origins;
use crate::transport::problem::Problem;

/// The longest idempotency key, in bytes.
const KEY_BYTES: usize = 255;

/// A command as it came.
pub(crate) struct Command {
    json: Vec<u8>,
    key: Option<Arc<str>>,
}

impl Command {
    /// The command, once it is JSON, with the key that its client gave it.
    pub(crate) fn new(command: &Value, key: Option<&str>) -> Result<Self, Problem> {
        if key.is_some_and(|key| key.is_empty() || key.len() > KEY_BYTES) {
            return Err(Problem::KeyMalformed);
        }
        Ok(Self { json: command.to_string().into_bytes(), key: key.map(Arc::from) })
    }

    /// Begins it. Who does not wait for the answer changes nothing.
    pub(crate) fn start(self, node: Arc<Node>, guard: Guard) -> Running {
        tokio::spawn(async move {
            let reply = self.run(&node, &guard).await?;
            match reply {
                Reply::Given(json) => Ok(json),
                Reply::Rejected(rejected) => Err(Problem::Rejected(rejected)),
                Reply::Failed => Err(Problem::Internal),
                Reply::Late => Err(Problem::CommandLate),
            }
        })
    }

    async fn run(self, node: &Arc<Node>, guard: &Guard) -> Result<Reply, Problem> {
        let read = AssertUnwindSafe(|| guard.command(&self.json, self.key.clone()));
        let Ok(handling) = std::panic::catch_unwind(read) else { return Ok(failed()) };
        let handling = handling
            .ok_or(Problem::CommandUnsupported)?
            .map_err(|misread| Problem::CommandNotUnderstood { path: misread.path, why: misread.why })?;
        let Some(key) = self.key else { return Ok(perform(node, handling).await) };
        let fingerprint = Sha1::digest(&self.json).into();
        match node.replies.begin(&guard.key().into(), &key, fingerprint, &node.limits, Instant::now()) {
            Begun::First(promise) => {
                let reply = perform(node, handling).await;
                // Nobody may be there any more to hear it.
                let _ = promise.send(Some(reply.clone()));
                Ok(reply)
            }
            Begun::Again(mut reply) => {
                let reply = reply.wait_for(Option::is_some).await.map(|reply| reply.clone());
                Ok(reply.ok().flatten().unwrap_or(Reply::Failed))
            }
            Begun::Reused => Err(Problem::KeyReused),
            Begun::Full => Err(Problem::Busy { retry_ms: node.retry() }),
        }
    }
}

/// Runs a handler, within the limits.
async fn perform(node: &Node, handling: Handling) -> Reply {
    let permit = node.commands.acquire().await;
    let handled = AssertUnwindSafe(timeout(node.limits.command_time, handling)).catch_unwind().await;
    drop(permit);
    match handled {
        Err(_) => failed(),
        Ok(Err(_)) => {
            tracing::error!("a command's handler ran over `command_time`, and was stopped");
            Reply::Late
        }
        Ok(Ok(Ok(json))) => Reply::Given(json.into()),
        Ok(Ok(Err(rejected))) if rejected.is_failure() => {
            tracing::error!(error = %rejected, "a command failed");
            Reply::Failed
        }
        Ok(Ok(Err(rejected))) => Reply::Rejected(rejected),
    }
}

/// The panic's text is with the panic hook, which ran already.
fn failed() -> Reply {
    tracing::error!("a command's handler panicked: its client is told `internal`");
    Reply::Failed
}

/// A command that was begun, and its answer.
type Running = JoinHandle<Result<Bytes, Problem>>;

/// The commands of one WebSocket.
#[derive(Default)]
pub(crate) struct Commands {
    waiting: VecDeque<(Option<Value>, Command)>,
    running: Vec<(Option<Value>, Running)>,
}

impl Commands {
    /// How many are not answered yet.
    pub(crate) fn unanswered(&self) -> usize {
        self.waiting.len() + self.running.len()
    }

    /// Takes one more.
    pub(crate) fn take(&mut self, reference: Option<Value>, command: Command) {
        self.waiting.push_back((reference, command));
    }

    /// Begins as many as may run at once, in their order, and gives the next answer.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, node: &Arc<Node>, guard: &Guard) -> Poll<(Option<Value>, Result<Bytes, Problem>)> {
        loop {
            for at in 0..self.running.len() {
                if let Poll::Ready(answer) = Pin::new(&mut self.running[at].1).poll(cx) {
                    let (reference, _) = self.running.remove(at);
                    // The task itself only ends early with its runtime.
                    return Poll::Ready((reference, answer.unwrap_or(Err(Problem::Internal))));
                }
            }
            if self.running.len() >= node.limits.commands_per_connection.max(1) {
                return Poll::Pending;
            }
            let Some((reference, command)) = self.waiting.pop_front() else { return Poll::Pending };
            self.running.push((reference, command.start(Arc::clone(node), guard.clone())));
        }
    }
}

/// Checks all of a `POST /commands` that needs no application.
pub(crate) fn check(parts: &request::Parts, origins: &Origins) -> Result<(), Problem> {
    if parts.method != Method::POST {
        return Err(Problem::MethodNotAllowed { allow: "POST" });
    }
    if !origins.pass(&parts.uri, &parts.headers) {
        return Err(Problem::OriginRefused);
    }
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(Problem::NotJson) }
}

/// Answers one command.
pub(crate) async fn answer(node: &Arc<Node>, guard: Guard, headers: &HeaderMap, body: Body) -> Result<Response, Problem> {
    guard.commands(node).map_err(|over| Problem::over(over, node))?;
    let limit = node.limits.inbound_bytes;
    let body = to_bytes(body, limit).await.map_err(|_| Problem::TooLarge { limit })?;
    let command: Value = serde_json::from_slice(&body).map_err(|_| Problem::JsonMalformed)?;
    let command = Command::new(&command, key(headers)?)?;
    command.start(Arc::clone(node), guard).await.unwrap_or(Err(Problem::Internal)).map(json)
}

/// The `Idempotency-Key`, as it stands or in the quotes of a structured field.
fn key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut keys = headers.get_all("idempotency-key").iter();
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => {
            let key = key.to_str().map_err(|_| Problem::KeyMalformed)?.trim();
            Ok(Some(key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key)))
        }
        _ => Err(Problem::KeyMalformed),
    }
}
