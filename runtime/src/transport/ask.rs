//! What a client asks over its WebSocket, and its answers, in the order of the asking.
//!
//! The application is asked about several channels at once, by tasks of their own, for its code may block and a driver must not. Every ask
//! takes its effect, and gets its answer, after those before it.
//! An answer is never above what is still to be sent: those that wait behind a subscribe go out with the position that ends its replay.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt as _;
use serde_json::Value;

use crate::error::Denied;
use crate::guard::{Guard, Renewal};
use crate::hub::node::Node;
use crate::hub::stream::Stream;
use crate::output::Output;
use crate::position::{Position, Since};
use crate::protocol::{End, EndReason};
use crate::task::Task;
use crate::transport::command::Command;
use crate::transport::problem::Problem;
use crate::transport::renew::Renewing;
use crate::transport::request::read_since;

/// The longest `ref` that is kept and repeated, in bytes.
const REFERENCE_BYTES: usize = 255;

/// A text that can be neither understood nor answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotUnderstood;

/// The asks of one connection that are not answered yet.
pub(crate) struct Asks {
    node: Arc<Node>,
    /// One for each ask, the oldest first; those without their effect are the last of them.
    answers: VecDeque<Answer>,
}

/// What an ask does to the stream, once the application has said its word.
enum Effect {
    /// The count says what was taken from the client before the application was asked.
    Join {
        join: Join,
        changes: u32,
    },
    Leave(String),
    /// A channel that is refused is left, too, if it was there: the application has just said no.
    Refuse(Problem, Option<String>),
}

/// A channel that is asked for.
#[derive(Debug, Clone)]
struct Join {
    channel: String,
    since: Since,
    /// Whether its state is, too.
    snapshot: bool,
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
        task: Task<Result<(), Denied>>,
        join: Join,
        changes: u32,
    },
    /// A new identity is on its way.
    Renewing(Renewing),
    /// Its effect waits for those before it.
    Ready(Effect),
    /// The channel's replay is under way.
    Joining(String),
    Done,
    Refused(Problem),
}

impl Asks {
    pub(crate) fn new(node: Arc<Node>) -> Self {
        Self { node, answers: VecDeque::new() }
    }

    /// How many wait for their answer.
    pub(crate) fn waiting(&self) -> usize {
        self.answers.len()
    }

    /// Takes one text; a command is not for this connection to do, and is handed back.
    pub(crate) fn take(&mut self, text: &str, guard: &Guard) -> Result<Option<(Option<Value>, Command)>, NotUnderstood> {
        let value: Value = serde_json::from_str(text).map_err(|_| NotUnderstood)?;
        let reference = reference(&value)?;
        let asked = read(&value, guard).and_then(|asked| self.within(guard, &asked).map(|()| asked));
        let state = match asked {
            Ok(Asked::Command(command)) => return Ok(Some((reference, command))),
            Ok(Asked::Join(asked)) => join(guard, &self.node, asked),
            Ok(Asked::Leave(channel)) => {
                State::Ready(guard.read(&channel).map_or_else(|why| Effect::Refuse(why.into(), None), |()| Effect::Leave(channel)))
            }
            Ok(Asked::Renew(renewal)) => State::Renewing(Renewing::begin(renewal)),
            // Without a `ref`, an answer to what is not understood could be taken for another's.
            Err(problem) if problem != Problem::NotUnderstood || reference.is_some() => State::Ready(Effect::Refuse(problem, None)),
            Err(_) => return Err(NotUnderstood),
        };
        self.answers.push_back(Answer { tag: TAG.fetch_add(1, Relaxed), reference, left: None, state });
        Ok(None)
    }

    /// Whether its client may ask this now. A renewal is a subscribe: the application is asked about channels.
    fn within(&self, guard: &Guard, asked: &Asked) -> Result<(), Problem> {
        let within = match asked {
            Asked::Join(..) | Asked::Renew(_) => guard.subscribes(&self.node),
            Asked::Command(_) => guard.commands(&self.node),
            Asked::Leave(_) => Ok(()),
        };
        within.map_err(|over| Problem::over(over, &self.node))
    }

