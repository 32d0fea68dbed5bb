//! WebSocket (RFC 6455): a connection reads, writes and keeps time in one place; nothing is queued between them.
//!
//! What is written is taken from the stream only when the socket has taken what came before, so a slow client holds one batch and is
//! overtaken in the log, not in a queue. Its driver polls it; see `hub/driver.rs`.

use std::sync::Arc;
use std::task::{Context, Poll};

use axum::response::Response;
use bytes::Bytes;
use tokio::time::Instant;

use crate::guard::Guard;
use crate::head::{Seat, Words};
use crate::hub::driver::{Driven, Turn};
use crate::hub::node::Node;
use crate::hub::stream::Stream;
use crate::output::Output;
use crate::position::Position;
use crate::protocol::{Bye, ByeReason, close};
use crate::transport::ask::{self, NotUnderstood, Text};
use crate::transport::end::End;
use crate::transport::handshake::Handshake;
use crate::transport::inbound::Inbound;
use crate::transport::intake::Intake;
use crate::transport::later::Later;
use crate::transport::line::{Cut, Line, ROUNDS, Stage};
use crate::transport::socket::Socket;
use crate::websocket::{Agreed, Opcode, Received, close_frame, frame};

/// Accepts. What refuses a stream is told inside it, for a browser shows a page nothing of a refused upgrade.
pub(crate) fn answer(node: &Arc<Node>, guard: Guard, stream: Result<Stream, Later>, handshake: Handshake) -> Response {
    let agreed = handshake.agreed;
    let (response, upgrade) = handshake.accept();
    let node = Arc::clone(node);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let (socket, unread) = Socket::of(upgraded);
        let drivers = Arc::clone(&node.drivers);
        let mut connection = Connection::new(node, guard, agreed, socket, stream);
        if !unread.is_empty() {
            connection.inbound().unread = unread;
        }
        drivers.drive(connection);
    });
    response
}

struct Connection {
    line: Line,
    guard: Guard,
    agreed: Option<Agreed>,
    /// None while the client has said nothing that is not done with: most of the time.
    inbound: Option<Box<Inbound>>,
    intake: Intake,
    /// When the next ping is due, or its pong.
    beat: Instant,
    pinged: bool,
}

/// Whether something moved, so that it is worth looking again.
type Step = Result<bool, End>;

impl Connection {
    fn new(node: Arc<Node>, guard: Guard, agreed: Option<Agreed>, socket: Socket, stream: Result<Stream, Later>) -> Self {
        let now = Instant::now();
        let (beat, until) = (now + node.limits.ws_ping, now + node.limits.ws_pong);
        let (stage, later) = match stream {
            Ok(stream) => (Stage::Open(stream), None),
            Err(later) => (Stage::Closing { until, stream: None }, Some(later)),
        };
        let (line, intake) = (Line { node, socket, stage }, Intake::default());
        let mut connection = Self { line, guard, agreed, inbound: None, intake, beat, pinged: false };
        if let Some(Later { problem, bye }) = later {
            // Told inside the stream that it does not get.
            problem.note(&connection.line.node, "ws");
            connection.line.socket.queue(frames(&Output::Bye(bye)));
            connection.close(&End::bye(bye.reason), now);
        }
        connection
    }

    /// Does what it was told from outside.
    fn obey(&mut self, words: &Words) -> Result<(), Cut> {
        let told = self.line.obey(words)?;
        if matches!(self.line.stage, Stage::Open(_)) {
            for output in &told {
                if let (Output::Ended(ended), Some(inbound)) = (output, &mut self.inbound) {
                    inbound.asks.ended(&ended.0);
                }
                self.line.socket.queue(frames(output));
            }
        }
        Ok(())
    }

