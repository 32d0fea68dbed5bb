//! An SSE stream that is written without hyper, byte for byte; and who is not meant to get one.

use std::time::{Duration, Instant};

use triwire::{Limits, Position, ServeLimits};
use triwire_tests::exact::Exact;

use super::app::{App, SOON, TickEvent, quick};
use super::client::{Raw, within};

const STREAM: &str = "/hub/sse?channel=ticks";

/// An event as it is in the stream.
fn event(id: Position, text: &str) -> String {
    format!("id: {id}\ndata: {{\"channel\":\"ticks\",\"id\":\"{id}\",\"event\":{{\"Tick\":{{\"text\":\"{text}\"}}}}}}\n\n")
}

fn text(chunk: Option<Vec<u8>>) -> String {
    String::from_utf8(chunk.expect("a chunk")).expect("UTF-8")
}

/// Opens a stream and reads its opening: the first chunk is hyper's, and has nothing but the `retry`.
async fn open(app: &App, lines: &str) -> Exact {
    let mut client = Exact::connect(app.address).await;
    client.get(STREAM, lines).await;
    opening(app, &mut client).await;
    client
}

async fn opening(app: &App, client: &mut Exact) {
    let head = client.head().await;
    assert_eq!(head.line, "HTTP/1.1 200 OK");
    assert_eq!(head.field("transfer-encoding"), Some("chunked"));
    assert_eq!((head.field("content-type"), head.field("content-length")), (Some("text/event-stream"), None));
    let retry = text(client.chunk().await);
    let milliseconds = retry.strip_prefix("retry: ").and_then(|retry| retry.strip_suffix('\n')).expect("a line");
    assert!((1_000..=3_000).contains(&milliseconds.parse::<u64>().expect("a number")));
    let position = app.hub.position().await;
    assert_eq!(text(client.chunk().await), format!("id: {position}\ndata: {{\"position\":\"{position}\"}}\n\n"));
}

/// Reads the end of a stream: what says why, the last chunk, and the end of the connection.
async fn ends(client: &mut Exact, reason: &str) {
    let bye = text(client.chunk().await);
    let retry = bye.strip_prefix("retry: ").and_then(|bye| bye.split('\n').next()).expect("a retry");
    assert_eq!(bye, format!("retry: {retry}\ndata: {{\"bye\":{{\"reason\":\"{reason}\",\"retry_ms\":{retry}}}}}\n\n"));
    assert_eq!(client.chunk().await, None);
    client.ends().await;
}

#[tokio::test]
async fn the_stream_is_a_body_in_chunks_to_its_last_byte() {
    // Nothing but the end itself ends the server.
    let (forever, stalled) = (Duration::from_secs(600), Duration::from_secs(600));
    let app = App::layered(ServeLimits { finish: forever, ..quick() }, Limits { stalled, ..Limits::default() }, |router| router).await;
    let mut client = open(&app, "").await;
    // Of every length of a chunk's size.
    for length in [0, 1, 100, 4_000, 70_000, 1_048_500] {
        let id = app.tick(&"x".repeat(length)).await;
        assert_eq!(text(client.chunk().await), event(id, &"x".repeat(length)));
    }
    // And many at once.
    let mut due = Vec::new();
    for number in 0..100 {
        let number = number.to_string();
        due.push(event(app.tick(&number).await, &number));
    }
    for event in due {
        assert_eq!(text(client.chunk().await), event);
    }
    let serving = app.stopping();
    ends(&mut client, "drain").await;
    within(serving).await.expect("no panic").expect("it served");
}

#[tokio::test]
async fn silence_is_filled_with_a_position() {
    let app = App::layered(quick(), Limits { sse_heartbeat: SOON, ..Limits::default() }, |router| router).await;
    let mut client = open(&app, "").await;
    for _ in 0..3 {
        let position = app.hub.position().await;
        assert_eq!(text(client.chunk().await), format!("id: {position}\ndata: {{\"position\":\"{position}\"}}\n\n"));
    }
}

