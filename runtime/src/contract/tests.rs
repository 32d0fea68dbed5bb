use proptest::prelude::*;

use super::*;

/// Templates as the derive lets them stand together: a parameter ends at a separator that no value can hold.
const TEMPLATES: &[Template] = &[
    Template { name: "lobby", parts: &[Part::Literal("lobby")] },
    Template { name: "room", parts: &[Part::Literal("room:"), Part::Parameter("room")] },
    Template {
        name: "user_of",
        parts: &[Part::Literal("user:"), Part::Parameter("user"), Part::Literal("/of:"), Part::Parameter("place")],
    },
    Template { name: "x_y", parts: &[Part::Parameter("a"), Part::Literal(":x:"), Part::Parameter("b"), Part::Literal(":y")] },
];

fn read(name: &str) -> Result<(usize, Vec<String>), ChannelError> {
    let mut named = Named::read(TEMPLATES, name)?;
    let count = TEMPLATES[named.template].parameters().count();
    Ok((named.template, (0..count).map(|_| named.parameter()).collect::<Result<_, _>>()?))
}

/// Strings that are after a separator: made of what templates are made of, of escapes, and of anything.
fn value() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(":".to_owned()),
        Just("/of:".to_owned()),
        Just(":x:".to_owned()),
        Just("%3A".to_owned()),
        Just("%".to_owned()),
        Just("room:".to_owned()),
        Just("..".to_owned()),
        Just("\u{0}".to_owned()),
        "[a-zA-Z0-9._~-]{1,4}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a parameter is, the name reads back to the same template and the same values: none imitates a separator.
    #[test]
    fn a_name_reads_back_to_what_it_was_made_of(template in 0..TEMPLATES.len(), values in prop::collection::vec(value(), 2)) {
        let count = TEMPLATES[template].parameters().count();
        let parameters: Vec<&dyn fmt::Display> = values[..count].iter().map(|value| value as &dyn fmt::Display).collect();
        match TEMPLATES[template].name(&parameters) {
            Ok(name) => {
                prop_assert!(name.len() <= CHANNEL_NAME_BYTES);
                prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "._:/-~%".contains(c)), "{}", name);
                prop_assert_eq!(read(&name), Ok((template, values[..count].to_vec())));
            }
            Err(error) => prop_assert_eq!(error, ChannelError::Long),
        }
    }

    /// Only the one canonical form of a name is read: what is read prints the very same name.
    #[test]
    fn only_the_canonical_name_is_read(name in "(lobby|room:|user:|a:x:)?[a-z%0-9A-F:/._~-]{0,12}(/of:|:y|%41|%3a|%C3%A4)?[a-z%2F]{0,4}") {
        if let Ok((template, values)) = read(&name) {
            let parameters: Vec<&dyn fmt::Display> = values.iter().map(|value| value as &dyn fmt::Display).collect();
            prop_assert_eq!(TEMPLATES[template].name(&parameters), Ok(name));
        }
    }

    /// No text makes the reader of names panic.
    #[test]
    fn any_text_is_read_or_refused(name in any::<String>()) {
        drop(read(&name));
    }
}

#[test]
fn a_parameter_is_neither_empty_nor_long_nor_twice_encoded() {
    assert_eq!(read("room:"), Err(ChannelError::Empty { parameter: "room" }));
    assert_eq!(TEMPLATES[1].name(&[&""]), Err(ChannelError::Empty { parameter: "room" }));
    assert_eq!(TEMPLATES[1].name(&[&"x".repeat(251)]), Err(ChannelError::Long));
    assert_eq!(TEMPLATES[1].name(&[&"x".repeat(250)]).map(|name| name.len()), Ok(255));
    assert_eq!(read(&format!("room:{}", "x".repeat(251))), Err(ChannelError::Long));
    for name in ["room:%41", "room:%3a", "room:%", "room:%zz", "room:%FF", "room:a%2"] {
        assert_eq!(read(name), Err(ChannelError::Malformed), "{name}");
    }
    for name in ["", "lobby2", "lobby:", "room", "room:a:b", "room:a/b", "Room:a", "room:a b", "room:ä"] {
        assert_eq!(read(name), Err(ChannelError::Unknown), "{name}");
    }
}

#[test]
fn a_value_that_its_type_does_not_print_back_is_refused() {
    let mut named = Named::read(TEMPLATES, "room:007").expect("it is a room");
    assert_eq!(named.parameter::<u32>(), Err(ChannelError::Malformed));
    let mut named = Named::read(TEMPLATES, "room:7").expect("it is a room");
    assert_eq!(named.parameter::<u32>(), Ok(7));
}
