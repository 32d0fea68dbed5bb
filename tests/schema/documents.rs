//! The documents as a whole: the same everywhere, valid for others, and true to the book.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{env, fs};

use serde_json::{Value, json};
use triwire::{Documents, Hub};

use super::enums::{AdjacentEvent, External, InternalEvent};
use super::shape::walk;
use super::shop::ShopEvent;

fn all() -> [(&'static str, Documents); 4] {
    [
        ("InternalEvent", Hub::<InternalEvent>::contract()),
        ("External", Hub::<External>::contract()),
        ("AdjacentEvent", Hub::<AdjacentEvent>::contract()),
        ("ShopEvent", Hub::<ShopEvent>::contract()),
    ]
}

/// What `contract!` writes, by another process.
fn written(run: u8) -> BTreeMap<PathBuf, String> {
    let folder = env::temp_dir().join(format!("triwire-documents-{}-{run}", std::process::id()));
    let mut command = Command::new(env::current_exe().expect("this program"));
    let output = command.arg("triwire_contract").env("TRIWIRE_CONTRACT", &folder).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let enums = fs::read_dir(&folder).expect("it wrote").map(|entry| entry.expect("an entry").path());
    let files = enums.flat_map(|path| fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()));
    let files = files.map(|path| (path.strip_prefix(&folder).expect("in it").to_owned(), fs::read_to_string(&path).expect("a text")));
    let files = files.collect();
    fs::remove_dir_all(&folder).expect("it is there");
    files
}

#[test]
fn two_processes_make_the_same_documents_to_the_byte() {
    let [first, second] = [written(1), written(2)];
    assert_eq!(first, second);
    assert_eq!(first.len(), 4 * 5);
    for (name, documents) in all() {
        assert_eq!(first[&PathBuf::from(format!("{name}/client.js"))], documents.module("triwire"));
        assert_eq!(first[&PathBuf::from(format!("{name}/client.d.ts"))], documents.declarations);
        let Documents { schema, asyncapi, openapi, .. } = documents;
        for (file, document) in [("schema", schema), ("asyncapi", asyncapi), ("openapi", openapi)] {
            assert_eq!(first[&PathBuf::from(format!("{name}/{file}.json"))], format!("{document:#}\n"));
        }
    }
}