#[tokio::test]
async fn a_gap_comes_first_and_has_no_id() {
    let app = App::layered(quick(), Limits { history: 2, ..Limits::default() }, |router| router).await;
    let since = app.tick("0").await;
    let mut kept = Vec::new();
    for number in 1..=5 {
        kept.push((app.tick(&number.to_string()).await, number.to_string()));
    }
    let mut client = Exact::connect(app.address).await;
    client.get(STREAM, &format!("last-event-id: {since}\r\n")).await;
    client.head().await;
    client.chunk().await;
    assert_eq!(text(client.chunk().await), format!("id: {since}\ndata: {{\"position\":\"{since}\"}}\n\n"));
    let gap = format!(r#"{{"channel":"ticks","gap":{{"reason":"expired","missed":3,"until":"{}"}}}}"#, kept[2].0);
    assert_eq!(text(client.chunk().await), format!("data: {gap}\n\n"));
    for (id, number) in &kept[3..] {
        assert_eq!(text(client.chunk().await), event(*id, number));
    }
}

/// What a client says beside its question changes nothing.
#[tokio::test]
async fn a_body_a_second_request_and_noise_are_read_and_thrown_away() {
    let app = App::start(quick()).await;
    let next = "GET / HTTP/1.1\r\nhost: test\r\n\r\n";
    let mut clients = Vec::new();
    for (lines, behind) in [
        ("connection: close\r\n", String::new()),
        ("content-length: 5\r\n", format!("hello{next}")),
        ("", next.repeat(3)),
        ("", "\0".repeat(300_000)),
        ("transfer-encoding: chunked\r\n", format!("5\r\nhello\r\n0\r\n\r\n{next}")),
    ] {
        let mut client = Exact::connect(app.address).await;
        client.send(format!("GET {STREAM} HTTP/1.1\r\nhost: test\r\n{lines}\r\n{behind}")).await;
        opening(&app, &mut client).await;
        client.send(next).await;
        clients.push(client);
    }
    let id = app.tick("one").await;
    for client in &mut clients {
        assert_eq!(text(client.chunk().await), event(id, "one"));
        client.send(next).await;
    }
    let serving = app.stopping();
    for mut client in clients {
        ends(&mut client, "drain").await;
    }
    within(serving).await.expect("no panic").expect("it served");
}

#[tokio::test]
async fn an_answer_before_the_stream_comes_before_it() {
    let app = App::start(quick()).await;
    let mut client = Exact::connect(app.address).await;
    client.send(format!("GET /slow/50 HTTP/1.1\r\nhost: test\r\n\r\nGET {STREAM} HTTP/1.1\r\nhost: test\r\n\r\n")).await;
    assert_eq!(client.head().await.field("content-length"), Some("7"));
    assert_eq!(client.take(7).await, b"at last");
    opening(&app, &mut client).await;
    let id = app.tick("one").await;
    assert_eq!(text(client.chunk().await), event(id, "one"));
}

#[tokio::test]
async fn a_client_of_http_1_0_gets_the_stream_in_no_chunks() {
    let app = App::start(quick()).await;
    for lines in ["", "connection: keep-alive\r\n"] {
        let mut client = Raw::open(app.address).await;
        client.send(&format!("GET {STREAM} HTTP/1.0\r\n{lines}\r\n")).await;
        let head = client.until("\r\n\r\n").await.to_lowercase();
        assert!(head.starts_with("http/1.0 200") && !head.contains("transfer-encoding"), "{head}");
        let opening = client.until("\n\n").await;
        assert!(opening.starts_with("retry: ") && opening.contains("position"), "{opening}");
        let id = app.tick("one").await;
        assert_eq!(client.until("\n\n").await, event(id, "one"));
    }
    let mut client = Raw::open(app.address).await;
    client.send(&format!("GET {STREAM} HTTP/1.0\r\n\r\n")).await;
    client.until("\n\n").await;
    let serving = app.stopping();
    let bye = client.end().await.0;
    assert!(bye.starts_with("retry: ") && bye.contains(r#""reason":"drain""#) && bye.ends_with("}\n\n"), "{bye}");
    within(serving).await.expect("no panic").expect("it served");
}

#[tokio::test]
async fn head_is_refused_without_a_body_and_the_connection_goes_on() {
    let app = App::start(ServeLimits::default()).await;
    let mut client = Exact::connect(app.address).await;
    client.send(format!("HEAD {STREAM} HTTP/1.1\r\nhost: test\r\n\r\n")).await;
    let head = client.head().await;
    assert_eq!((&*head.line, head.field("allow")), ("HTTP/1.1 405 Method Not Allowed", Some("GET")));
    client.get(STREAM, "").await;
    opening(&app, &mut client).await;
    assert_eq!(app.hub.stats().connections, 1);
}

#[tokio::test]
async fn a_full_hub_says_so_in_a_stream_of_its_own_and_the_connection_goes_on() {
    let app = App::layered(quick(), Limits { connections: 0, ..Limits::default() }, |router| router).await;
    let mut client = Exact::connect(app.address).await;
    for _ in 0..2 {
        client.get(STREAM, "").await;
        assert_eq!(client.head().await.field("transfer-encoding"), Some("chunked"));
        let bye = text(client.chunk().await);
        assert!(bye.starts_with("retry: ") && bye.contains(r#""reason":"busy""#), "{bye}");
        assert_eq!(client.chunk().await, None);
    }
}

/// Nobody drains this hub: the stream is a request in flight like any other.
#[tokio::test]
async fn a_stream_that_no_drain_ends_is_cut_after_finish_and_not_before() {
    let app = App::undrained(ServeLimits { finish: SOON * 3, ..quick() }).await;
    let mut client = open(&app, "").await;
    let hub = app.hub.clone();
    let serving = app.stopping();
    let began = Instant::now();
    tokio::time::sleep(SOON).await;
    hub.publish(TickEvent::Tick { text: "meanwhile".into() }).await.expect("it is taken");
    assert!(text(client.chunk().await).contains("meanwhile"));
    within(serving).await.expect("no panic").expect("it served");
    assert_eq!(hub.stats().connections, 0);
    assert!(began.elapsed() >= SOON * 3, "{:?}", began.elapsed());
    client.ends().await;
}

#[tokio::test]
async fn a_server_that_ends_waits_for_a_stream_whose_client_goes() {
    let app = App::undrained(ServeLimits { finish: Duration::from_secs(60), ..quick() }).await;
    let client = open(&app, "").await;
    let serving = app.stopping();
    tokio::time::sleep(SOON).await;
    assert!(!serving.is_finished());
    drop(client);
    within(serving).await.expect("no panic").expect("it served");
}

#[tokio::test]
async fn a_server_that_is_dropped_cuts_its_streams() {
    // Nothing else wakes them.
    let silent = Limits { sse_heartbeat: Duration::from_secs(600), ..Limits::default() };
    let mut app = App::layered(ServeLimits::default(), silent, |router| router).await;
    let mut client = open(&app, "").await;
    app.abort().await;
    client.ends().await;
    app.connections(0).await;
}
