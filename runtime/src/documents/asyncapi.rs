//! AsyncAPI 3.0: the channels, and what goes by them, as the application sees it: it *sends* events and *receives* commands.

use serde_json::{Map, Value, json};

use super::query::{self, Field, schema};
use crate::contract::Template;
use crate::protocol::SUBPROTOCOL;
use crate::schema::{Asked, Outline};

/// Of the bindings that it is written by.
const WS: &str = "0.1.0";
const HTTP: &str = "0.3.0";

pub(super) fn document(outline: &Outline, hash: &str) -> Value {
    let mut parts = Parts { channels: Map::new(), operations: Map::new(), messages: Map::new() };
    for template in outline.templates {
        channel(outline, template, &mut parts);
    }
    requests(outline, &mut parts);
    if let Some(asked) = &outline.commands {
        commands(outline, asked, &mut parts);
    }
    let Parts { channels, operations, messages } = parts;
    let mut schemas = query::schemas(outline);
    as_draft_07(&mut schemas);
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": outline.name,
            "version": hash,
            "description": format!("{}{HOW}", outline.said_of(&outline.event).map_or_else(String::new, |said| format!("{said}\n\n"))),
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages, "schemas": schemas },
    });
    document.sort_all_objects();
    document
}

const HOW: &str = "The address of a channel is the name by which it is asked for, `channel=` in the query, of any of the three transports: \
    `GET sse`, `GET ws` (a WebSocket) and `GET poll`, under the path where the application mounts them. One stream carries any number of \
    channels, and its items are the same on each transport.";

struct Parts {
    channels: Map<String, Value>,
    operations: Map<String, Value>,
    messages: Map<String, Value>,
}

impl Parts {
    /// Adds a channel under a name that is not taken, and gives that.
    fn channel(&mut self, name: &str, channel: Value) -> String {
        let names = std::iter::once(name.to_owned()).chain((2..).map(|number| format!("{name}_{number}")));
        let name = names.into_iter().find(|name| !self.channels.contains_key(name)).unwrap_or_default();
        self.channels.insert(name.clone(), channel);
        name
    }

    fn message(&mut self, name: &str, message: Value) {
        self.messages.insert(name.to_owned(), message);
    }
}

/// References to messages, as a channel has them.
fn messages<'a>(names: impl IntoIterator<Item = &'a str>) -> Value {
    let messages = names.into_iter().map(|name| (name.to_owned(), json!({ "$ref": format!("#/components/messages/{name}") })));
    messages.collect::<Map<_, _>>().into()
}

/// References to messages of a channel, as an operation has them.
fn messages_of<'a>(channel: &str, names: impl IntoIterator<Item = &'a str>) -> Value {
    names.into_iter().map(|name| json!({ "$ref": format!("#/channels/{channel}/messages/{name}") })).collect()
}

/// The channels of one template: their events, and what else is told of them.
fn channel(outline: &Outline, template: &'static Template, parts: &mut Parts) {
    let goes_there = outline.events.iter().filter(|event| std::ptr::eq(event.template, template));
    let mut names = Vec::new();
    for event in goes_there {
        let message = described(
            json!({ "name": event.name, "title": event.name, "payload": schema(&event.item) }),
            outline.said_of(&event.definition),
        );
        parts.message(&event.item, message);
        names.push(event.item.as_str());
    }
    for kind in outline.kinds.iter().filter(|kind| kind.name != "Unknown") {
        let name = kind.name.to_lowercase();
        let message =
            described(json!({ "name": name, "title": name, "payload": schema(&kind.definition) }), outline.said_of(&kind.definition));
        parts.message(&kind.definition, message);
        names.push(&kind.definition);
    }
    let parameters: Map<String, Value> = template
        .parameters()
        .map(|name| {
            (name.to_owned(), json!({ "description": format!("What stands for `{{{name}}}`, percent-encoded but for `[A-Za-z0-9._~-]`.") }))
        })
        .collect();
    let mut channel = json!({
        "address": template.to_string(),
        "title": template.to_string(),
        "messages": messages(names.iter().copied()),
        "bindings": { "ws": { "method": "GET", "query": fields(query::of_streams(outline)), "bindingVersion": WS } },
    });
    if !parameters.is_empty() {
        channel["parameters"] = parameters.into();
    }
    let key = parts.channel(template.name, channel);
    let operation = json!({
        "action": "send",
        "channel": { "$ref": format!("#/channels/{key}") },
        "title": format!("send to {template}"),
        "messages": messages_of(&key, names),
        "bindings": { "http": { "method": "GET", "query": fields(query::of_streams(outline)), "bindingVersion": HTTP } },
    });
    parts.operations.insert(format!("send_{key}"), operation);
}

