//! What applications put around their routes: a stream comes through each, written by hyper or without it.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, map_request, map_response};
use axum::response::{IntoResponse as _, Response};
use flate2::write::GzDecoder;
use futures_util::StreamExt as _;
use http_body_util::BodyExt as _;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use tower_http::timeout::{ResponseBodyTimeoutLayer, TimeoutLayer};
use tower_http::trace::TraceLayer;
use triwire::Limits;
use triwire_tests::exact::{Exact, Head};

use super::app::{App, SOON, quick};
use super::client::within;

const STREAM: &str = "/hub/sse?channel=ticks";

async fn layered(with: impl FnOnce(Router) -> Router) -> App {
    App::layered(quick(), Limits::default(), with).await
}

/// Asks for a stream, and gives the head of what comes.
async fn ask(app: &App, lines: &str) -> (Exact, Head) {
    let mut client = Exact::connect(app.address).await;
    client.get(STREAM, lines).await;
    let head = client.head().await;
    (client, head)
}

/// Opens a stream, and says whether hyper writes it: then the opening is one chunk.
async fn open(app: &App) -> (Exact, bool) {
    let (mut client, head) = ask(app, "").await;
    assert_eq!((&*head.line, head.field("transfer-encoding")), ("HTTP/1.1 200 OK", Some("chunked")));
    let opening = String::from_utf8(client.chunk().await.expect("a chunk")).expect("UTF-8");
    assert!(opening.starts_with("retry: "), "{opening}");
    let by_hyper = opening.contains("position");
    if !by_hyper {
        assert!(client.event().await.expect("an event").data["position"].is_string());
    }
    (client, by_hyper)
}

/// Reads three events and the end.
async fn comes_through(app: App, mut client: Exact) {
    for number in ["1", "2", "3"] {
        let id = app.tick(number).await;
        let event = client.event().await.expect("an event");
        assert_eq!((event.id.as_deref(), &event.data["event"]["Tick"]["text"]), (Some(&*id.to_string()), &number.into()));
    }
    let serving = app.stopping();
    assert_eq!(client.event().await.expect("a bye").data["bye"]["reason"], "drain");
    assert_eq!(client.event().await, None);
    client.ends().await;
    within(serving).await.expect("no panic").expect("it served");
}

#[tokio::test]
async fn layers_that_let_a_body_pass_leave_it_to_be_written_without_hyper() {
    let app = layered(|router| {
        let timeout = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, SOON);
        router.layer(TraceLayer::new_for_http()).layer(timeout).layer(CompressionLayer::new()).layer(TraceLayer::new_for_http())
    })
    .await;
    let (client, by_hyper) = open(&app).await;
    assert!(!by_hyper);
    // It outlasts the timeout.
    tokio::time::sleep(SOON * 2).await;
    comes_through(app, client).await;
}

#[tokio::test]
async fn where_the_leave_is_lost_on_the_way_hyper_writes() {
    let of_the_request = |router: Router| {
        router.layer(map_request(async |mut request: Request| {
            request.extensions_mut().clear();
            request
        }))
    };
    let of_the_answer = |router: Router| {
        router.layer(map_response(async |mut response: Response| {
            response.extensions_mut().clear();
            response
        }))
    };
    for app in [layered(of_the_request).await, layered(of_the_answer).await] {
        let (client, by_hyper) = open(&app).await;
        assert!(by_hyper);
        comes_through(app, client).await;
    }
}

#[tokio::test]
async fn a_layer_that_watches_the_time_of_a_body_keeps_it() {
    let app = layered(|router| router.layer(ResponseBodyTimeoutLayer::new(SOON))).await;
    let (mut client, by_hyper) = open(&app).await;
    assert!(by_hyper);
    app.tick("1").await;
    client.event().await.expect("an event");
    // hyper ends a connection whose body fails.
    client.ends().await;
    app.connections(0).await;
}

