//! Long polling: one read of the stream, with a deadline. No state is kept between requests, so any node answers any of them.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use tokio::time::sleep;

use crate::connection::Batch;
use crate::error::Denied;
use crate::head::Seat;
use crate::hub::node::Node;
use crate::hub::stream::Stream;
use crate::hub::timed::Timed;
use crate::output::Output;
use crate::position::{Position, Since};
use crate::transport::json;
use crate::transport::later::Later;
use crate::transport::problem::Problem;
use crate::transport::request::Asked;

/// Answers with what is there, as soon as there is something.
pub(crate) async fn answer(node: &Arc<Node>, stream: Result<Stream, Later>, asked: &Asked) -> Result<Response, Problem> {
    let mut stream = stream.map_err(|later| later.problem)?;
    stream.set_most(node.limits.poll_items, node.limits.poll_bytes);
    let mut stream = Timed::new(stream);
    let mut outputs = read(&mut stream, asked).await?;
    if asked.snapshot {
        outputs.extend(stream.stream.lists());
    }
    // A stream ahead of this node's head has no position yet: the one asked with still holds. One without both waits for a broker.
    let asked = if let Since::At(position) = asked.since { Some(position) } else { None };
    let position = stream.stream.position().or(asked).ok_or_else(|| Problem::Busy { retry_ms: node.retry() })?;
    Ok(json(body(position, &outputs)))
}

/// The first batch that has an item of its own; nothing at the deadline, or where the client only asks for the present position.
async fn read(stream: &mut Timed, asked: &Asked) -> Result<Vec<Output>, Denied> {
    let mut deadline = pin!(sleep(asked.wait));
    let mut opened = !matches!(asked.since, Since::Now | Since::At(_));
    let (mut batch, mut collected) = (Batch::default(), Vec::new());
    poll_fn(|cx| {
        // Looked at before the stream, so that a deadline that passed is followed by one last read: its position is a fresh one.
        let over = deadline.as_mut().poll(cx).is_ready();
        let seat = stream.stream.told().cloned();
        let mut turn = seat.as_deref().map(Seat::turn);
        if let Some(words) = turn.as_mut().and_then(|words| words.take())
            && stream.stream.obey(&words).is_some()
        {
            return Poll::Ready(Err(Denied));
        }
        loop {
            match stream.poll_next(cx, &mut batch) {
                Poll::Ready(Some(())) => {}
                Poll::Ready(None) => return Poll::Ready(Ok(std::mem::take(&mut collected))),
                // States are waited for, by a limit of their own.
                Poll::Pending if stream.stream.waits() => return Poll::Pending,
                Poll::Pending if over || !(collected.is_empty() || stream.stream.is_midway()) => {
                    return Poll::Ready(Ok(std::mem::take(&mut collected)));
                }
                Poll::Pending => return Poll::Pending,
            }
            let mut outputs = std::mem::take(&mut batch.outputs);
            // The opening heartbeat only says where the stream begins: a poll's answer says that beside its items.
            if !opened && matches!(outputs.first(), Some(Output::Heartbeat(_))) {
                outputs.remove(0);
                opened = true;
            }
            // States come before it.
            opened |= !outputs.iter().all(|output| matches!(output, Output::Snapshot(_)));
            collected.extend(outputs);
            // What is told together is answered together: a gap or a state, and the position behind it.
            if !stream.stream.is_midway() && (!collected.is_empty() || asked.since == Since::Now) {
                return Poll::Ready(Ok(std::mem::take(&mut collected)));
            }
        }
    })
    .await
}

/// `{"position":…,"items":[…]}` around the very bytes of the items.
fn body(position: Position, outputs: &[Output]) -> Bytes {
    let items = outputs.iter().flat_map(Output::items);
    let mut body = BytesMut::with_capacity(64 + outputs.iter().map(|output| output.bytes() + 1).sum::<usize>());
    body.put_slice(format!(r#"{{"position":"{position}","items":["#).as_bytes());
    for (at, item) in items.enumerate() {
        if at > 0 {
            body.put_u8(b',');
        }
        body.put_slice(&item);
    }
    body.put_slice(b"]}");
    body.freeze()
}
