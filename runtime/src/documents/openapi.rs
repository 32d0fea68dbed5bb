//! OpenAPI 3.1: the endpoints, what they take, and every way in which they refuse.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::query::{self, Field, schema};
use crate::schema::Outline;

/// The refusals that all three transports may answer.
const STREAM: &[(u16, &[&str])] = &[
    (
        400,
        &[
            "query_malformed",
            "parameter_empty",
            "channel_malformed",
            "channel_too_long",
            "too_many_channels",
            "position_malformed",
            "since_repeated",
            "snapshot_malformed",
        ],
    ),
    (401, &["ticket_refused"]),
    (403, &["denied"]),
    (404, &["unknown_channel", "snapshot_unsupported"]),
];

/// What passes: by SSE and WebSocket it is told inside the stream.
const LATER: &[(u16, &[&str])] = &[(429, &["too_many"]), (503, &["busy", "draining"])];

const SSE: &[(u16, &[&str])] = &[(400, &["channel_missing"]), (406, &["not_acceptable"])];

const WS: &[(u16, &[&str])] =
    &[(400, &["handshake_malformed"]), (403, &["origin_refused"]), (426, &["upgrade_required", "websocket_version"])];

const POLL: &[(u16, &[&str])] = &[(400, &["channel_missing", "wait_malformed"])];

/// What every POST must be.
const POST: &[(u16, &[&str])] = &[(403, &["origin_refused"]), (415, &["not_json"]), (500, &["internal"])];

const COMMANDS: &[(u16, &[&str])] = &[
    (400, &["key_malformed", "json_malformed"]),
    (401, &["ticket_refused"]),
    (404, &["command_unsupported"]),
    (409, &["key_reused"]),
    (413, &["too_large"]),
    (422, &["command_not_understood", "rejected"]),
    (504, &["command_late"]),
];

const TICKET: &[(u16, &[&str])] = &[(404, &["not_found"])];

pub(super) fn document(outline: &Outline, hash: &str) -> Value {
    let mut paths = json!({
        "/sse": { "get": sse(outline) },
        "/ws": { "get": ws(outline) },
        "/poll": { "get": poll(outline) },
        "/ticket": { "post": ticket(outline) },
    });
    if outline.commands.is_some() {
        paths["/commands"] = json!({ "post": commands(outline) });
    }
    for (name, said, media) in [
        ("schema", "This contract as JSON Schema 2020-12.", "application/schema+json"),
        ("asyncapi", "This contract as AsyncAPI 3.0.", "application/json"),
        ("openapi", "This document.", "application/json"),
    ] {
        let mut operation = operation(name, said, &[]);
        operation["security"] = json!([]);
        operation["responses"] = json!({ "200": { "description": said, "content": { media: { "schema": { "type": "object" } } } } });
        paths[format!("/{name}.json")] = json!({ "get": operation });
    }
    let schemas = query::schemas(outline);
    let said = outline.said_of(&outline.event).map_or_else(String::new, |said| format!("{said}\n\n"));
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": outline.name, "version": hash, "description": format!("{said}{WHO}") },
        // Beside this document.
        "servers": [{ "url": "." }],
        "paths": paths,
        "components": { "schemas": schemas },
    });
    document.sort_all_objects();
    document
}

const WHO: &str = "Who a client is the application's own extractor finds out, and it answers whom it does not know; or a ticket says it, where \
    the application gives tickets.";

fn operation(name: &str, said: &str, fields: &[Field]) -> Value {
    let parameters = fields.iter().map(|field| {
        let required = name != "ws" && field.name == "channel";
        json!({ "name": field.name, "in": "query", "description": field.description, "required": required, "schema": field.schema })
    });
    json!({ "operationId": name, "summary": said, "parameters": parameters.collect::<Vec<_>>() })
}

fn sse(outline: &Outline) -> Value {
    let mut sse = operation("sse", "Server-Sent Events: one item each, as JSON.", &query::of_streams(outline));
    if let Some(parameters) = sse["parameters"].as_array_mut() {
        let said = "The position that the stream had come to; it wins over `since`.";
        parameters.push(json!({ "name": "Last-Event-ID", "in": "header", "description": said, "schema": { "type": "string" } }));
    }
    let data = json!({ "type": "string", "contentMediaType": "application/json", "contentSchema": schema(&outline.item) });
    let stream = json!({ "description": "The stream. Each `data` is an item.", "content": { "text/event-stream": { "schema": data } } });
    let done = json!({ "description": "All of the channels have ended, and nothing of them is to come: do not come back." });
    sse["responses"] = responses(outline, [("200", stream), ("204", done)], &[STREAM, SSE]);
    sse
}

