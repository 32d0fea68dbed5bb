//! What the transports take in their query, and what is said of it in more than one document.

use serde_json::{Value, json};

use crate::schema::{Outline, each_reference, refer};

/// One field of the query.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) schema: Value,
}

/// What all three take.
pub(super) fn of_streams(outline: &Outline) -> Vec<Field> {
    let mut channel = json!({ "type": "array", "items": refer(&outline.channel), "minItems": 1 });
    relocate(&mut channel);
    let mut fields = vec![
        Field { name: "channel", description: "The name of a channel. Repeated for several.", schema: channel },
        Field {
            name: "since",
            description: "Where to begin: a position, or `earliest`. From now on where it is not given.",
            schema: text(),
        },
        ticket(),
    ];
    if outline.state.is_some() {
        let description = "The states of the channels come before their events, and after gaps.";
        fields.push(Field { name: "snapshot", description, schema: json!({ "type": "string", "const": "1" }) });
    }
    fields
}

/// Who it is, where the application gives tickets.
pub(super) fn ticket() -> Field {
    let description = "Who it is, where the application gives tickets, instead of what its own extractor looks at.";
    Field { name: "ticket", description, schema: text() }
}

pub(super) fn text() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

/// The definitions, where AsyncAPI and OpenAPI have theirs.
pub(super) fn schemas(outline: &Outline) -> Value {
    let mut schemas = outline.definitions.clone();
    relocate(&mut schemas);
    schemas
}

/// A reference to one of these.
pub(super) fn schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Leads references to where AsyncAPI and OpenAPI have their schemas.
pub(super) fn relocate(schema: &mut Value) {
    each_reference(schema, &mut |reference| {
        if let Some(name) = reference.strip_prefix("#/$defs/") {
            *reference = format!("#/components/schemas/{name}");
        }
    });
}
