//! Tickets on the wire: `?ticket=` in a query, and the answer of `POST /ticket`.

use axum::response::Response;

use crate::tickets::Sealed;
use crate::transport::json;

/// The ticket of a query. Two of them are none that could be good.
pub(crate) fn of_query(query: &str) -> Option<String> {
    let mut tickets = form_urlencoded::parse(query.as_bytes()).filter(|(field, _)| field == "ticket").map(|(_, ticket)| ticket);
    let ticket = tickets.next()?;
    Some(if tickets.next().is_some() { String::new() } else { ticket.into_owned() })
}

/// Hands a ticket out.
pub(crate) fn answer(sealed: &Sealed) -> Response {
    // Base64 has nothing that JSON escapes.
    json(format!(r#"{{"ticket":"{}","expires_ms":{}}}"#, sealed.ticket, sealed.expires_ms))
}