fn ws(outline: &Outline) -> Value {
    let mut ws = operation(
        "ws",
        "A WebSocket: one item each, as JSON text; `asyncapi.json` says what may be asked over it.",
        &query::of_streams(outline),
    );
    ws["responses"] = responses(outline, [("101", json!({ "description": "The WebSocket is open." }))], &[STREAM, WS]);
    ws
}

fn poll(outline: &Outline) -> Value {
    let mut fields = query::of_streams(outline);
    let wait = "How long to wait for an item, in whole seconds. More than the server allows is taken as what it allows.";
    fields.push(Field { name: "wait", description: wait, schema: json!({ "type": "integer", "minimum": 0 }) });
    let mut poll = operation("poll", "One answer: the items that there are, or the first that comes.", &fields);
    let answer = json!({
        "type": "object",
        "required": ["position", "items"],
        "properties": { "position": schema(&outline.position), "items": { "type": "array", "items": schema(&outline.item) } },
    });
    let answer =
        json!({ "description": "The items, and the `since` of the next poll.", "content": { "application/json": { "schema": answer } } });
    poll["responses"] = responses(outline, [("200", answer)], &[STREAM, POLL, LATER]);
    poll
}

fn commands(outline: &Outline) -> Value {
    let mut commands = operation("command", "One command, and its reply.", &[query::ticket()]);
    if let Some(parameters) = commands["parameters"].as_array_mut() {
        let said = "The same command under the same key takes effect once.";
        let key = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
        parameters.push(json!({ "name": "Idempotency-Key", "in": "header", "description": said, "schema": key }));
    }
    if let Some(asked) = &outline.commands {
        commands["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema(&asked.definition) } } });
        let reply = json!({ "description": "The reply.", "content": { "application/json": { "schema": schema(&asked.reply) } } });
        commands["responses"] = responses(outline, [("200", reply)], &[COMMANDS, POST, LATER]);
    }
    commands
}

fn ticket(outline: &Outline) -> Value {
    let mut ticket = operation("ticket", "A ticket, for those that can set no header; where the application gives them.", &[]);
    let answer = json!({
        "type": "object",
        "required": ["ticket", "expires_ms"],
        "properties": {
            "ticket": { "type": "string", "pattern": "^[A-Za-z0-9_-]+$" },
            "expires_ms": { "type": "integer", "minimum": 0, "description": "For how long it is good, in milliseconds." },
        },
    });
    let answer = json!({ "description": "The ticket. It is good once.", "content": { "application/json": { "schema": answer } } });
    ticket["responses"] = responses(outline, [("200", answer)], &[TICKET, POST]);
    ticket
}

/// The answers of an endpoint: these, the refusals of these tables, and what the application's extractor says.
fn responses<const N: usize>(outline: &Outline, answers: [(&str, Value); N], refusals: &[&[(u16, &[&str])]]) -> Value {
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for (status, codes) in refusals.iter().copied().flatten() {
        by_status.entry(*status).or_default().extend(*codes);
    }
    let mut responses: Map<String, Value> = answers.into_iter().map(|(status, answer)| (status.to_owned(), answer)).collect();
    for (status, codes) in by_status {
        responses.insert(status.to_string(), refusal(&outline.problem, status, &codes));
    }
    responses
        .insert("default".to_owned(), json!({ "description": "What the application's own extractor answers to whom it does not know." }));
    responses.into()
}

/// A refusal for one of these reasons.
fn refusal(problem: &str, status: u16, codes: &[&str]) -> Value {
    let code = json!({ "type": "object", "properties": { "code": { "type": "string", "enum": codes } } });
    let problem = json!({ "application/problem+json": { "schema": { "allOf": [schema(problem), code] } } });
    let named: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let mut response = json!({ "description": format!("Refused: {}.", named.join(", ")), "content": problem });
    if status == 429 || status == 503 {
        let after = json!({ "description": "When to come back, in seconds.", "schema": { "type": "integer", "minimum": 1 } });
        response["headers"] = json!({ "Retry-After": after });
    }
    response
}