    /// Does what the application has allowed since, and gives what the client is told of it.
    pub(crate) fn progress(&mut self, stream: &mut Stream, guard: &mut Guard, cx: &mut Context<'_>) -> Vec<Output> {
        let mut told = Vec::new();
        let done = |state: &State| !matches!(state, State::Asking { .. } | State::Renewing(_) | State::Ready(_));
        let mut at = self.answers.partition_point(|answer| done(&answer.state));
        while let Some(answer) = self.answers.get_mut(at) {
            if let State::Renewing(renewing) = &mut answer.state {
                let Poll::Ready(renewed) = renewing.poll(stream, guard, cx) else { return told };
                self.answers[at].state = match renewed {
                    Ok((renewed, refused)) => {
                        *guard = guard.renewed(renewed.visitor);
                        stream.renew(renewed.expires);
                        stream.renew_states(guard.states());
                        if stream.node().guards.is_some() {
                            stream.show(guard.eyes());
                        }
                        told.extend(self.renew(&refused, at, stream, guard));
                        State::Done
                    }
                    Err(unopened) => State::Refused(Problem::of_ticket(unopened, stream.node())),
                };
                at += 1;
                continue;
            }
            if let State::Asking { task, join, changes } = &mut answer.state {
                let Poll::Ready(allowed) = task.poll_unpin(cx) else { return told };
                let allowed = allowed.unwrap_or_else(|error| {
                    tracing::error!(%error, "`authorize` panicked, which is taken for a no");
                    Err(Denied)
                });
                let (join, changes) = (join.clone(), *changes);
                answer.state = State::Ready(match allowed {
                    Ok(()) => Effect::Join { join, changes },
                    Err(Denied) => Effect::Refuse(Problem::Denied, Some(join.channel)),
                });
            }
            if let State::Ready(Effect::Join { join, changes }) = &self.answers[at].state {
                if self.answers.range(..at).any(|before| before.left.as_ref() == Some(&join.channel)) {
                    // Its client would take what it replays for what it has just left.
                    return told;
                }
                if *changes != guard.changes() {
                    // Something was taken meanwhile, and the answer may be from before that.
                    self.answers[at].state = ask(guard, join.clone());
                    continue;
                }
            }
            if let State::Ready(effect) = std::mem::replace(&mut self.answers[at].state, State::Done) {
                let state = self.effect(effect, at, stream, guard);
                self.answers[at].state = state;
            }
            at += 1;
        }
        told
    }

    /// Leaves what the new identity may not have, and asks it about what waits behind: the old one was asked.
    fn renew(&mut self, refused: &[String], at: usize, stream: &mut Stream, guard: &Guard) -> Vec<Output> {
        for answer in self.answers.range_mut(at + 1..) {
            if let State::Asking { join, .. } = &answer.state {
                answer.state = ask(guard, join.clone());
            }
        }
        let mut told = Vec::new();
        for channel in refused.iter().filter(|channel| stream.has(channel)) {
            self.ended(channel);
            told.push(Output::Ended(Box::new((channel.as_str().into(), End { reason: EndReason::Denied }))));
        }
        refused.iter().for_each(|channel| stream.leave(channel));
        told
    }

    /// Does one thing, and gives what becomes of its answer.
    fn effect(&mut self, effect: Effect, at: usize, stream: &mut Stream, guard: &Guard) -> State {
        let limit = self.node.limits.channels_per_connection;
        match effect {
            Effect::Join { join, .. } if !stream.has(&join.channel) && stream.channels() >= limit => {
                State::Refused(Problem::TooManyChannels { limit })
            }
            Effect::Join { join: Join { channel, since, snapshot }, .. } => {
                let states = guard.states().filter(|_| snapshot);
                stream.join(&channel, since, self.answers[at].tag, states, snapshot);
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
            State::Asking { .. } | State::Renewing(_) | State::Ready(_) | State::Joining(_) => false,
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

/// A subscribe, once the channel's name is read.
fn join(guard: &Guard, node: &Node, join: Join) -> State {
    match guard.read(&join.channel) {
        Err(why) => State::Ready(Effect::Refuse(why.into(), None)),
        Ok(()) if join.snapshot && !guard.has_snapshots(node) => State::Ready(Effect::Refuse(Problem::SnapshotUnsupported, None)),
        Ok(()) if guard.is_open() => State::Ready(Effect::Join { join, changes: 0 }),
        Ok(()) => ask(guard, join),
    }
}

fn ask(guard: &Guard, join: Join) -> State {
    let changes = guard.changes();
    State::Asking { task: Task::new(guard.ask(&join.channel)), join, changes }
}

/// What a text asks for.
enum Asked {
    Join(Join),
    Leave(String),
    Command(Command),
    Renew(Renewal),
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
fn read(ask: &Value, guard: &Guard) -> Result<Asked, Problem> {
    let mut things = ["subscribe", "unsubscribe", "command", "ticket"].into_iter().filter_map(|name| Some((name, ask.get(name)?)));
    match (things.next(), things.next()) {
        (Some(("subscribe", Value::String(channel))), None) => {
            let since = match ask.get("since") {
                None | Some(Value::Null) => Since::Now,
                Some(Value::String(text)) => read_since(text)?,
                Some(_) => return Err(Problem::PositionMalformed),
            };
            let snapshot = match ask.get("snapshot") {
                None | Some(Value::Null) => false,
                Some(Value::Bool(snapshot)) => *snapshot,
                Some(_) => return Err(Problem::SnapshotMalformed),
            };
            Ok(Asked::Join(Join { channel: channel.clone(), since, snapshot }))
        }
        (Some(("unsubscribe", Value::String(channel))), None) => Ok(Asked::Leave(channel.clone())),
        (Some(("command", command)), None) => command_of(command, ask.get("key")).map(Asked::Command),
        // Where tickets are not taken, nothing is known of them.
        (Some(("ticket", Value::String(ticket))), None) => guard.renew(ticket.clone()).map(Asked::Renew).ok_or(Problem::NotUnderstood),
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
