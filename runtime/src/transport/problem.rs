//! Every refusal, with its stable code: RFC 9457's `application/problem+json`, and the same object in a WebSocket's `error`.

use std::sync::atomic::Ordering::Relaxed;

use axum::http::{HeaderValue, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use thiserror::Error;

use crate::contract::CHANNEL_NAME_BYTES;
use crate::error::{ChannelError, Denied, Rejected};
use crate::hub::accounts::Over;
use crate::hub::node::Node;
use crate::tickets::Unopened;

/// Why a request, or one thing asked over a WebSocket, is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Problem {
    #[error("the query is not UTF-8 under its percent-encoding")]
    QueryMalformed,
    #[error("the query names no channel: add `channel=`")]
    ChannelMissing,
    #[error("the parameter `{0}` is empty")]
    ParameterEmpty(&'static str),
    #[error("a channel's name is malformed: its parameters are percent-encoded, and then once more in a query")]
    ChannelMalformed,
    #[error("a channel's name has at most {CHANNEL_NAME_BYTES} bytes")]
    ChannelTooLong,
    #[error("at most {limit} channels can be asked for here")]
    TooManyChannels { limit: usize },
    #[error("no channel has a name like this")]
    UnknownChannel,
    #[error("a position is written `EPOCH-OFFSET`, as an item gave it; or `earliest`")]
    PositionMalformed,
    #[error("`since` is given more than once")]
    SinceRepeated,
    #[error("`wait` is given once, in whole seconds")]
    WaitMalformed,
    #[error("`Sec-WebSocket-Key` is not 16 bytes in base64")]
    HandshakeMalformed,
    #[error("the application does not allow this channel")]
    Denied,
    #[error("the ticket is not good: ask for a new one")]
    TicketRefused,
    #[error(
        "this origin may not open a WebSocket here: serve the page from the same host, let the proxy pass `Host` on, or name the origin in `allow_origins`"
    )]
    OriginRefused,
    #[error(
        "there is nothing here: the endpoints are `/sse`, `/ws`, `/poll`, `/commands`, `/schema.json`, `/asyncapi.json`, `/openapi.json` and `/client.js`"
    )]
    NotFound,
    #[error("this endpoint takes {allow}")]
    MethodNotAllowed { allow: &'static str },
    #[error("`Accept` excludes `text/event-stream`")]
    NotAcceptable,
    #[error("this endpoint takes a WebSocket upgrade over HTTP/1.1")]
    UpgradeRequired { version: Version },
    #[error("this endpoint speaks version 13 of WebSocket")]
    WebsocketVersion { version: Version },
    #[error("a limit is reached: come back later")]
    Busy { retry_ms: u64 },
    #[error("over the limit `{name}`: come back later")]
    TooMany { name: &'static str, limit: usize, retry_ms: u64 },
    #[error("the server is about to end: come back, to another")]
    Draining { retry_ms: u64 },
    #[error("this asks for nothing known: one of `subscribe`, `unsubscribe`, `command`, `ticket`, and a `ref`")]
    NotUnderstood,
    #[error("`snapshot` is given once, as 1")]
    SnapshotMalformed,
    #[error("this hub gives no states of its channels")]
    SnapshotUnsupported,
    #[error("this hub takes no commands")]
    CommandUnsupported,
    #[error("the command is not understood: {why}")]
    CommandNotUnderstood { path: String, why: String },
    #[error("{0}")]
    Rejected(Rejected),
    #[error("the command took too long, and was stopped")]
    CommandLate,
    #[error("something went wrong here")]
    Internal,
    #[error("an idempotency key is given once, and has 1 to 255 bytes")]
    KeyMalformed,
    #[error("another command had this idempotency key: each command has its own")]
    KeyReused,
    #[error("a command is `application/json`")]
    NotJson,
    #[error("the body is not JSON")]
    JsonMalformed,
    #[error("a message has at most {limit} bytes here")]
    TooLarge { limit: usize },
}

/// Why a request was refused: RFC 9457.
// `type` is left at its default; the status gives the title, as RFC 9457 has it then.
#[derive(Serialize, JsonSchema)]
struct Body<'a> {
    r#type: &'static str,
    /// Why: stable, one of those that the protocol lists.
    code: &'static str,
    /// That of the response.
    status: u16,
    title: &'static str,
    /// For people; it may change.
    detail: String,
    /// The limit that is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<usize>,
    /// When to come back, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_ms: Option<u64>,
    /// Where in a command the mistake is.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    /// The application's own reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// The schema of the object on the wire.
pub(crate) fn schema(generator: &mut SchemaGenerator) -> Schema {
    Body::json_schema(generator)
}

impl Problem {
    /// The stable code, and the status.
    pub(crate) fn code(&self) -> (&'static str, StatusCode) {
        match self {
            Self::QueryMalformed => ("query_malformed", StatusCode::BAD_REQUEST),
            Self::ChannelMissing => ("channel_missing", StatusCode::BAD_REQUEST),
            Self::ParameterEmpty(_) => ("parameter_empty", StatusCode::BAD_REQUEST),
            Self::ChannelMalformed => ("channel_malformed", StatusCode::BAD_REQUEST),
            Self::ChannelTooLong => ("channel_too_long", StatusCode::BAD_REQUEST),
            Self::TooManyChannels { .. } => ("too_many_channels", StatusCode::BAD_REQUEST),
            Self::UnknownChannel => ("unknown_channel", StatusCode::NOT_FOUND),
            Self::PositionMalformed => ("position_malformed", StatusCode::BAD_REQUEST),
            Self::SinceRepeated => ("since_repeated", StatusCode::BAD_REQUEST),
            Self::WaitMalformed => ("wait_malformed", StatusCode::BAD_REQUEST),
            Self::HandshakeMalformed => ("handshake_malformed", StatusCode::BAD_REQUEST),
            Self::Denied => ("denied", StatusCode::FORBIDDEN),
            Self::TicketRefused => ("ticket_refused", StatusCode::UNAUTHORIZED),
            Self::OriginRefused => ("origin_refused", StatusCode::FORBIDDEN),
            Self::NotFound => ("not_found", StatusCode::NOT_FOUND),
            Self::MethodNotAllowed { .. } => ("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED),
            Self::NotAcceptable => ("not_acceptable", StatusCode::NOT_ACCEPTABLE),
            Self::UpgradeRequired { .. } => ("upgrade_required", StatusCode::UPGRADE_REQUIRED),
            Self::WebsocketVersion { .. } => ("websocket_version", StatusCode::UPGRADE_REQUIRED),
            Self::Busy { .. } => ("busy", StatusCode::SERVICE_UNAVAILABLE),
            Self::TooMany { .. } => ("too_many", StatusCode::TOO_MANY_REQUESTS),
            Self::Draining { .. } => ("draining", StatusCode::SERVICE_UNAVAILABLE),
            Self::NotUnderstood => ("not_understood", StatusCode::BAD_REQUEST),
            Self::SnapshotMalformed => ("snapshot_malformed", StatusCode::BAD_REQUEST),
            Self::SnapshotUnsupported => ("snapshot_unsupported", StatusCode::NOT_FOUND),
            Self::CommandUnsupported => ("command_unsupported", StatusCode::NOT_FOUND),
            Self::CommandNotUnderstood { .. } => ("command_not_understood", StatusCode::UNPROCESSABLE_ENTITY),
            Self::Rejected(_) => ("rejected", StatusCode::UNPROCESSABLE_ENTITY),
            Self::CommandLate => ("command_late", StatusCode::GATEWAY_TIMEOUT),
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR),
            Self::KeyMalformed => ("key_malformed", StatusCode::BAD_REQUEST),
            Self::KeyReused => ("key_reused", StatusCode::CONFLICT),
            Self::NotJson => ("not_json", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::JsonMalformed => ("json_malformed", StatusCode::BAD_REQUEST),
            Self::TooLarge { .. } => ("too_large", StatusCode::PAYLOAD_TOO_LARGE),
        }
    }

    /// A limit of this client is reached.
    pub(crate) fn over(over: Over, node: &Node) -> Self {
        let Over { name, limit, wait } = over;
        // In whole milliseconds, and never too early.
        let wait = wait.map(|wait| u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX));
        Self::TooMany { name, limit, retry_ms: wait.unwrap_or_else(|| node.retry()) }
    }

    /// When to come back, where that helps.
    fn retry_ms(&self) -> Option<u64> {
        match self {
            Self::Busy { retry_ms } | Self::TooMany { retry_ms, .. } | Self::Draining { retry_ms } => Some(*retry_ms),
            _ => None,
        }
    }

    /// The object on the wire, as JSON.
    pub(crate) fn json(&self) -> String {
        let (code, status) = self.code();
        let limit = match self {
            Self::TooManyChannels { limit } | Self::TooMany { limit, .. } | Self::TooLarge { limit } => Some(*limit),
            Self::ChannelTooLong => Some(CHANNEL_NAME_BYTES),
            _ => None,
        };
        let title = status.canonical_reason().unwrap_or_default();
        let path = if let Self::CommandNotUnderstood { path, .. } = self { Some(&**path) } else { None };
        let reason = if let Self::Rejected(rejected) = self { Some(rejected.reason()) } else { None };
        let (detail, retry_ms) = (self.to_string(), self.retry_ms());
        let body = Body { r#type: "about:blank", code, status: status.as_u16(), title, detail, limit, retry_ms, path, reason };
        serde_json::to_string(&body).expect("strings and numbers are JSON")
    }

    /// Counts the refusal and says why in the log; never what the query held, for a ticket may be in it.
    pub(crate) fn note(&self, node: &Node, endpoint: &str) {
        node.metrics.refused.fetch_add(1, Relaxed);
        let (code, status) = self.code();
        tracing::debug!(endpoint, code, status = status.as_u16(), "refused: {self}");
    }

    /// The refusal as an HTTP response, counted.
    pub(crate) fn refuse(&self, node: &Node, endpoint: &str) -> Response {
        self.note(node, endpoint);
        let mut response = (self.code().1, self.json()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(retry_ms) = self.retry_ms() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_ms.div_ceil(1_000).max(1)));
        }
        match self {
            Self::MethodNotAllowed { allow } => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allow));
            }
            // RFC 9110, section 15.5.2: a 401 names what it wants.
            Self::TicketRefused => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Ticket"));
            }
            Self::UpgradeRequired { version } | Self::WebsocketVersion { version } => {
                headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
                // Fields of the connection itself, which HTTP/2 forbids (RFC 9113, 8.2.2).
                if *version <= Version::HTTP_11 {
                    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
                    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
                }
            }
            _ => {}
        }
        response
    }
}

impl Problem {
    /// Why a ticket was not taken.
    pub(crate) fn of_ticket(unopened: Unopened, node: &Node) -> Self {
        match unopened {
            Unopened::Refused => Self::TicketRefused,
            Unopened::Busy => Self::Busy { retry_ms: node.retry() },
        }
    }
}

impl From<ChannelError> for Problem {
    fn from(error: ChannelError) -> Self {
        match error {
            ChannelError::Unknown => Self::UnknownChannel,
            ChannelError::Malformed => Self::ChannelMalformed,
            ChannelError::Empty { parameter } => Self::ParameterEmpty(parameter),
            ChannelError::Long => Self::ChannelTooLong,
        }
    }
}

impl From<Denied> for Problem {
    fn from(Denied: Denied) -> Self {
        Self::Denied
    }
}
