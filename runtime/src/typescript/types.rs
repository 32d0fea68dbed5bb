//! What a JSON Schema says, said in TypeScript.

use std::fmt::Write as _;

use serde_json::Value;

/// One definition, as a declaration: an interface where it is an object with named fields, which reads better in an error.
pub(super) fn declare(name: &str, schema: &Value, into: &mut String) {
    comment(schema, "", into);
    let plain = !["oneOf", "anyOf", "allOf", "$ref", "const", "enum"].iter().any(|word| schema.get(word).is_some());
    let _ = match fields(schema, "").filter(|_| plain && schema.get("additionalProperties").is_none_or(Value::is_boolean)) {
        Some(fields) => writeln!(into, "export interface {} {fields}\n", identifier(name)),
        None => writeln!(into, "export type {} = {};\n", identifier(name), ts(schema)),
    };
}

/// The type that a schema describes. What it does not say is `unknown`.
pub(super) fn ts(schema: &Value) -> String {
    let mut parts = Vec::new();
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        parts.push(identifier(name.rsplit('/').next().unwrap_or(name)));
    } else if let Some(value) = schema.get("const") {
        parts.push(value.to_string());
    } else if let Some(Value::Array(values)) = schema.get("enum") {
        parts.push(join(values.iter().map(Value::to_string), " | "));
    } else if let Some(plain) = plain(schema) {
        parts.push(plain);
    }
    for (word, between) in [("oneOf", " | "), ("anyOf", " | "), ("allOf", " & ")] {
        if let Some(Value::Array(all)) = schema.get(word) {
            parts.push(join(all.iter().map(ts), between));
        }
    }
    match parts.len() {
        0 if schema == &Value::Bool(false) => "never".to_owned(),
        0 => "unknown".to_owned(),
        _ => join(parts.into_iter(), " & "),
    }
}

/// What its `type` says, or its fields where it says none.
fn plain(schema: &Value) -> Option<String> {
    let of = |name: &str| match name {
        "string" => "string".to_owned(),
        "integer" | "number" => "number".to_owned(),
        "boolean" => "boolean".to_owned(),
        "null" => "null".to_owned(),
        "array" => array(schema),
        _ => object(schema),
    };
    match schema.get("type") {
        Some(Value::String(name)) => Some(of(name)),
        Some(Value::Array(names)) => Some(join(names.iter().filter_map(Value::as_str).map(of), " | ")),
        _ => schema.get("properties").map(|_| object(schema)),
    }
}

fn array(schema: &Value) -> String {
    let rest = || schema.get("items").map_or_else(|| "unknown".to_owned(), ts);
    match schema.get("prefixItems") {
        Some(Value::Array(items)) => format!("[{}]", items.iter().map(ts).collect::<Vec<_>>().join(", ")),
        _ => format!("{}[]", bracketed(rest())),
    }
}

fn object(schema: &Value) -> String {
    let others = match schema.get("additionalProperties") {
        Some(others @ Value::Object(_)) => Some(format!("{{ [name: string]: {} }}", ts(others))),
        Some(Value::Bool(true)) => Some("{ [name: string]: unknown }".to_owned()),
        _ => None,
    };
    match (fields(schema, ""), others) {
        (Some(fields), Some(others)) => format!("{fields} & {others}"),
        (Some(fields), None) => fields,
        (None, Some(others)) => others,
        (None, None) => "{ [name: string]: unknown }".to_owned(),
    }
}

/// Its named fields, in braces; none where it names none.
fn fields(schema: &Value, indent: &str) -> Option<String> {
    let fields = schema.get("properties")?.as_object().filter(|fields| !fields.is_empty())?;
    let required = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|other| other == name));
    let mut text = String::from("{\n");
    // What tells one variant from another comes first.
    let (tags, others): (Vec<_>, Vec<_>) = fields.iter().partition(|(_, field)| field.get("const").is_some());
    for (name, field) in tags.into_iter().chain(others) {
        let deeper = format!("{indent}  ");
        comment(field, &deeper, &mut text);
        let optional = if required(name) { "" } else { "?" };
        let _ = writeln!(text, "{deeper}{}{optional}: {};", property(name), ts(field).replace('\n', &format!("\n{deeper}")));
    }
    text.push_str(indent);
    text.push('}');
    Some(text)
}

