//! Every refusal has its status and a code that never changes.

use hyper::Version;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use triwire::{Anyone, Denied, Limits};

use super::chat::ChatChannel;
use super::client::{Sse, get, get_by, json, request, send, whole, within};
use super::server::Server;

async fn no(_: Anyone, _: ChatChannel) -> Result<(), Denied> {
    Err(Denied)
}

fn long(bytes: usize) -> String {
    format!("room:{}", "x".repeat(bytes - 5))
}

fn many(count: usize) -> String {
    (0..count).map(|at| format!("channel=room:{at}")).collect::<Vec<_>>().join("&")
}

#[tokio::test]
async fn a_bad_query_has_its_code_on_all_three() {
    let server = Server::new().await;
    let cases: &[(&str, u16, &str)] = &[
        ("channel=", 400, "parameter_empty"),
        ("channel=lobby&since=", 400, "parameter_empty"),
        ("channel=lobby&wait=", 400, "parameter_empty"),
        ("channel=room:", 400, "parameter_empty"),
        ("channel", 400, "parameter_empty"),
        ("channel=nothing", 404, "unknown_channel"),
        ("channel=lobby%20", 404, "unknown_channel"),
        ("channel=lobby+", 404, "unknown_channel"),
        ("channel=lobby&channel=Lobby", 404, "unknown_channel"),
        ("channel=room:a%20b", 404, "unknown_channel"),
        ("channel=room:a%252", 400, "channel_malformed"),
        ("channel=room:%25zz", 400, "channel_malformed"),
        ("channel=room:%25c3%2528", 400, "channel_malformed"),
        ("channel=room:%2561", 400, "channel_malformed"),
        ("channel=room:%25e4", 400, "channel_malformed"),
        ("channel=seat:x", 400, "channel_malformed"),
        ("channel=seat:01", 400, "channel_malformed"),
        ("channel=seat:99999999999", 400, "channel_malformed"),
        ("channel=room:%zz", 400, "channel_malformed"),
        ("channel=room:%ff", 400, "query_malformed"),
        ("channel=lobby&since=%c0%80", 400, "query_malformed"),
        ("channel=lobby&since=nonsense", 400, "position_malformed"),
        ("channel=lobby&since=a-", 400, "position_malformed"),
        ("channel=lobby&since=a-01", 400, "position_malformed"),
        ("channel=lobby&since=A-1", 400, "position_malformed"),
        ("channel=lobby&since=a-18446744073709551616", 400, "position_malformed"),
        ("channel=lobby&since=a-1&since=a-1", 400, "since_repeated"),
        ("channel=lobby&wait=1.5", 400, "wait_malformed"),
        ("channel=lobby&wait=-1", 400, "wait_malformed"),
        ("channel=lobby&wait=1&wait=1", 400, "wait_malformed"),
    ];
    for (query, status, code) in cases {
        for endpoint in ["sse", "poll", "ws"] {
            let response = get(server.address, &format!("/chat/{endpoint}?{query}"), &upgrade()).await;
            assert_eq!(response.status(), *status, "{endpoint}?{query}");
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            let problem = json(response).await;
            assert_eq!(problem["code"], *code, "{endpoint}?{query}");
            assert_eq!(problem["status"], *status);
            assert!(problem["title"].is_string() && problem["detail"].is_string());
        }
    }
    assert_eq!(server.hub.stats().refused, cases.len() as u64 * 3, "each is counted");
    assert_eq!(server.hub.stats().connections, 0);
}