#[tokio::test]
async fn a_layer_that_changes_the_body_has_it_to_the_end() {
    let loud = async |response: Response| {
        let louder = |bytes: Bytes| Bytes::from(bytes.iter().map(u8::to_ascii_uppercase).collect::<Vec<_>>());
        response.map(|body| Body::new(body.map_frame(move |frame| frame.map_data(louder))))
    };
    let streamed = async |response: Response| {
        response
            .map(|body| Body::from_stream(body.into_data_stream().map(|bytes| bytes.map(|bytes| Bytes::from(bytes.to_ascii_uppercase())))))
    };
    for app in [layered(|router| router.layer(map_response(loud))).await, layered(|router| router.layer(map_response(streamed))).await] {
        let (mut client, head) = ask(&app, "").await;
        assert_eq!(head.field("transfer-encoding"), Some("chunked"));
        let opening = String::from_utf8(client.chunk().await.expect("a chunk")).expect("UTF-8");
        assert!(opening.starts_with("RETRY: ") && opening.contains("POSITION"), "{opening}");
        app.tick("hello").await;
        let event = String::from_utf8(client.chunk().await.expect("a chunk")).expect("UTF-8");
        assert!(event.contains(r#""TEXT":"HELLO""#), "{event}");
    }
}

#[tokio::test]
async fn a_layer_that_answers_something_else_has_its_answer_and_the_stream_is_let_go() {
    let other = async |_: Response| (StatusCode::SERVICE_UNAVAILABLE, "closed").into_response();
    // With the head of the stream, and all that came with it.
    let same_head = async |response: Response| {
        let mut response = response.map(|_| Body::from("closed"));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response
    };
    for app in [layered(|router| router.layer(map_response(other))).await, layered(|router| router.layer(map_response(same_head))).await] {
        let (mut client, head) = ask(&app, "").await;
        assert_eq!((&*head.line, head.field("content-length")), ("HTTP/1.1 503 Service Unavailable", Some("6")));
        assert_eq!(client.take(6).await, b"closed");
        app.connections(0).await;
        client.get(STREAM, "").await;
        client.head().await;
        assert_eq!(client.take(6).await, b"closed", "and the connection goes on");
    }
}

/// A layer that asks its inner service twice: the first answer is thrown away.
#[tokio::test]
async fn a_layer_that_asks_twice_has_one_stream() {
    async fn twice(request: Request, next: Next) -> Response {
        let (parts, _) = request.into_parts();
        let first = next.clone().run(Request::from_parts(parts.clone(), Body::empty())).await;
        let second = next.run(Request::from_parts(parts, Body::empty())).await;
        drop(first);
        second
    }
    let app = layered(|router| router.layer(from_fn(twice))).await;
    let (client, _) = open(&app).await;
    app.connections(1).await;
    comes_through(app, client).await;
}

#[tokio::test]
async fn a_layer_that_compresses_streams_compresses_this_one_for_who_takes_it() {
    let app = layered(|router| router.layer(CompressionLayer::new().compress_when(SizeAbove::new(0)))).await;
    let (client, by_hyper) = open(&app).await;
    assert!(!by_hyper, "this client takes nothing compressed");
    drop(client);
    let (mut client, head) = ask(&app, "accept-encoding: gzip\r\n").await;
    assert_eq!((head.field("content-encoding"), head.field("transfer-encoding")), (Some("gzip"), Some("chunked")));
    let mut inflated = GzDecoder::new(Vec::new());
    let mut until = async |text: &str| {
        while !String::from_utf8_lossy(inflated.get_ref()).contains(text) {
            let chunk = client.chunk().await.expect("it goes on");
            std::io::Write::write_all(&mut inflated, &chunk).and_then(|()| std::io::Write::flush(&mut inflated)).expect("gzip");
        }
    };
    until("position").await;
    for number in ["one", "two"] {
        app.tick(number).await;
        until(number).await;
    }
    let serving = app.stopping();
    until(r#""reason":"drain""#).await;
    within(serving).await.expect("no panic").expect("it served");
}

/// What says how long the body is, or how it is encoded, means the body it has.
#[tokio::test]
async fn a_layer_that_names_a_length_or_an_encoding_is_taken_at_its_word() {
    let named = |name: HeaderName, value: &'static str| {
        let name = move |mut response: Response| {
            response.headers_mut().insert(name.clone(), HeaderValue::from_static(value));
            std::future::ready(response)
        };
        layered(|router| router.layer(map_response(name)))
    };
    let app = named(header::CONTENT_LENGTH, "13").await;
    let mut client = Exact::connect(app.address).await;
    for _ in 0..2 {
        client.get(STREAM, "").await;
        let head = client.head().await;
        assert_eq!((head.field("content-length"), head.field("transfer-encoding")), (Some("13"), None));
        let opening = client.take(13).await;
        assert!(opening.starts_with(b"retry: "), "{opening:?}");
        app.connections(0).await;
    }
    let app = named(header::CONTENT_ENCODING, "identity").await;
    let (client, by_hyper) = open(&app).await;
    assert!(by_hyper);
    comes_through(app, client).await;
}
