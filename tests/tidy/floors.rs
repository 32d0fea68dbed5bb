//! The floors of the runtime: a module stands on what is below it, and on its own floor on what stands left of it.

use super::lexer::{closing, identifiers, words};
use super::source::{Source, hold, sources};

/// From the ground up; on one floor, a module may use those to its left. A new module gets its place here.
const FLOORS: &[&[&str]] = &[
    &["sync", "error", "metrics", "limits", "position", "identity", "contract"],
    &["protocol", "item", "websocket", "entry", "run", "output"],
    &["log", "subscribers", "presence", "forgotten", "rate"],
    &["broker"],
    &["head", "channel"],
    &["connection"],
    &["hub"],
    &["task", "commands", "tickets", "guard", "authorize", "snapshot", "application", "transport"],
    &["schema", "typescript", "documents", "lock", "inspect", "prometheus", "router", "serve"],
];

/// A module of its own build: it may use these and nothing else, and nothing uses it. Whatever else it took would be in the tree of
/// every client.
const APART: (&str, &[&str]) = ("client", &["error", "position", "contract", "protocol", "item"]);

/// Where a module stands: its floor, and its place there.
fn place(module: &str) -> Option<(usize, usize)> {
    FLOORS.iter().enumerate().find_map(|(floor, modules)| Some((floor, modules.iter().position(|name| *name == module)?)))
}

/// The module of the crate that this file belongs to; none for `lib.rs`, which stands above all.
fn module(path: &str) -> Option<&str> {
    let name = path.strip_prefix("runtime/src/")?.split('/').next()?.trim_end_matches(".rs");
    (name != "lib").then_some(name)
}

fn faults(source: &Source) -> Vec<String> {
    let Some(own) = module(&source.path).filter(|_| source.is("rs") && !source.is_test(0)) else { return Vec::new() };
    if own == APART.0 {
        let others = uses(source).into_iter().filter(|(at, used)| used != own && !source.is_test(*at) && !APART.1.contains(&used.as_str()));
        return others.map(|(at, used)| source.fault(at, &format!("`{own}` uses `{used}`, which no client has in its tree"))).collect();
    }
    let Some(here) = place(own) else {
        return vec![source.fault(0, &format!("the module `{own}` has no floor: give it one in `FLOORS` of tests/tidy/floors.rs"))];
    };
    let mut faults = Vec::new();
    for (at, used) in uses(source).into_iter().filter(|(at, used)| used != own && !source.is_test(*at)) {
        match place(&used) {
            None => faults.push(source.fault(at, &format!("`crate::{used}` is no module with a floor: name the module it lies in"))),
            Some(there) if there >= here => {
                faults.push(source.fault(at, &format!("`{own}` uses `{used}`, which is not below it: move what they share down a floor")));
            }
            Some(_) => {}
        }
    }
    faults
}

/// The modules named after `crate::`, and after a `super::` that means the same.
fn uses(source: &Source) -> Vec<(usize, String)> {
    let code = &source.code;
    let inline: Vec<(usize, usize)> = words(code, "mod")
        .filter_map(|at| {
            let open = at + code[at..].find(['{', ';'])?;
            code[open..].starts_with('{').then(|| (open, closing(code, open)))
        })
        .collect();
    let is_inline = |at: usize| inline.iter().any(|(open, close)| (*open..*close).contains(&at));
    let is_folder = source.path.trim_start_matches("runtime/src/").contains('/') && !source.path.ends_with("/mod.rs");
    let of_crate = words(code, "crate").filter(|at| code[at + 5..].starts_with("::")).map(|at| (at, at + 7));
    // In a file of a folder one `super` is the folder itself, and two are the crate.
    let step = if is_folder { "super::super::" } else { "super::" };
    let of_super = code.match_indices(step).map(|(at, _)| (at, at + step.len())).filter(|(at, _)| !is_inline(*at));
    of_crate.chain(of_super).flat_map(|(at, begin)| first_names(&code[begin..]).into_iter().map(move |name| (at, name))).collect()
}

/// The name that comes first, or each that comes first in a group.
fn first_names(rest: &str) -> Vec<String> {
    if !rest.starts_with('{') {
        return identifiers(rest).next().map(|(_, name)| name.to_owned()).into_iter().collect();
    }
    let group = &rest[1..closing(rest, 0)];
    let (mut depth, mut names, mut fresh) = (0, Vec::new(), true);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            _ if fresh && depth == 0 && !character.is_whitespace() => {
                names.extend(identifiers(&group[at..]).next().map(|(_, name)| name.to_owned()));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

#[test]
fn a_module_stands_on_lower_floors() {
    hold(&sources().iter().flat_map(faults).collect::<Vec<_>>());
}

#[test]
fn a_module_that_reaches_up_is_seen() {
    let seen = |path: &str, text: &str| faults(&Source::new(path, text)).len();
    assert_eq!(seen("runtime/src/log.rs", "use crate::entry::Entry;\n"), 0);
    assert_eq!(seen("runtime/src/log.rs", "use crate::hub::Hub;\n"), 1);
    assert_eq!(seen("runtime/src/log.rs", "use crate::{entry::{Entry, hub}, hub::Hub, position};\n"), 1);
    assert_eq!(seen("runtime/src/log.rs", "fn f() { crate::channel::g() }\n"), 1);
    assert_eq!(seen("runtime/src/log.rs", "use super::hub;\nmod a { use super::*; }\n"), 1);
    assert_eq!(seen("runtime/src/hub/node.rs", "use super::stream::Stream;\nuse crate::hub::x;\nuse super::super::router;\n"), 1);
    assert_eq!(seen("runtime/src/entry.rs", "use crate::run::Run;\n"), 1, "to its right");
    assert_eq!(seen("runtime/src/run.rs", "use crate::entry::Entry;\n"), 0, "to its left");
    assert_eq!(seen("runtime/src/log.rs", "use crate::Limits;\n"), 1, "by a back door");
    assert_eq!(seen("runtime/src/attic.rs", ""), 1, "no floor");
    assert_eq!(seen("runtime/src/client/reader.rs", "use crate::item::Item;\nuse super::ws;\n"), 0, "what every client has");
    assert_eq!(seen("runtime/src/client/ws.rs", "use crate::websocket::Decoder;\nuse super::Reader;\n"), 1, "the server's");
    assert_eq!(seen("runtime/src/hub/mod.rs", "use crate::client::Reader;\n"), 1, "the client's");
    assert_eq!(seen("runtime/src/log.rs", "#[cfg(test)]\nmod tests {\n    use crate::hub::Hub;\n}\n"), 0, "a test");
}