/// What its author says of it.
pub(super) fn comment(schema: &Value, indent: &str, into: &mut String) {
    let mut lines: Vec<String> = Vec::new();
    if let Some(text) = schema.get("description").and_then(Value::as_str) {
        // What ends the comment would end it.
        lines.extend(text.replace("*/", "*\u{2215}").lines().map(str::to_owned));
    }
    if schema.get("deprecated") == Some(&Value::Bool(true)) {
        lines.push("@deprecated".to_owned());
    }
    let _ = match lines.as_slice() {
        [] => Ok(()),
        [line] => writeln!(into, "{indent}/** {line} */"),
        lines => {
            let lines = lines.iter().map(|line| format!("{indent} * {line}").trim_end().to_owned() + "\n");
            writeln!(into, "{indent}/**\n{}{indent} */", lines.collect::<String>())
        }
    };
}

/// Several types as one; the same is said once.
fn join(types: impl Iterator<Item = String>, between: &str) -> String {
    let mut all: Vec<String> = Vec::new();
    for ty in types {
        if !all.contains(&ty) {
            all.push(ty);
        }
    }
    match all.len() {
        0 => "never".to_owned(),
        1 => all.remove(0),
        _ => all.into_iter().map(bracketed).collect::<Vec<_>>().join(between),
    }
}

fn bracketed(ty: String) -> String {
    // A field of an object may be a union: it is bracketed by the object.
    let (mut depth, mut quoted) = (0_i32, false);
    let is_several = ty.chars().any(|sign| {
        match sign {
            '"' => quoted = !quoted,
            '{' | '[' | '(' if !quoted => depth += 1,
            '}' | ']' | ')' if !quoted => depth -= 1,
            _ => {}
        }
        depth == 0 && !quoted && matches!(sign, '|' | '&')
    });
    if is_several { format!("({ty})") } else { ty }
}

/// A definition's name as one of TypeScript's.
pub(super) fn identifier(name: &str) -> String {
    let mut text: String = name.chars().map(|sign| if sign.is_alphanumeric() || sign == '_' || sign == '$' { sign } else { '_' }).collect();
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        text.insert(0, '_');
    }
    text
}

/// A field's name, quoted where it must be.
pub(super) fn property(name: &str) -> String {
    if name == identifier(name) && !name.is_empty() && name.is_ascii() { name.to_owned() } else { Value::from(name).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_schema_says_is_said_in_typescript() {
        for (schema, expected) in [
            (json!(true), "unknown"),
            (json!(false), "never"),
            (json!({ "type": "string", "format": "uuid" }), "string"),
            (json!({ "type": ["integer", "null"] }), "number | null"),
            (json!({ "const": "a|b" }), "\"a|b\""),
            (json!({ "enum": ["a", 1, null] }), "\"a\" | 1 | null"),
            (json!({ "type": "array", "items": { "type": ["string", "null"] } }), "(string | null)[]"),
            (json!({ "type": "array", "items": { "const": "a|b" } }), "\"a|b\"[]"),
            (json!({ "type": "array", "prefixItems": [{ "type": "number" }, { "type": "string" }] }), "[number, string]"),
            (json!({ "type": "object", "additionalProperties": { "type": "boolean" } }), "{ [name: string]: boolean }"),
            (json!({ "type": "object" }), "{ [name: string]: unknown }"),
            (json!({ "anyOf": [{ "$ref": "#/$defs/Some-Name" }, { "type": "null" }] }), "Some_Name | null"),
            (json!({ "allOf": [{ "$ref": "#/$defs/A" }, { "oneOf": [{ "$ref": "#/$defs/B" }, { "$ref": "#/$defs/C" }] }] }), "A & (B | C)"),
            (json!({ "type": "object", "properties": { "a-b": { "type": "string" } }, "$comment": "" }), "{\n  \"a-b\"?: string;\n}"),
        ] {
            assert_eq!(ts(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn a_comment_ends_where_it_ends() {
        let (mut one, mut several) = (String::new(), String::new());
        comment(&json!({ "description": "Not here: */ but there." }), "", &mut one);
        assert_eq!(one, "/** Not here: *\u{2215} but there. */\n");
        comment(&json!({ "description": "One.\nTwo.", "deprecated": true }), "  ", &mut several);
        assert_eq!(several, "  /**\n   * One.\n   * Two.\n   * @deprecated\n   */\n");
    }

    #[test]
    fn what_is_an_object_is_an_interface_and_its_tag_comes_first() {
        let mut text = String::new();
        let fields = json!({ "at": { "type": "number" }, "type": { "const": "said" } });
        declare("Said", &json!({ "type": "object", "properties": fields, "required": ["at", "type"] }), &mut text);
        assert_eq!(text, "export interface Said {\n  type: \"said\";\n  at: number;\n}\n\n");
        text.clear();
        declare("7", &json!({ "type": "object", "oneOf": [{ "$ref": "#/$defs/Said" }] }), &mut text);
        assert!(text.starts_with("export type _7 = "), "{text}");
    }
}
