//! Commands to a hub elsewhere: asked until they are answered, and done once.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until, timeout};

use super::error::CommandError;
use super::http::{Line, refused, whole};
use super::machine::{Asking, Ended, Then};
use super::remote::{Remote, die};
use super::stream::{Dialed, ITEM_BYTES, request};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A command that goes out.
pub(super) struct Sent<'a> {
    pub(super) key: &'a HeaderValue,
    pub(super) json: Bytes,
}

/// Asks until there is an answer, and gives the reply.
pub(super) async fn ask(remote: &Remote, kept: &Mutex<Option<Line>>, sent: &Sent<'_>) -> Result<Bytes, CommandError> {
    let (begun, mut asking, mut expired) = (Instant::now(), Asking::default(), false);
    loop {
        let asked = begun.elapsed();
        let attempt = timeout(remote.silence, once(remote, kept, sent, expired)).await.unwrap_or(Err(Ended::Silent));
        let how = match attempt {
            Ok(reply) => return Ok(reply),
            Err(how) => how,
        };
        tracing::debug!(?how, "a command has no reply");
        match asking.ended(asked, begun.elapsed(), &how, remote.ask.is_some(), die()) {
            Then::Again { at, expired: again } => {
                expired = again;
                sleep_until(begun + at).await;
            }
            Then::Refused => {
                let Ended::Answered(refused) = how else { return Err(CommandError::Unknown) };
                return Err(CommandError::Refused(refused));
            }
            Then::Unknown => return Err(CommandError::Unknown),
        }
    }
}

/// Asks once.
async fn once(remote: &Remote, kept: &Mutex<Option<Line>>, sent: &Sent<'_>, expired: bool) -> Result<Bytes, Ended> {
    let credentials = remote.credentials(expired).await?;
    let mut own = kept.lock().await.take();
    // To dial is no asking yet: where nobody is there, nothing can have happened.
    let dialled = timeout(remote.opening, Dialed::dial(remote, &mut own)).await.unwrap_or(Err(Ended::Unreachable))?;
    let mut line = dialled.line().await?;
    let ticket = credentials.ticket.as_deref().map(|ticket| ("ticket", ticket));
    let mut headers = remote.headers(&credentials);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(KEY, sent.key.clone());
    let target = remote.address.target("commands", ticket);
    let response = line.send(request("POST", &remote.address, &target, headers, sent.json.clone())).await?;
    match response.status() {
        StatusCode::OK => {
            let reply = whole(response.into_body(), ITEM_BYTES).await?;
            *kept.lock().await = Some(line);
            Ok(reply)
        }
        // What is no answer of a hub's to a command: something in between.
        status if status.is_success() || status.is_redirection() => Err(Ended::Unfit),
        _ => Err(Ended::Answered(refused(response).await)),
    }
}

/// A key of its own: 128 random bits.
pub(super) fn key() -> String {
    let bits = || getrandom::u64().expect("the operating system has randomness");
    format!("{:016x}{:016x}", bits(), bits())
}
