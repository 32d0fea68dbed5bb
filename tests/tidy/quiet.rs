//! What library code must not contain: each rule is the absence of some text.

use super::source::{Source, hold, sources};

/// Text that some files' code must not have outside tests, and what to do instead.
struct Absence {
    files: fn(&Source) -> bool,
    texts: &'static [&'static str],
    remedy: &'static str,
}

/// A user's mistake is an error, and a broken invariant says which.
const NO_PANIC: Absence = Absence {
    files: Source::is_library,
    texts: &[".unwrap()", "todo!", "unimplemented!"],
    remedy: "return an error, or state the invariant with `expect`",
};

/// A library has no terminal.
const NO_PRINT: Absence = Absence {
    files: Source::is_library,
    texts: &["println!", "print!", "dbg!"],
    remedy: "use `tracing`: standard output is the application's",
};

/// A derive may speak, when it is asked to: to who compiles.
const NO_COMPLAINT: Absence = Absence {
    files: |source| source.path.starts_with("runtime/src/"),
    texts: &["eprintln!", "eprint!"],
    remedy: "use `tracing`: standard error is the application's",
};

/// They are proptest's to hold: time is handed in, and nothing waits.
const PURE: Absence = Absence {
    files: |source| ["log", "subscribers", "presence", "forgotten", "websocket"].iter().any(|name| is_module(source, name)),
    texts: &["tokio", "Mutex", "RwLock", "crate::sync", "Instant::now", "SystemTime", "async ", ".await", "std::thread"],
    remedy: "this floor knows no clock, no lock and no tokio: take `now` as an argument, lock one floor up",
};

/// A lock held over an await is held until somebody else lets it go on.
const NO_AWAIT: Absence = Absence {
    files: |source| is_module(source, "channel") || is_module(source, "head"),
    texts: &[".await", "async "],
    remedy: "a channel's lock is never held over an await: await in the floor above",
};

const ABSENCES: &[Absence] = &[NO_PANIC, NO_PRINT, NO_COMPLAINT, PURE, NO_AWAIT];

fn is_module(source: &Source, name: &str) -> bool {
    let path = source.path.strip_prefix("runtime/src/").and_then(|path| path.strip_prefix(name));
    path.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

impl Absence {
    fn faults(&self, source: &Source) -> Vec<String> {
        if !(self.files)(source) {
            return Vec::new();
        }
        let found = self.texts.iter().flat_map(|text| source.library_places(text).map(move |at| (at, *text)));
        found.map(|(at, text)| source.fault(at, &format!("`{}` here: {}", text.trim(), self.remedy))).collect()
    }

    fn holds(&self) {
        hold(&sources().iter().flat_map(|source| self.faults(source)).collect::<Vec<_>>());
    }
}

#[test]
fn library_code_does_not_panic_on_a_whim() {
    NO_PANIC.holds();
}

#[test]
fn library_code_does_not_print() {
    NO_PRINT.holds();
    NO_COMPLAINT.holds();
}

#[test]
fn the_log_knows_no_clock_no_lock_and_no_tokio() {
    PURE.holds();
}

#[test]
fn no_await_under_a_channels_lock() {
    NO_AWAIT.holds();
}

#[test]
fn what_must_be_absent_is_seen() {
    let seen = |path: &str, text: &str| ABSENCES.iter().map(|absence| absence.faults(&Source::new(path, text)).len()).sum::<usize>();
    assert_eq!(seen("runtime/src/hub.rs", "fn a() { b().unwrap(); }\n"), 1);
    assert_eq!(seen("macros/src/lib.rs", "fn a() { todo!(); println!(); }\n"), 2);
    assert_eq!(seen("macros/src/lib.rs", "fn a() { eprintln!(); }\n"), 0);
    assert_eq!(seen("runtime/src/hub.rs", "fn a() { eprintln!(); }\n"), 1);
    assert_eq!(seen("runtime/src/log.rs", "use std::sync::Mutex;\nfn a() { Instant::now(); }\n"), 2);
    assert_eq!(seen("runtime/src/channel.rs", "fn a() { b().await }\n"), 1);
    assert_eq!(
        seen("runtime/src/hub.rs", "fn a() { b().await } // .unwrap()\n#[cfg(test)]\nmod tests {\n    fn a() { b().unwrap() }\n}\n"),
        0
    );
    assert_eq!(seen("xtask/src/main.rs", "fn a() { println!(); }\n"), 0);
}
