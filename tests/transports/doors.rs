//! Every route, and who gets in: a table.

use super::client::{get, request, send, whole};
use super::server::Server;
use super::tickets::{UPGRADE, server, ticket, with};
use bytes::Bytes;
use futures_util::future::join_all;
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

/// What an upgrade, a ticket and a command of alice's are answered, with these headers.
async fn answered(server: &Server, kind: &str, headers: &[(&str, &str)]) -> [(u16, String); 3] {
    let all = [("GET", "/chat/ws", &UPGRADE[..]), ("POST", "/chat/ticket", &[]), ("POST", "/chat/commands", &[])];
    let answers = all.map(|(method, path, upgrade)| async move {
        let headers = [&[("authorization", "Bearer alice"), ("content-type", kind)], upgrade, headers].concat();
        let request = request(Version::HTTP_11, server.address, method, path, &headers);
        let response = send(Version::HTTP_11, server.address, request.map(|_| Full::new(Bytes::from_static(br#""forbidden""#)))).await;
        let status = response.status().as_u16();
        (status, if status == 101 { String::new() } else { whole(response).await })
    });
    join_all(answers).await.try_into().expect("three")
}

#[tokio::test]
async fn only_pages_that_may_and_only_json_come_in() {
    let server = server().await;
    let own = format!("http://{}", server.address);
    for (headers, passes) in [
        (&[][..], true),
        (&[("origin", own.as_str())], true),
        (&[("origin", "https://app.example")], true),
        (&[("origin", "https://evil.example")], false),
        (&[("origin", "http://app.example")], false),
        (&[("origin", "https://app.example.evil.example")], false),
        (&[("origin", "https://evil-app.example")], false),
        (&[("origin", "https://app.example:444")], false),
        (&[("origin", "http://127.0.0.1:9")], false),
        (&[("origin", "null")], false),
        (&[("origin", "")], false),
        (&[("origin", "https://app.example"), ("origin", "https://app.example")], false),
        (&[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")], false),
        (&[("sec-fetch-site", "same-origin")], true),
        (&[("sec-fetch-site", "cross-site")], false),
        (&[("sec-fetch-site", "same-site")], false),
        (&[("cookie", "user=alice")], false),
        (&[("cookie", "user=alice"), ("sec-fetch-site", "same-origin")], true),
        (&[("cookie", "user=alice"), ("origin", "https://app.example")], true),
        (&[("cookie", "user=alice"), ("origin", "https://evil.example")], false),
    ] {
        let answers = answered(&server, "application/json", headers).await;
        let statuses = answers.each_ref().map(|(status, _)| *status);
        assert_eq!(statuses, if passes { [101, 200, 200] } else { [403; 3] }, "{headers:?}");
        assert!(passes || answers.iter().all(|(_, body)| body.contains(r#""code":"origin_refused""#)), "{headers:?}");
    }
    // What a form can send from any page, without leave of CORS.
    for kind in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=a", ""] {
        let [_, ticket, command] = answered(&server, kind, &[]).await;
        assert_eq!((ticket.0, command.0), (415, 415), "{kind}");
        let headers = [&[("authorization", "Bearer alice"), ("content-type", kind)], &UPGRADE[..]].concat();
        let response =
            send(Version::HTTP_11, server.address, request(Version::HTTP_11, server.address, "POST", "/chat/ws", &headers)).await;
        assert_eq!(response.status(), 405, "{kind}");
    }
}

#[tokio::test]
async fn who_asks_for_a_ticket_or_a_command_by_get_is_told_how() {
    let server = server().await;
    for path in ["/chat/ticket", "/chat/commands"] {
        let response = get(server.address, path, &[("authorization", "Bearer alice")]).await;
        assert_eq!((response.status().as_u16(), response.headers()["allow"].as_bytes()), (405, &b"POST"[..]), "{path}");
    }
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
