//! Expansions as they were read and found good, in `expansions/*.rs`: what the derive writes must be what a person would.
//! `TRIWIRE_BLESS=1 cargo test -p triwire-macros` writes them anew; read the difference.

use std::path::Path;

/// What is derived on, and the file that has what it becomes.
fn check(name: &str, input: &str) {
    let input = syn::parse_str(input).expect("the input is an enum");
    let file = syn::parse2(crate::derive(&input)).expect("an expansion is Rust");
    let expansion = prettyplease::unparse(&file);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/expansions").join(name).with_extension("rs");
    if std::env::var_os("TRIWIRE_BLESS").is_some() {
        std::fs::write(&path, &expansion).expect("the snapshot can be written");
    }
    let blessed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(blessed == expansion, "the expansion is no longer {}; it is now\n{expansion}", path.display());
}

#[test]
fn chat() {
    check(
        "chat",
        r#"
        #[serde(tag = "type", rename_all = "snake_case")]
        #[realtime(history = 256, keep = "5m")]
        pub enum ChatEvent {
            #[realtime(channel = "room:{room}")]
            Message { room: String, from: String, text: String },
            #[realtime(channel = "room:{room}", volatile)]
            Typing { room: String, from: String },
            #[realtime(channel = "room:{room}")]
            Left { room: String },
            #[realtime(channel = "lobby")]
            Notice { text: String },
        }
        "#,
    );
}
