//! What `json-schema-to-typescript` makes of the document.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use triwire::Hub;

use super::enums::{AdjacentEvent, External, InternalEvent};

/// The TypeScript of a schema, in one line; none where the package is not installed, which is said.
fn generate(schema: &Value) -> Option<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/schema");
    if !std::path::Path::new(folder).join("node_modules").exists() {
        eprintln!("skipped: `npm ci` in tests/schema installs json-schema-to-typescript");
        return None;
    }
    let mut node = Command::new("node")
        .arg("generate.mjs")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    node.stdin.take().expect("piped").write_all(schema.to_string().as_bytes()).expect("written");
    let output = node.wait_with_output().expect("it ends");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    Some(text.split_whitespace().collect::<Vec<_>>().join(" ").replace("= | ", "= "))
}

#[test]
fn no_field_is_dropped_from_an_internally_tagged_enum() {
    let Some(text) = generate(&Hub::<InternalEvent>::contract().schema) else { return };
    for expected in [
        "export type InternalEvent = InternalEventSaidAloud | InternalEventTyping | InternalEventMoved | InternalEventOpened | InternalEventClosed;",
        "/** * Somebody said something. */",
        r#"moods: Mood[]; /** * From where. */ place: Place; room: string; type: "said_aloud";"#,
        r#"export type InternalEventMoved = Place & { type: "moved";"#,
        r#"type: "opened";"#,
        "across: number; inside: Place | null;",
        r#"channel: "places"; event: InternalEventMoved; id: Position;"#,
        r#"export type GapReason = "#,
        r#"here?: string[]; "#,
    ] {
        assert!(text.contains(expected), "{expected}\n\n{text}");
    }
}

#[test]
fn no_field_is_dropped_from_the_other_two_forms() {
    let Some(text) = generate(&Hub::<External>::contract().schema) else { return };
    for expected in [
        "export type External = ExternalSaid | ExternalMoved |",
        "Said: { /** * From where. */ place: Place; room: string;",
        "Moved: Place;",
        "Pair: [number | string, number | string];",
        r#""Locked""#,
    ] {
        assert!(text.contains(expected), "{expected}\n\n{text}");
    }
    let Some(text) = generate(&Hub::<AdjacentEvent>::contract().schema) else { return };
    for expected in [
        r#"kind: "Said"; value: { place: Place; room: string;"#,
        r#"kind: "Moved"; value: Place;"#,
        "value: [number | string, number | string];",
    ] {
        assert!(text.contains(expected), "{expected}\n\n{text}");
    }
}
