//! The opening of a WebSocket (RFC 6455 section 4.2), by HTTP/1.1.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::response::Response;
use hyper::upgrade::OnUpgrade;

use crate::protocol::SUBPROTOCOL;
use crate::transport::problem::Problem;
use crate::websocket::{Agreed, accept_key, negotiate};

/// A request that may become a WebSocket.
pub(crate) struct Handshake {
    accept: String,
    subprotocol: bool,
    /// What of the compression that the client offers is agreed to.
    pub(crate) agreed: Option<Agreed>,
    upgrade: OnUpgrade,
}

impl Handshake {
    /// Checks the request, and takes the connection's promise out of it.
    pub(crate) fn read(parts: &mut Parts) -> Result<Self, Problem> {
        let (version, headers) = (parts.version, &parts.headers);
        let asked = has_token(headers, &header::CONNECTION, "upgrade") && has_token(headers, &header::UPGRADE, "websocket");
        if version != Version::HTTP_11 || !asked {
            return Err(Problem::UpgradeRequired { version });
        }
        if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(Problem::WebsocketVersion { version });
        }
        let key = headers.get(header::SEC_WEBSOCKET_KEY).and_then(|key| key.to_str().ok());
        let accept = accept_key(key.filter(|key| is_key(key)).ok_or(Problem::HandshakeMalformed)?);
        let subprotocol = has_token(headers, &header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
        let offers = headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS).iter().filter_map(|line| line.to_str().ok());
        let agreed = negotiate(offers);
        // Absent where something between took it, or where no server stands behind the request.
        let upgrade = parts.extensions.remove::<OnUpgrade>().ok_or(Problem::UpgradeRequired { version })?;
        Ok(Self { accept, subprotocol, agreed, upgrade })
    }

    /// The 101, and the promise that it is kept.
    pub(crate) fn accept(self) -> (Response, OnUpgrade) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept.try_into().expect("base64 is a header's value"));
        if self.subprotocol {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        }
        if let Some(agreed) = self.agreed {
            let answer = agreed.answer().try_into().expect("the names and numbers of an extension are a header's value");
            headers.insert(header::SEC_WEBSOCKET_EXTENSIONS, answer);
        }
        (response, self.upgrade)
    }
}

/// Whether a field, a list over any number of lines, has this token.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let lists = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|item| item.trim().eq_ignore_ascii_case(token))
}

/// Whether it is 16 bytes in base64: 22 digits and the padding.
fn is_key(key: &str) -> bool {
    let digits = key.strip_suffix("==").unwrap_or_default().as_bytes();
    digits.len() == 22 && digits.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte))
}
