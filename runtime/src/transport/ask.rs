//! What a client asks over its WebSocket, and its answers, in the order of the asking.
//!
//! The application is asked about several channels at once, by tasks of their own, for its code may block and a driver must not. Every ask
//! takes its effect, and gets its answer, after those before it.
//! An answer is never above what is still to be sent: those that wait behind a subscribe go out with the position that ends its replay.

use std::collections::VecDeque;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};

use bytes::Bytes;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::error::Denied;
use crate::guard::{Asking, Guard};
use crate::hub::stream::Stream;
use crate::position::{Position, Since};
use crate::transport::command::Command;
use crate::transport::problem::Problem;
use crate::transport::request::read_since;

/// The longest `ref` that is kept and repeated, in bytes.
const REFERENCE_BYTES: usize = 255;

/// A text that can be neither understood nor answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotUnderstood;

/// The asks of one connection that are not answered yet.
pub(crate) struct Asks {
    guard: Guard,
    /// Most channels of the connection.
    channels: usize,
    /// One for each ask, the oldest first; those without their effect are the last of them.
    answers: VecDeque<Answer>,
}

/// What an ask does to the stream, once the application has said its word.
enum Effect {
    /// The count says what was taken from the client before the application was asked.
    Join {
        channel: String,
        since: Since,
        changes: u64,
    },
    Leave(String),
    /// A channel that is refused is left, too, if it was there: the application has just said no.
    Refuse(Problem, Option<String>),
}

struct Answer {
    tag: u64,
    reference: Option<Value>,
    /// The channel that the client takes for left from this answer on, and not before.
    left: Option<String>,
    state: State,
}

/// The tag of the next ask of any connection: one that is answered no more is never taken for another's.
static TAG: AtomicU64 = AtomicU64::new(0);

enum State {
    /// The application is asked about a channel; the count says what was taken from the client until then.
    Asking {
        task: Task,
        channel: String,
        since: Since,
        changes: u64,
    },
    /// Its effect waits for those before it.
    Ready(Effect),
    /// The channel's replay is under way.
    Joining(String),
    Done,
    Refused(Problem),
}

impl Asks {
    pub(crate) fn new(guard: Guard, channels: usize) -> Self {
        Self { guard, channels, answers: VecDeque::new() }
    }

    /// How many wait for their answer.
    pub(crate) fn waiting(&self) -> usize {
        self.answers.len()
    }

    /// Takes one text; a command is not for this connection to do, and is handed back.
    pub(crate) fn take(&mut self, text: &str) -> Result<Option<(Option<Value>, Command)>, NotUnderstood> {
        let value: Value = serde_json::from_str(text).map_err(|_| NotUnderstood)?;
        let reference = reference(&value)?;
        if let (None, None, Some(command)) = (value.get("subscribe"), value.get("unsubscribe"), value.get("command")) {
            match command_of(command, value.get("key")) {
                Ok(command) => return Ok(Some((reference, command))),
                Err(problem) => self.refuse(reference, problem),
            }
            return Ok(None);
        }
        let state = match read(&value) {
            Ok(Effect::Join { channel, since, .. }) => self.join(channel, since),
            Ok(Effect::Leave(channel)) => {
                State::Ready(self.guard.read(&channel).map_or_else(|why| Effect::Refuse(why.into(), None), |()| Effect::Leave(channel)))
            }
            // Without a `ref`, an answer to what is not understood could be taken for another's.
            Ok(Effect::Refuse(problem, _)) | Err(problem) if problem != Problem::NotUnderstood || reference.is_some() => {
                State::Ready(Effect::Refuse(problem, None))
            }
            _ => return Err(NotUnderstood),
        };
        self.answers.push_back(Answer { tag: TAG.fetch_add(1, Relaxed), reference, left: None, state });
        Ok(None)
    }

