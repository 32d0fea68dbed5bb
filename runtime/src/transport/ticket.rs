//! Tickets on the wire: `?ticket=` in a query, and the answer of `POST /ticket`.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::tickets::Sealed;

/// The ticket of a query. Two of them are none that could be good.
pub(crate) fn of_query(query: &str) -> Option<String> {
    let mut tickets = form_urlencoded::parse(query.as_bytes()).filter(|(field, _)| field == "ticket").map(|(_, ticket)| ticket);
    let ticket = tickets.next()?;
    Some(if tickets.next().is_some() { String::new() } else { ticket.into_owned() })
}

/// Hands a ticket out.
pub(crate) fn answer(sealed: &Sealed) -> Response {
    // Base64 has nothing that JSON escapes.
    let body = format!(r#"{{"ticket":"{}","expires_ms":{}}}"#, sealed.ticket, sealed.expires_ms);
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
