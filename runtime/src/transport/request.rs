//! What a request asks for: its channels, where to begin, how long to wait. Fields that are not known are left to the application's extractors.

use std::time::Duration;

use axum::http::HeaderMap;

use crate::guard::ReadName;
use crate::limits::Limits;
use crate::position::Since;
use crate::transport::problem::Problem;

/// A query that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Names as the enum reads them, each once.
    pub(crate) channels: Vec<String>,
    pub(crate) since: Since,
    /// Whether the states of the channels are asked for.
    pub(crate) snapshot: bool,
    /// What a poll waits; within the limit.
    pub(crate) wait: Duration,
}

impl Asked {
    /// Reads a query; what is asked twice, or not in its one form, is refused rather than guessed.
    pub(crate) fn read(query: &str, limits: &Limits, read: ReadName) -> Result<Self, Problem> {
        let mut channels: Vec<String> = Vec::new();
        let (mut since, mut wait, mut snapshot) = (None, None, false);
        for (field, value) in form_urlencoded::parse(query.as_bytes()) {
            let known = match &*field {
                "channel" => "channel",
                "since" => "since",
                "wait" => "wait",
                "snapshot" => "snapshot",
                _ => continue,
            };
            // The parser puts this sign where the bytes were not UTF-8; no known field has it in a valid value.
            if value.contains(char::REPLACEMENT_CHARACTER) {
                return Err(Problem::QueryMalformed);
            }
            if value.is_empty() {
                return Err(Problem::ParameterEmpty(known));
            }
            match known {
                "since" if since.is_some() => return Err(Problem::SinceRepeated),
                "since" => since = Some(read_since(&value)?),
                "wait" if wait.is_some() => return Err(Problem::WaitMalformed),
                "wait" => wait = Some(read_wait(&value, limits)?),
                "snapshot" if snapshot || value != "1" => return Err(Problem::SnapshotMalformed),
                "snapshot" => snapshot = true,
                _ if channels.iter().any(|channel| *channel == value) => {}
                _ if channels.len() == limits.channels_per_query => {
                    return Err(Problem::TooManyChannels { limit: limits.channels_per_query });
                }
                _ => {
                    read(&value)?;
                    channels.push(value.into_owned());
                }
            }
        }
        Ok(Self { channels, since: since.unwrap_or_default(), snapshot, wait: wait.unwrap_or(limits.poll_wait) })
    }

    /// Lets the header win over `since`: an `EventSource` comes back with the URL it began with.
    /// What is no position was lost on the way, and only a `reset` tells of that: an `EventSource` never comes back after a 400.
    pub(crate) fn resume(&mut self, headers: &HeaderMap) {
        if let Some(id) = headers.get("last-event-id").filter(|id| !id.is_empty()) {
            let position = id.to_str().ok().and_then(|id| id.parse().ok());
            self.since = position.map_or(Since::Lost, Since::At);
        }
    }
}

/// Reads a `since`: a position, or `earliest`.
pub(crate) fn read_since(text: &str) -> Result<Since, Problem> {
    match text {
        "" => Err(Problem::ParameterEmpty("since")),
        "earliest" => Ok(Since::Earliest),
        _ => text.parse().map(Since::At).map_err(|_| Problem::PositionMalformed),
    }
}

/// Reads whole seconds; more than the limit is the limit, however many digits it has.
fn read_wait(text: &str, limits: &Limits) -> Result<Duration, Problem> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::WaitMalformed);
    }
    Ok(text.parse().map_or(limits.poll_wait_most, Duration::from_secs).min(limits.poll_wait_most))
}