    fn refuse(&mut self, reference: Option<Value>, problem: Problem) {
        let state = State::Ready(Effect::Refuse(problem, None));
        self.answers.push_back(Answer { tag: TAG.fetch_add(1, Relaxed), reference, left: None, state });
    }

    fn join(&self, channel: String, since: Since) -> State {
        match self.guard.read(&channel) {
            Err(why) => State::Ready(Effect::Refuse(why.into(), None)),
            Ok(()) if self.guard.is_open() => State::Ready(Effect::Join { channel, since, changes: 0 }),
            Ok(()) => self.ask(channel, since),
        }
    }

    fn ask(&self, channel: String, since: Since) -> State {
        let changes = self.guard.changes();
        State::Asking { task: Task::ask(self.guard.ask(&channel)), channel, since, changes }
    }

    /// Does what the application has allowed since.
    pub(crate) fn progress(&mut self, stream: &mut Stream, cx: &mut Context<'_>) {
        let done = |state: &State| !matches!(state, State::Asking { .. } | State::Ready(_));
        let mut at = self.answers.partition_point(|answer| done(&answer.state));
        while let Some(answer) = self.answers.get_mut(at) {
            if let State::Asking { task, channel, since, changes } = &mut answer.state {
                let Poll::Ready(allowed) = task.poll(cx) else { return };
                let (channel, since, changes) = (std::mem::take(channel), *since, *changes);
                answer.state = State::Ready(match allowed {
                    Ok(()) => Effect::Join { channel, since, changes },
                    Err(Denied) => Effect::Refuse(Problem::Denied, Some(channel)),
                });
            }
            if let State::Ready(Effect::Join { channel, since, changes }) = &self.answers[at].state {
                if self.answers.range(..at).any(|before| before.left.as_ref() == Some(channel)) {
                    // Its client would take what it replays for what it has just left.
                    return;
                }
                if *changes != self.guard.changes() {
                    // Something was taken meanwhile, and the answer may be from before that.
                    self.answers[at].state = self.ask(channel.clone(), *since);
                    continue;
                }
            }
            if let State::Ready(effect) = std::mem::replace(&mut self.answers[at].state, State::Done) {
                let state = self.effect(effect, at, stream);
                self.answers[at].state = state;
            }
            at += 1;
        }
    }

    /// Does one thing, and gives what becomes of its answer.
    fn effect(&mut self, effect: Effect, at: usize, stream: &mut Stream) -> State {
        match effect {
            Effect::Join { channel, .. } if !stream.has(&channel) && stream.channels() >= self.channels => {
                State::Refused(Problem::TooManyChannels { limit: self.channels })
            }
            Effect::Join { channel, since, .. } => {
                stream.join(&channel, since, self.answers[at].tag);
                State::Joining(channel)
            }
            Effect::Leave(channel) => {
                self.leave(stream, &channel);
                self.answers[at].left = Some(channel);
                State::Done
            }
            Effect::Refuse(problem, channel) => {
                if let Some(channel) = &channel {
                    self.leave(stream, channel);
                }
                self.answers[at].left = channel;
                State::Refused(problem)
            }
        }
    }

    /// Leaves a channel; a subscribe whose replay this ends is answered as it is, for nothing more will tell of it.
    fn leave(&mut self, stream: &mut Stream, channel: &str) {
        stream.leave(channel);
        for answer in &mut self.answers {
            if matches!(&answer.state, State::Joining(joining) if joining == channel) {
                answer.state = State::Done;
            }
        }
    }

    /// Notes that a channel was taken away: a subscribe whose replay this ends is refused.
    pub(crate) fn ended(&mut self, channel: &str) {
        for answer in &mut self.answers {
            if matches!(&answer.state, State::Joining(joining) if joining == channel) {
                answer.state = State::Refused(Problem::Denied);
            }
        }
    }

    /// Notes that the replay of a subscribe is over.
    pub(crate) fn joined(&mut self, tag: u64) {
        if let Some(answer) = self.answers.iter_mut().find(|answer| answer.tag == tag) {
            answer.state = State::Done;
        }
    }

