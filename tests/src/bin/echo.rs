//! An echo over the WebSocket codec alone, for Autobahn's cases: what comes is sent back as it came, and a close is answered.
//!
//! It says where it listens in one line, and ends when its standard input does: with the program that started it.
#![allow(clippy::print_stdout, reason = "it talks to the one who runs it")]

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::routing::any;
use bytes::Bytes;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;
use triwire::__websocket::{Agreed, Decoder, Opcode, Received, Violation, accept_key, close_frame, deflate, frame, negotiate};

/// The longest message of Autobahn's cases.
const LIMIT: usize = 16 << 20;
const READ_BYTES: usize = 64 << 10;
/// How long the client's end is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("the echo listens on {}", listener.local_addr()?);
    let serving = axum::serve(listener, Router::new().fallback(any(open))).into_future();
    tokio::select! {
        served = serving => served,
        input = tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())) => input?.map(drop),
    }
}

/// The opening handshake (RFC 6455 section 4.2), of a client that is trusted to speak WebSocket.
async fn open(mut request: Request) -> Response<Body> {
    let upgrade = hyper::upgrade::on(&mut request);
    let headers = request.headers();
    let lines = headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS).iter().filter_map(|line| line.to_str().ok());
    let agreed = negotiate(lines);
    let answer = answer(headers, agreed).unwrap_or_else(|| {
        let mut refusal = Response::new(Body::from("a WebSocket is expected\n"));
        *refusal.status_mut() = StatusCode::BAD_REQUEST;
        refusal
    });
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        tokio::spawn(serve(upgrade, agreed));
    }
    answer
}

fn answer(headers: &HeaderMap, agreed: Option<Agreed>) -> Option<Response<Body>> {
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?.to_str().ok()?;
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let fields = answer.headers_mut();
    fields.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    fields.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    fields.insert(header::SEC_WEBSOCKET_ACCEPT, accept_key(key).try_into().ok()?);
    if let Some(agreed) = agreed {
        fields.insert(header::SEC_WEBSOCKET_EXTENSIONS, agreed.answer().try_into().ok()?);
    }
    Some(answer)
}

async fn serve(upgrade: OnUpgrade, agreed: Option<Agreed>) {
    if let Ok(upgraded) = upgrade.await {
        // A client that drops the connection is its own answer.
        let _ = echo(upgraded, agreed).await;
    }
}

async fn echo(upgraded: Upgraded, agreed: Option<Agreed>) -> io::Result<()> {
    let mut socket = TokioIo::new(upgraded);
    let decoder = Decoder::new(LIMIT);
    let mut decoder = if agreed.is_some() { decoder.with_deflate() } else { decoder };
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = socket.read(&mut buffer).await?;
        let mut input = &buffer[..read];
        if input.is_empty() {
            return Ok(());
        }
        while let Some(received) = decoder.decode(&mut input).transpose() {
            let is_over = matches!(received, Err(_) | Ok(Received::Close(..)));
            socket.write_all(&back(received, agreed)).await?;
            if is_over {
                // The server ends the connection (RFC 6455 section 7.1.1), but what is unread would reset it.
                socket.shutdown().await?;
                return timeout(PATIENCE, tokio::io::copy(&mut socket, &mut tokio::io::sink())).await?.map(drop);
            }
        }
    }
}

/// What is sent back.
fn back(received: Result<Received, Violation>, agreed: Option<Agreed>) -> Bytes {
    match received {
        Ok(Received::Text(text)) => {
            let compressed = agreed.filter(|agreed| agreed.takes(text.len())).and_then(|_| deflate(text.as_bytes()));
            compressed.unwrap_or_else(|| frame(Opcode::Text, text.as_bytes()))
        }
        Ok(Received::Binary(bytes)) => frame(Opcode::Binary, &bytes),
        Ok(Received::Ping(bytes)) => frame(Opcode::Pong, &bytes),
        Ok(Received::Pong(_)) => Bytes::new(),
        Ok(Received::Close(None, _)) => frame(Opcode::Close, b""),
        Ok(Received::Close(Some(code), reason)) => close_frame(code, &reason),
        Err(violation) => close_frame(violation.code(), &format!("{violation:?}")),
    }
}