fn upgrade() -> [(&'static str, &'static str); 4] {
    [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
}

#[tokio::test]
async fn a_limit_that_is_passed_is_named_and_at_the_limit_all_is_well() {
    let server = Server::new().await;
    for (query, code, limit) in [(many(33), "too_many_channels", 32), (format!("channel={}", long(256)), "channel_too_long", 255)] {
        for endpoint in ["sse", "poll", "ws"] {
            let response = get(server.address, &format!("/chat/{endpoint}?{query}"), &upgrade()).await;
            assert_eq!(response.status(), 400);
            let problem = json(response).await;
            assert_eq!((&problem["code"], &problem["limit"]), (&code.into(), &limit.into()));
        }
    }
    for query in [many(32), format!("{}&{}", many(32), many(32)), format!("channel={}", long(255))] {
        Sse::open(server.address, &query).await.item().await;
        assert_eq!(get(server.address, &format!("/chat/poll?{query}"), &[]).await.status(), 200);
    }
}

#[tokio::test]
async fn a_channel_is_asked_for_and_by_the_query_of_a_websocket_need_not_be() {
    let server = Server::new().await;
    for endpoint in ["sse", "poll"] {
        let response = get(server.address, &format!("/chat/{endpoint}?since=a-1"), &[]).await;
        assert_eq!(response.status(), 400);
        assert_eq!(json(response).await["code"], "channel_missing");
    }
    assert_eq!(get(server.address, "/chat/ws", &upgrade()).await.status(), 101);
}

#[tokio::test]
async fn a_field_that_is_not_known_is_the_applications() {
    let server = Server::new().await;
    let response = get(server.address, "/chat/poll?ticket=%ff&channel=lobby&Since=x&%zz", &[]).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_wrong_path_or_method_is_a_problem_that_names_the_right_one() {
    let server = Server::new().await;
    for path in ["/chat/x", "/chat/nothing", "/chat/sse/more"] {
        let response = get(server.address, path, &[]).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(json(response).await["code"], "not_found");
    }
    for version in [Version::HTTP_11, Version::HTTP_2] {
        for endpoint in ["sse", "poll", "ws", "schema.json", "asyncapi.json", "openapi.json"] {
            for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
                let path = format!("/chat/{endpoint}?channel=lobby");
                let response = send(version, server.address, request(version, server.address, method, &path, &[])).await;
                assert_eq!(response.status(), 405, "{method} {endpoint}");
                assert!(response.headers()["allow"].to_str().expect("text").starts_with("GET"));
                assert_eq!(json(response).await["code"], "method_not_allowed");
            }
        }
        for endpoint in ["sse", "poll", "ws"] {
            let path = format!("/chat/{endpoint}?channel=lobby");
            let response = send(version, server.address, request(version, server.address, "HEAD", &path, &[])).await;
            assert_eq!(response.status(), 405, "HEAD {endpoint}");
            assert_eq!(response.headers()["allow"], "GET");
        }
    }
}

#[tokio::test]
async fn what_is_no_upgrade_is_told_what_is() {
    let server = Server::new().await;
    let with = |name: &str, value: Option<&'static str>| -> Vec<(&'static str, &'static str)> {
        upgrade()
            .into_iter()
            .filter_map(|(field, old)| if field == name { value.map(|new| (field, new)) } else { Some((field, old)) })
            .collect()
    };
    for (headers, status, code) in [
        (vec![], 426, "upgrade_required"),
        (with("connection", Some("keep-alive")), 426, "upgrade_required"),
        (with("upgrade", Some("h2c")), 426, "upgrade_required"),
        (with("sec-websocket-version", None), 426, "websocket_version"),
        (with("sec-websocket-version", Some("8")), 426, "websocket_version"),
        (with("sec-websocket-key", None), 400, "handshake_malformed"),
        (with("sec-websocket-key", Some("short")), 400, "handshake_malformed"),
        (with("sec-websocket-key", Some("dGhlIHNhbXBsZSBub25jZ!==")), 400, "handshake_malformed"),
    ] {
        let response = get(server.address, "/chat/ws", &headers).await;
        assert_eq!(response.status(), status, "{headers:?}");
        if status == 426 {
            assert_eq!(response.headers()["upgrade"], "websocket");
            assert_eq!(response.headers()["sec-websocket-version"], "13");
        }
        assert_eq!(json(response).await["code"], code, "{headers:?}");
    }
    let mut socket = tokio::net::TcpStream::connect(server.address).await.expect("connects");
    let fields: String = upgrade().iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    socket.write_all(format!("GET /chat/ws HTTP/1.0\r\nhost: x\r\n{fields}\r\n").as_bytes()).await.expect("written");
    let mut status = [0; 12];
    within(socket.read_exact(&mut status)).await.expect("an answer");
    assert_eq!(status, *b"HTTP/1.0 426", "the upgrade came with HTTP/1.1");
    let response = get_by(Version::HTTP_2, server.address, "/chat/ws", &[]).await;
    assert_eq!(response.status(), 426);
    assert_eq!(json(response).await["code"], "upgrade_required");
}

#[tokio::test]
async fn a_channel_that_the_application_does_not_allow_is_denied() {
    let server = Server::with(Limits::default(), |endpoints| endpoints.authorize(no)).await;
    for endpoint in ["sse", "poll", "ws"] {
        let response = get(server.address, &format!("/chat/{endpoint}?channel=lobby"), &upgrade()).await;
        assert_eq!(response.status(), 403);
        assert_eq!(json(response).await["code"], "denied");
    }
}

#[tokio::test]
async fn a_problem_is_not_kept_by_a_cache() {
    let server = Server::new().await;
    let response = get(server.address, "/chat/poll?channel=nothing", &[]).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(
        whole(response).await,
        r#"{"type":"about:blank","code":"unknown_channel","status":404,"title":"Not Found","detail":"no channel has a name like this"}"#
    );
}