#[test]
fn a_client_in_javascript_knows_its_events_by_the_way_that_serde_tags_them() {
    let module = |documents: Documents| documents.module("./triwire.js");
    let shop = module(Hub::<ShopEvent>::contract());
    assert!(shop.contains(r#"known.includes(event["type"])"#) && shop.contains(r#"from "./triwire.js""#), "{shop}");
    let external = module(Hub::<External>::contract());
    assert!(external.contains(r#"known.includes(typeof event === "string" ? event : Object.keys(event)[0])"#), "{external}");
    assert!(!external.contains("commands"), "it takes none");
    let adjacent = module(Hub::<AdjacentEvent>::contract());
    assert!(adjacent.contains("known.includes(event["), "{adjacent}");
}

#[test]
fn the_reference_parsers_find_nothing_to_say() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/schema");
    if !std::path::Path::new(folder).join("node_modules").exists() {
        eprintln!("skipped: `npm ci` in tests/schema installs the parsers");
        return;
    }
    let documents = all().map(|(name, documents)| (name, json!({ "asyncapi": documents.asyncapi, "openapi": documents.openapi })));
    let documents: Value = documents.into_iter().map(|(name, both)| (name.to_owned(), both)).collect();
    let mut node = Command::new("node")
        .arg("validate.mjs")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node runs");
    node.stdin.take().expect("piped").write_all(documents.to_string().as_bytes()).expect("written");
    let output = node.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_reference_leads_somewhere() {
    for (name, Documents { schema, asyncapi, openapi, .. }) in all() {
        for document in [schema, asyncapi, openapi] {
            walk(&document, "", &mut |path, value| {
                if let Some(reference) = value["$ref"].as_str() {
                    assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{name} {path}: {reference}");
                }
                for reference in value["discriminator"]["mapping"].as_object().into_iter().flat_map(|mapping| mapping.values()) {
                    let reference = reference.as_str().expect("a text");
                    assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{name} {path}: {reference}");
                }
            });
        }
    }
}

#[test]
fn asyncapi_says_what_goes_out_where_and_what_comes_in() {
    let asyncapi = Hub::<ShopEvent>::contract().asyncapi;
    let order = &asyncapi["channels"]["order"];
    assert_eq!(order["address"], "order:{number}");
    let parameters: Vec<&String> = order["parameters"].as_object().expect("parameters").keys().collect();
    assert_eq!(parameters, ["number"]);
    let messages: Vec<&String> = order["messages"].as_object().expect("messages").keys().collect();
    let told = ["Bye", "End", "Gap", "Gone", "Heartbeat", "OrderPlaced", "Snapshot"];
    assert_eq!(messages, told.map(|name| format!("ShopItem{name}")).iter().collect::<Vec<_>>());
    let message = &asyncapi["components"]["messages"]["ShopItemOrderPlaced"];
    assert_eq!(message["payload"], json!({ "$ref": "#/components/schemas/ShopItemOrderPlaced" }));
    assert_eq!(message["description"], "Somebody ordered.");
    let action = |operation: &str| asyncapi["operations"][operation]["action"].clone();
    assert_eq!([action("send_order"), action("receive_ws"), action("receive_commands")], ["send", "receive", "receive"]);
    let commands = &asyncapi["operations"]["receive_commands"];
    assert_eq!(commands["bindings"]["http"]["method"], "POST");
    assert_eq!(commands["reply"]["messages"][0]["$ref"], "#/channels/commands/messages/reply");
    let without = Hub::<InternalEvent>::contract().asyncapi;
    assert_eq!(without["operations"].get("receive_commands"), None, "it takes none");
    assert_eq!(without["components"]["messages"].get("command"), None);
}

/// The codes of the book's table, which the tidy test holds to the source, with their statuses.
fn codes() -> BTreeSet<(String, String)> {
    let book = include_str!("../../book/src/protocol.md");
    let (_, errors) = book.split_once("\n## Errors\n").expect("a heading");
    let rows = errors.split("\n## ").next().unwrap_or_default().lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let mut cells = row.split(" | ");
        let code = cells.next().expect("a code").trim_end_matches('`');
        (cells.next().expect("a status").to_owned(), code.to_owned())
    })
    .collect()
}

#[test]
fn openapi_lists_every_refusal_with_its_status() {
    let openapi = Hub::<ShopEvent>::contract().openapi;
    let mut listed = BTreeSet::new();
    let mut operations = Vec::new();
    for (path, methods) in openapi["paths"].as_object().expect("paths") {
        for operation in methods.as_object().expect("methods").values() {
            operations.push(operation["operationId"].as_str().expect("a name").to_owned());
            for (status, response) in operation["responses"].as_object().expect("responses") {
                let code = &response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["enum"];
                let codes = code.as_array().into_iter().flatten().map(|code| code.as_str().expect("a code").to_owned());
                listed.extend(codes.map(|code| (status.clone(), code)));
                assert!(!response["description"].as_str().expect("a text").is_empty(), "{path}");
            }
        }
    }
    let mut expected = codes();
    assert!(expected.len() > 30, "the table was not found");
    // Nothing that the document describes leads to the one; the other is an answer to a message.
    for elsewhere in [("405", "method_not_allowed"), ("400", "not_understood")] {
        assert!(expected.remove(&(elsewhere.0.to_owned(), elsewhere.1.to_owned())), "{elsewhere:?}");
    }
    assert_eq!(listed, expected, "the refusals of the document (left) and of book/src/protocol.md (right)");
    let names: BTreeSet<&String> = operations.iter().collect();
    assert_eq!(names.len(), operations.len(), "{operations:?}");
    let without = Hub::<InternalEvent>::contract().openapi;
    assert_eq!(without["paths"].get("/commands"), None, "it takes none");
    assert!(!without["paths"]["/poll"].to_string().contains("\"snapshot\""), "it has no states");
}

/// The same contract in two words, and one that is another.
mod twins {
    macro_rules! twin {
        ($name:ident, $comment:literal, { $($of_mood:tt)* }, { $($of_command:tt)* }, $more:ty) => {
            pub(super) mod $name {
                use schemars::JsonSchema;
                use serde::{Deserialize, Serialize};
                use triwire::Realtime;

                #[doc = $comment]
                #[derive(Realtime, Serialize, JsonSchema)]
                #[realtime(commands = Command)]
                #[allow(dead_code, reason = "nobody is told")]
                pub(in super::super) enum TwinEvent {
                    #[doc = $comment]
                    Felt {
                        #[doc = $comment]
                        mood: Mood,
                        #[doc = $comment]
                        #[schemars(title = $comment)]
                        title: $more,
                    },
                }

                #[derive(Serialize, JsonSchema)]
                #[allow(dead_code, reason = "nobody feels it")]
                pub(in super::super) enum Mood { $($of_mood)* }

                #[derive(Deserialize, JsonSchema)]
                pub(in super::super) enum Command { $($of_command)* }
            }
        };
    }

    twin!(plain, "As it is.", { Glad, Cross }, { Sing, Dance }, String);
    twin!(described, "With a word.", { #[doc = "Very."] Cross, Glad }, { Dance, #[doc = "Aloud."] Sing }, String);
    twin!(another, "As it is.", { Glad, Cross }, { Sing, Dance }, Option<String>);
    twin!(more, "As it is.", { Glad, Cross }, { Sing, Dance, Leave }, String);
}

#[test]
fn the_hash_is_of_what_is_on_the_wire_and_not_of_what_is_said_of_it() {
    let plain = Hub::<twins::plain::TwinEvent>::contract();
    let described = Hub::<twins::described::TwinEvent>::contract();
    assert_ne!(plain.schema, described.schema);
    assert_eq!(plain.hash, described.hash);
    assert_ne!(plain.hash, Hub::<twins::another::TwinEvent>::contract().hash, "a field that may be null");
    assert_ne!(plain.hash, Hub::<twins::more::TwinEvent>::contract().hash, "one command more");
    // Pages keep it: where this fails without a change of the enum, every page of every user would be told to reload.
    assert_eq!(plain.hash, "5809850473d6e3c3");
}