/// What a client asks for over an open WebSocket, and the answer.
fn requests(outline: &Outline, parts: &mut Parts) {
    let text = query::text;
    let reference = json!({ "type": ["integer", "string"], "maxLength": 255, "description": "Comes back in the answer." });
    let mut subscribe = json!({ "subscribe": schema(&outline.channel), "since": text(), "ref": reference });
    if outline.state.is_some() {
        subscribe["snapshot"] = json!({ "type": "boolean", "description": "The channel's state first." });
    }
    let mut asked = vec![
        ("subscribe", "One more channel.", subscribe),
        ("unsubscribe", "One channel less.", json!({ "unsubscribe": schema(&outline.channel), "ref": reference })),
        ("ticket", "A renewed identity, where the application gives tickets.", json!({ "ticket": text(), "ref": reference })),
    ];
    if let Some(commands) = &outline.commands {
        let key = json!({ "type": "string", "minLength": 1, "maxLength": 255, "description": "The idempotency key." });
        let fields = json!({ "command": schema(&commands.definition), "key": key, "ref": reference });
        asked.push(("command", "A command.", fields));
    }
    let mut names = Vec::new();
    for (name, said, fields) in asked {
        let payload = json!({ "type": "object", "required": [name], "properties": fields });
        parts.message(name, json!({ "name": name, "title": name, "summary": said, "payload": payload }));
        names.push(name);
    }
    let position = json!({ "type": "object", "required": ["position"], "properties": { "position": schema(&outline.position) } });
    let ok = match &outline.commands {
        Some(commands) => json!({ "anyOf": [position, schema(&commands.reply)] }),
        None => position,
    };
    let payload = json!({
        "type": "object",
        "properties": { "ref": reference, "ok": ok, "error": schema(&outline.problem) },
        "oneOf": [{ "required": ["ok"] }, { "required": ["error"] }],
    });
    parts.message("answer", json!({ "name": "answer", "title": "answer", "summary": "What became of a request.", "payload": payload }));
    let channel = json!({
        "address": "ws",
        "title": "requests",
        "description": format!("What a client asks for over its WebSocket, beside the items that it gets. The subprotocol `{SUBPROTOCOL}` is optional."),
        "messages": messages(names.iter().copied().chain(["answer"])),
        "bindings": { "ws": { "method": "GET", "query": fields(query::of_streams(outline)), "bindingVersion": WS } },
    });
    let key = parts.channel("ws", channel);
    let reply = json!({ "channel": { "$ref": format!("#/channels/{key}") }, "messages": messages_of(&key, ["answer"]) });
    let operation = json!({
        "action": "receive",
        "channel": { "$ref": format!("#/channels/{key}") },
        "title": "receive requests",
        "messages": messages_of(&key, names),
        "reply": reply,
    });
    parts.operations.insert(format!("receive_{key}"), operation);
}

/// The same commands by POST.
fn commands(outline: &Outline, asked: &Asked, parts: &mut Parts) {
    let headers = json!({
        "type": "object",
        "properties": { "Idempotency-Key": { "type": "string", "minLength": 1, "maxLength": 255 } },
    });
    let bindings = json!({ "http": { "headers": headers, "bindingVersion": HTTP } });
    let mut names = Vec::new();
    for (name, definition) in &asked.variants {
        let message = json!({ "name": name, "title": name, "payload": schema(definition), "bindings": bindings });
        parts.message(definition, described(message, outline.said_of(definition)));
        names.push(definition.as_str());
    }
    if names.is_empty() {
        parts.message(&asked.definition, json!({ "name": "command", "payload": schema(&asked.definition), "bindings": bindings }));
        names.push(&asked.definition);
    }
    parts.message(
        "reply",
        described(json!({ "name": "reply", "title": "reply", "payload": schema(&asked.reply) }), outline.said_of(&asked.reply)),
    );
    let problem =
        json!({ "name": "problem", "title": "problem", "contentType": "application/problem+json", "payload": schema(&outline.problem) });
    parts.message("problem", problem);
    let channel = json!({
        "address": "commands",
        "title": "commands",
        "description": "Commands of those that read by SSE or poll, each a request of its own.",
        "messages": messages(names.iter().copied().chain(["reply", "problem"])),
    });
    let key = parts.channel("commands", channel);
    let reply = json!({ "channel": { "$ref": format!("#/channels/{key}") }, "messages": messages_of(&key, ["reply", "problem"]) });
    let operation = json!({
        "action": "receive",
        "channel": { "$ref": format!("#/channels/{key}") },
        "title": "receive commands",
        "messages": messages_of(&key, names),
        "reply": reply,
        "bindings": { "http": { "method": "POST", "query": fields(vec![query::ticket()]), "bindingVersion": HTTP } },
    });
    parts.operations.insert(format!("receive_{key}"), operation);
}

/// The same, with what its comment says.
fn described(mut message: Value, said: Option<&str>) -> Value {
    if let Some(said) = said {
        message["description"] = said.into();
    }
    message
}

/// Fields of a query as one schema.
fn fields(fields: Vec<Field>) -> Value {
    let properties = fields.into_iter().map(|Field { name, description, mut schema }| {
        schema["description"] = description.into();
        (name.to_owned(), schema)
    });
    json!({ "type": "object", "properties": properties.collect::<Map<_, _>>() })
}

/// An AsyncAPI schema is one of draft 07, whose discriminator is a name and whose tuples are `items`.
fn as_draft_07(schema: &mut Value) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(as_draft_07),
        Value::Object(fields) => {
            // A payload may have fields of these names, whose schemas are no arrays nor have a `propertyName` that is a text.
            if fields.get("discriminator").is_some_and(|it| it["propertyName"].is_string()) {
                fields.remove("discriminator");
            }
            if fields.get("prefixItems").is_some_and(Value::is_array) {
                let parts = fields.remove("prefixItems").unwrap_or_default();
                fields.insert("items".to_owned(), parts);
                fields.insert("additionalItems".to_owned(), false.into());
            }
            fields.values_mut().for_each(as_draft_07);
        }
        _ => {}
    }
}