    /// Moves whatever can move: a batch and a read in turn, so that neither side starves the other.
    fn poll_open(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Step {
        for _ in 0..ROUNDS {
            let wrote = self.write(cx, turn)?;
            let read = self.read(cx, turn)?;
            if !(wrote || read || self.beat(cx, turn.now)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes what waits; then a batch, and the answers that are due. Says whether there may be more to write.
    fn write(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Step {
        let was_clear = self.line.socket.is_clear();
        if self.line.flush(cx, turn.now)?.is_pending() {
            return Ok(false);
        }
        if self.pinged && !was_clear {
            // The ping may have been among what waited: only now its pong can come.
            self.beat = turn.now + self.line.node.limits.ws_pong;
        }
        let Stage::Open(stream) = &mut self.line.stage else { return Ok(false) };
        if let Some(inbound) = &mut self.inbound {
            turn.pieces.extend(inbound.pong.take());
            let told = inbound.asks.progress(stream, &mut self.guard, cx);
            told.iter().for_each(|output| output.frames(None, &mut turn.pieces));
        }
        let next = stream.poll_next(cx, turn.now, &mut turn.batch);
        let position = stream.position();
        if let Poll::Ready(next) = next {
            next.ok_or(End::Ours(close::GOING_AWAY, "the stream ended"))?;
            for output in turn.batch.outputs.drain(..) {
                self.send(&output, &mut turn.pieces)?;
            }
        }
        // After the batch: the position is that of its end, and nothing still to be sent is below it.
        self.answer(position, &mut turn.pieces);
        self.reply(cx, &mut turn.pieces);
        if turn.pieces.is_empty() {
            return Ok(false);
        }
        let written = self.line.socket.poll_write(cx, turn.now, &mut turn.pieces).map_err(|_| End::Gone)?;
        Ok(written.is_ready() && (turn.batch.more || self.inbound.is_some()))
    }

    fn send(&mut self, output: &Output, pieces: &mut Vec<Bytes>) -> Result<(), End> {
        if let (Output::Joined(tag, position), Some(inbound)) = (output, &mut self.inbound) {
            inbound.asks.joined(*tag);
            self.answer(Some(*position), pieces);
        }
        output.frames(self.agreed, pieces);
        if let Output::Bye(bye) = output { Err(End::bye(bye.reason)) } else { Ok(()) }
    }

    /// Sends the answers that are due at this place of the stream.
    fn answer(&mut self, position: Option<Position>, pieces: &mut Vec<Bytes>) {
        let Some(inbound) = &mut self.inbound else { return };
        while let Some(answer) = inbound.asks.answer(position) {
            push(&answer, &self.line.node, pieces);
        }
    }

    /// Sends the answers of commands that are done.
    fn reply(&mut self, cx: &mut Context<'_>, pieces: &mut Vec<Bytes>) {
        let Some(inbound) = &mut self.inbound else { return };
        while let Poll::Ready((reference, reply)) = inbound.commands.poll(cx, &self.line.node, &self.guard) {
            push(&ask::replied(reference, reply), &self.line.node, pieces);
        }
    }

    /// Whether as much waits for its answer as may: nothing more is read then.
    fn rests(&self) -> bool {
        self.inbound.as_ref().is_some_and(|inbound| inbound.rests(&self.line.node))
    }

    fn inbound(&mut self) -> &mut Inbound {
        let Self { line: Line { node, .. }, agreed, inbound, .. } = self;
        inbound.get_or_insert_with(|| Box::new(Inbound::new(node, agreed.is_some())))
    }

    /// Takes what was read and had to wait, or else what there is to read.
    fn read(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Step {
        if self.intake.rests(turn.now) || self.rests() {
            return Ok(false);
        }
        if let Some(inbound) = &mut self.inbound
            && !inbound.unread.is_empty()
        {
            let mut unread = std::mem::take(&mut inbound.unread);
            let taken = self.take(&unread, turn.now)?;
            self.inbound().unread = unread.split_off(taken);
            return Ok(true);
        }
        let Poll::Ready(read) = self.line.socket.poll_read(cx, &mut turn.input) else { return Ok(false) };
        let read = read.map_err(|_| End::Gone)?;
        if read == 0 {
            return Err(End::Gone);
        }
        if self.intake.take(&self.line.node, read, turn.now) {
            // A pong may be behind what is not read: who sends so much is there.
            self.pinged = false;
        }
        let taken = self.take(&turn.input[..read], turn.now)?;
        self.inbound().unread = Bytes::copy_from_slice(&turn.input[taken..read]);
        Ok(true)
    }

    /// Takes what may be taken now, and says how many bytes that were.
    fn take(&mut self, input: &[u8], now: Instant) -> Result<usize, End> {
        let mut rest = input;
        while !self.rests() {
            let Some(received) = self.inbound().decoder.decode(&mut rest)? else { break };
            self.receive(received, now)?;
        }
        Ok(input.len() - rest.len())
    }

    fn receive(&mut self, received: Received, now: Instant) -> Result<(), End> {
        match received {
            Received::Text(text) => {
                let guard = self.guard.clone();
                let Inbound { asks, commands, .. } = self.inbound();
                match asks.take(&text, &guard) {
                    Ok(None) => {}
                    Ok(Some((reference, command))) => commands.take(reference, command),
                    Err(NotUnderstood) => return Err(End::Ours(close::NOT_UNDERSTOOD, "not understood")),
                }
            }
            Received::Binary(_) => return Err(End::Ours(close::BINARY, "texts only")),
            Received::Close(code, _) => return Err(End::Theirs(code)),
            Received::Pong(_) => {
                self.pinged = false;
                self.beat = now + self.line.node.limits.ws_ping;
            }
            Received::Ping(payload) => self.inbound().pong = Some(frame(Opcode::Pong, &payload)),
        }
        Ok(())
    }

    /// Pings, and ends a connection whose pong does not come.
    fn beat(&mut self, cx: &mut Context<'_>, now: Instant) -> Step {
        if self.beat > now {
            return Ok(false);
        }
        self.beat = now + self.line.node.limits.ws_pong;
        // While writing is blocked no ping gets through, and while reading rests no pong: other limits hold then.
        if !self.line.socket.is_clear() || self.intake.rests(now) || self.rests() {
            return Ok(true);
        }
        if self.pinged {
            return Err(End::Stalled);
        }
        self.pinged = true;
        self.line.socket.queue([frame(Opcode::Ping, b"")]);
        Ok(self.line.flush(cx, now)?.is_ready())
    }

    /// Begins the end: the close stands behind what waits.
    fn close(&mut self, end: &End, now: Instant) {
        tracing::debug!(?end, "a WebSocket ends");
        // As long as for a pong: who has not taken the end by then will not take it.
        self.line.close(now + self.line.node.limits.ws_pong);
        let socket = &mut self.line.socket;
        match end {
            End::Gone => {}
            End::Theirs(code) => socket.queue([code.map_or_else(|| frame(Opcode::Close, b""), |code| close_frame(code, ""))]),
            End::Ours(code, why) => socket.queue([close_frame(*code, why)]),
            End::Stalled => {
                socket.queue(frames(&Output::Bye(Bye { reason: ByeReason::Stalled, retry_ms: self.line.node.retry() })));
                socket.queue([close_frame(close::LATER, "stalled")]);
                self.line.abandon();
            }
        }
    }
}

fn push(answer: &Text, node: &Node, pieces: &mut Vec<Bytes>) {
    if let Some(problem) = &answer.refused {
        problem.note(node, "ws");
    }
    pieces.push(frame(Opcode::Text, answer.json.as_bytes()));
}

/// An output that is no event, as frames.
fn frames(output: &Output) -> Vec<Bytes> {
    let mut frames = Vec::new();
    output.frames(None, &mut frames);
    frames
}

impl Driven for Connection {
    fn poll(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Poll<()> {
        let seat = self.line.told();
        let mut words = seat.as_deref().map(Seat::turn);
        if let Some(words) = words.as_mut().and_then(|words| words.take())
            && self.obey(&words).is_err()
        {
            return Poll::Ready(());
        }
        if matches!(self.line.stage, Stage::Open(_)) {
            match self.poll_open(cx, turn) {
                Ok(more) => {
                    if more {
                        cx.waker().wake_by_ref();
                    }
                    if self.inbound.as_ref().is_some_and(|inbound| inbound.is_done()) {
                        self.inbound = None;
                    }
                }
                Err(End::Gone) => return Poll::Ready(()),
                Err(end) => {
                    self.line.socket.queue(turn.pieces.drain(..));
                    self.close(&end, turn.now);
                }
            }
        }
        self.line.poll_closing(cx, turn, || ())
    }

    fn due(&self) -> Option<Instant> {
        let own = matches!(self.line.stage, Stage::Open(_)).then(|| self.intake.due().map_or(self.beat, |due| due.min(self.beat)));
        self.line.due().into_iter().chain(own).min()
    }

    fn touch(&self) -> usize {
        self.line.touch() + usize::from(self.pinged) + usize::from(self.inbound.is_some())
    }
}