    /// The next answer that is due, with the connection's position as it is at this place of the stream.
    pub(crate) fn answer(&mut self, position: Option<Position>) -> Option<Text> {
        // An ok waits for a position: a connection that begins ahead of this node's head has none yet.
        let due = match self.answers.front()?.state {
            State::Done => position.is_some(),
            State::Refused(_) => true,
            State::Asking { .. } | State::Ready(_) | State::Joining(_) => false,
        };
        let answer = if due { self.answers.pop_front()? } else { return None };
        if self.answers.is_empty() {
            // Most of a connection's life nothing waits here.
            self.answers = VecDeque::new();
        }
        match answer.state {
            State::Refused(problem) => Some(Text { json: error(answer.reference, &problem), refused: Some(problem) }),
            _ => Some(Text { json: ok(answer.reference, position?), refused: None }),
        }
    }
}

/// An answer as it is sent.
pub(crate) struct Text {
    pub(crate) json: String,
    pub(crate) refused: Option<Problem>,
}

/// The application's answer, in a task of its own, which ends with the connection.
struct Task(JoinHandle<Result<(), Denied>>);

impl Task {
    fn ask(asking: Asking) -> Self {
        Self(tokio::spawn(asking))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Denied>> {
        Pin::new(&mut self.0).poll(cx).map(|answer| {
            answer.unwrap_or_else(|error| {
                tracing::error!(%error, "`authorize` panicked, which is taken for a no");
                Err(Denied)
            })
        })
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The `ref`: a number, a string, or none; another, or too long to be kept, cannot be answered.
fn reference(ask: &Value) -> Result<Option<Value>, NotUnderstood> {
    match ask.as_object().ok_or(NotUnderstood)?.get("ref") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() > REFERENCE_BYTES => Err(NotUnderstood),
        Some(reference @ (Value::String(_) | Value::Number(_))) => Ok(Some(reference.clone())),
        Some(_) => Err(NotUnderstood),
    }
}

/// What is asked: exactly one thing.
fn read(ask: &Value) -> Result<Effect, Problem> {
    match (ask.get("subscribe"), ask.get("unsubscribe"), ask.get("command")) {
        (Some(Value::String(channel)), None, None) => {
            let since = match ask.get("since") {
                None | Some(Value::Null) => Since::Now,
                Some(Value::String(text)) => read_since(text)?,
                Some(_) => return Err(Problem::PositionMalformed),
            };
            Ok(Effect::Join { channel: channel.clone(), since, changes: 0 })
        }
        (None, Some(Value::String(channel)), None) => Ok(Effect::Leave(channel.clone())),
        _ => Err(Problem::NotUnderstood),
    }
}

fn command_of(command: &Value, key: Option<&Value>) -> Result<Command, Problem> {
    let key = match key {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) => Some(key.as_str()),
        Some(_) => return Err(Problem::KeyMalformed),
    };
    Command::new(command, key)
}

fn ok(reference: Option<Value>, position: Position) -> String {
    answer(reference, &format!(r#""ok":{{"position":"{position}"}}"#))
}

/// The answer to a command.
pub(crate) fn replied(reference: Option<Value>, reply: Result<Bytes, Problem>) -> Text {
    match reply {
        Ok(reply) => Text { json: answer(reference, &format!(r#""ok":{}"#, String::from_utf8_lossy(&reply))), refused: None },
        Err(problem) => Text { json: error(reference, &problem), refused: Some(problem) },
    }
}

fn error(reference: Option<Value>, problem: &Problem) -> String {
    answer(reference, &format!(r#""error":{}"#, problem.json()))
}

fn answer(reference: Option<Value>, what: &str) -> String {
    match reference {
        Some(reference) => format!(r#"{{"ref":{reference},{what}}}"#),
        None => format!("{{{what}}}"),
    }
}
