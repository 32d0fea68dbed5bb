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
            #[realtime(channel = "room:{room}", latest, key = user)]
            Read { room: String, user: String, upto: u64 },
            #[realtime(channel = "lobby")]
            Notice { text: String },
        }
        "#,
    );
}

#[test]
fn everything() {
    check(
        "everything",
        r#"
        #[serde(rename_all = "kebab-case")]
        #[realtime(keep = "250ms", channels = Channels, commands = orders::Command, reply = orders::Taken, state = orders::State, crate = crate::wires)]
        pub(crate) enum r#OrderEvent {
            #[realtime(channel = "order:{order}/{type}", audience = "of:{order}/{by}")]
            Placed { r#type: String, order: OrderId, by: String },
            #[realtime(channel = "crate:{number}", presence)]
            Counted { number: u64 },
            #[realtime(channel = "lobby", volatile)]
            Tuple(String, u8),
            #[serde(rename = "named-otherwise")]
            Unit,
            #[realtime(channel = "crate:{number}", latest, key = type)]
            Weighed { number: u64, r#type: Kind },
            #[realtime(channel = "order:{order}/{type}", latest, key = order)]
            Moved { order: OrderId, r#type: String },
            #[realtime(channel = "lobby", latest)]
            Newest(String),
            #[realtime(channel = "order:{order}/{type}", ends)]
            Delivered { order: OrderId, r#type: String },
        }
        "#,
    );
}

#[test]
fn smallest() {
    check("smallest", "enum Event { Tick }");
}

#[test]
fn with_mistakes() {
    check(
        "with_mistakes",
        r#"
        #[realtime(histroy = 256)]
        pub enum ChatEvent {
            #[realtime(channel = "room:{room}")]
            Message { room: String },
            #[realtime(channel = "lobby!")]
            Notice { text: String },
        }
        "#,
    );
}

/// The expansion may lean on what the language has, and on the runtime by one name; on nothing that a user's crate may lack or rename.
#[test]
fn the_expansion_names_no_crate_but_the_core_and_the_runtime() {
    let input = syn::parse_quote! { enum Event { #[realtime(channel = "room:{room}")] Message { room: String } } };
    let text = crate::derive(&input).to_string();
    for foreign in ["std", "alloc", "serde", "schemars", "tokio", "axum", "async", "unsafe"] {
        assert!(!text.split(|char: char| !char.is_alphanumeric()).any(|word| word == foreign), "{foreign}: {text}");
    }
    assert_eq!(text.matches(":: triwire ::").count(), 1, "{text}");
}
