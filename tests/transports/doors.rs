//! Every route, and who gets in: a table.

use super::client::{get, request, send, whole};
use super::tickets::{UPGRADE, server, ticket, with};
use bytes::Bytes;
use http_body_util::Full;
use hyper::Version;
use std::time::Duration;
use triwire::Limits;

/// A route, and the status of: nobody, somebody who may not, somebody who may, somebody whose identity is over; then by ticket: a bad
/// one, a good one, one that is over.
const TABLE: &[(&str, &str, [u16; 7])] = &[
    ("GET", "/chat/sse?channel=lobby", [401, 403, 200, 401, 401, 200, 401]),
    ("GET", "/chat/ws?channel=lobby", [401, 403, 101, 401, 401, 101, 401]),
    ("GET", "/chat/poll?channel=lobby", [401, 403, 200, 401, 401, 200, 401]),
    ("POST", "/chat/commands?x=y", [401, 403, 200, 401, 401, 200, 401]),
    // A ticket gives no ticket.
    ("POST", "/chat/ticket?x=y", [401, 403, 200, 401, 401, 401, 401]),
    // The contract is everybody's.
    ("GET", "/chat/schema.json?x=y", [200; 7]),
    ("GET", "/chat/asyncapi.json?x=y", [200; 7]),
    ("GET", "/chat/openapi.json?x=y", [200; 7]),
    ("GET", "/chat/nothing?x=y", [404; 7]),
    // Who asks for nothing that is there is told so before anybody is asked who it is.
    ("GET", "/chat/sse?channel=nothing", [404; 7]),
    ("GET", "/chat/poll?channel=", [400; 7]),
    ("PUT", "/chat/poll?channel=lobby", [405; 7]),
    ("GET", "/chat/commands?x=y", [405; 7]),
    ("GET", "/chat/ticket?x=y", [405; 7]),
    // Allowed by the extractor and not by the application.
    ("GET", "/chat/sse?channel=room:den", [401, 403, 403, 401, 401, 403, 401]),
    ("GET", "/chat/ws?channel=room:den", [401, 403, 403, 401, 401, 403, 401]),
    ("GET", "/chat/poll?channel=room:den", [401, 403, 403, 401, 401, 403, 401]),
];

#[tokio::test]
async fn every_route_lets_in_whom_it_should() {
    let short = with(Limits { ticket: Duration::from_millis(1), ..Limits::default() }, super::tickets::SECRET).await;
    let server = server().await;
    for (method, path, statuses) in TABLE {
        let over = ticket(short.address, "alice", &[]).await;
        let good = ticket(server.address, "alice", &[]).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
        let who = [
            ("nobody", None, None),
            ("not welcome", Some("Bearer mallory"), None),
            ("welcome", Some("Bearer alice"), None),
            ("over", Some("Bearer expired"), None),
            ("a bad ticket", None, Some("x")),
            ("a good ticket", None, Some(good.as_str())),
            ("an old ticket", None, Some(over.as_str())),
        ];
        for ((who, bearer, ticket), status) in who.into_iter().zip(statuses) {
            let path = ticket.map_or_else(|| (*path).to_owned(), |ticket| format!("{path}&ticket={ticket}"));
            let bearer = bearer.map(|bearer| ("authorization", bearer));
            let upgrade = path.starts_with("/chat/ws").then_some(UPGRADE).into_iter().flatten();
            let headers: Vec<_> = bearer.into_iter().chain(upgrade).chain([("content-type", "application/json")]).collect();
            let request = request(Version::HTTP_11, server.address, method, &path, &headers);
            let response = send(Version::HTTP_11, server.address, request.map(|_| Full::new(Bytes::from_static(br#""forbidden""#)))).await;
            assert_eq!(response.status(), *status, "{method} {path}: {who}");
        }
    }
}

#[tokio::test]
async fn a_ticket_is_given_to_the_pages_that_may_ask_for_one() {
    let server = server().await;
    let own = format!("http://{}", server.address);
    let json = ("content-type", "application/json");
    for (headers, status, code) in [
        (vec![json], 200, "ticket"),
        (vec![json, ("origin", own.as_str())], 200, "ticket"),
        (vec![json, ("origin", "https://app.example")], 200, "ticket"),
        (vec![json, ("sec-fetch-site", "same-origin"), ("cookie", "a=b")], 200, "ticket"),
        (vec![json, ("origin", "https://evil.example")], 403, "origin_refused"),
        (vec![json, ("origin", "https://app.example.evil.example")], 403, "origin_refused"),
        (vec![json, ("origin", "null")], 403, "origin_refused"),
        (vec![json, ("sec-fetch-site", "cross-site")], 403, "origin_refused"),
        (vec![json, ("cookie", "a=b")], 403, "origin_refused"),
        (vec![("content-type", "application/x-www-form-urlencoded")], 415, "not_json"),
        (vec![("content-type", "text/plain")], 415, "not_json"),
        (vec![], 415, "not_json"),
    ] {
        let headers = [&[("authorization", "Bearer alice")], &headers[..]].concat();
        let response = super::tickets::ask(server.address, "", &headers).await;
        assert_eq!(response.status(), status, "{headers:?}");
        assert!(whole(response).await.contains(code), "{headers:?}");
    }
    let response = get(server.address, "/chat/ticket", &[("authorization", "Bearer alice")]).await;
    assert_eq!(response.headers()["allow"], "POST");
}

#[tokio::test]
async fn the_contract_is_answered_as_the_hub_has_it_and_once_to_who_keeps_it() {
    let server = server().await;
    let documents = triwire::Hub::<super::chat::ChatEvent>::contract();
    for (name, document, media) in [
        ("schema", &documents.schema, "application/schema+json"),
        ("asyncapi", &documents.asyncapi, "application/json"),
        ("openapi", &documents.openapi, "application/json"),
    ] {
        let path = format!("/chat/{name}.json");
        let response = get(server.address, &path, &[]).await;
        assert_eq!((response.headers()["content-type"].as_bytes(), response.status().as_u16()), (media.as_bytes(), 200), "{name}");
        let tag = response.headers()["etag"].to_str().expect("a text").to_owned();
        assert_eq!(whole(response).await, document.to_string());
        let again = get(server.address, &path, &[("if-none-match", &tag)]).await;
        assert_eq!((again.status().as_u16(), whole(again).await.as_str()), (304, ""), "{name}");
        assert_eq!(get(server.address, &path, &[("if-none-match", "\"another\"")]).await.status(), 200, "{name}");
    }
    for endpoint in documents.openapi["paths"].as_object().expect("paths").keys() {
        let response = get(server.address, &format!("/chat{endpoint}"), &[("authorization", "Bearer alice")]).await;
        assert_ne!(response.status(), 404, "{endpoint}");
    }
}
