//! The fields of an object, and objects that are maps.

use super::types;

types! {
    required_field_added { struct T { a: u8 } } { struct T { a: u8, b: u8 } }
        => split("required field added", Compatible, Breaking);
    optional_field_added { struct T { a: u8 } } { struct T { a: u8, #[serde(skip_serializing_if = "Option::is_none")] b: Option<u8> } }
        => both("optional field added", Compatible);
    required_field_removed { struct T { a: u8, b: u8 } } { struct T { a: u8 } }
        => split("required field removed", Breaking, Compatible);
    optional_field_removed { struct T { a: u8, #[serde(skip_serializing_if = "Option::is_none")] b: Option<u8> } } { struct T { a: u8 } }
        => both("optional field removed", Compatible);
    field_renamed { struct T { a: u8 } } { struct T { #[serde(rename = "b")] a: u8 } }
        => split("required field removed", Breaking, Compatible);
    field_with_an_alias { struct T { a: u8 } } { struct T { #[serde(alias = "b")] a: u8 } } => no_change();
    field_made_required {
        struct T { #[serde(default, skip_serializing_if = "is_zero")] a: u8 }
    } {
        struct T { a: u8 }
    } => split("field made required", Compatible, Breaking);
    field_made_optional {
        struct T { a: u8 }
    } {
        struct T { #[serde(default, skip_serializing_if = "is_zero")] a: u8 }
    } => split("field made optional", Breaking, Compatible);
    field_that_may_be_left_out { struct T { a: u8 } } { struct T { #[serde(default)] a: u8 } }
        => clients("field made optional", Compatible);
    field_that_may_be_null { struct T { a: u8 } } { struct T { a: Option<u8> } }
        => split("null allowed", Breaking, Compatible);
    field_that_is_never_null { struct T { a: Option<u8> } } { struct T { a: u8 } }
        => split("null no longer allowed", Compatible, Breaking);
    object_that_may_be_null { struct T { a: P } struct P { b: u8 } } { struct T { a: Option<P> } struct P { b: u8 } }
        => split("null allowed", Breaking, Compatible);

    field_added_where_such_are_refused {
        #[serde(deny_unknown_fields)] struct T { a: u8 }
    } {
        #[serde(deny_unknown_fields)] struct T { a: u8, b: u8 }
    } => server("field unknown to who refuses such", Breaking);
    field_removed_where_such_are_refused {
        #[serde(deny_unknown_fields)] struct T { a: u8, #[serde(skip_serializing_if = "Option::is_none")] b: Option<u8> }
    } {
        #[serde(deny_unknown_fields)] struct T { a: u8 }
    } => clients("field unknown to who refuses such", Breaking);
    unknown_fields_refused { struct T { a: u8 } } { #[serde(deny_unknown_fields)] struct T { a: u8 } }
        => both("unknown fields refused", Compatible);
    unknown_fields_ignored { #[serde(deny_unknown_fields)] struct T { a: u8 } } { struct T { a: u8 } }
        => both("unknown fields no longer refused", Compatible);

    entries_beside_the_fields { struct T { a: u8 } } { struct T { a: u8, #[serde(flatten)] rest: BTreeMap<String, u8> } }
        => both("entries beside the fields", Compatible);
    no_entries_beside_the_fields { struct T { a: u8, #[serde(flatten)] rest: BTreeMap<String, u8> } } { struct T { a: u8 } }
        => both("no entries beside the fields", Compatible);
    field_that_was_an_entry {
        struct T { #[serde(flatten)] rest: BTreeMap<String, u8> }
    } {
        struct T { a: bool, #[serde(flatten)] rest: BTreeMap<String, u8> }
    } => both("type changed", Breaking);
    map_of_fewer { struct T(BTreeMap<String, u16>); } { struct T(BTreeMap<String, u8>); }
        => split("bounds narrowed", Compatible, Breaking);
    map_by_numbers { struct T(BTreeMap<String, u8>); } { struct T(BTreeMap<u32, u8>); } => split("type narrowed", Compatible, Breaking);
    map_by_any_text { struct T(BTreeMap<u32, u8>); } { struct T(BTreeMap<String, u8>); } => split("type widened", Breaking, Compatible);
    map_by_numbers_of_more { struct T(BTreeMap<u32, u8>); } { struct T(BTreeMap<u32, u16>); }
        => split("bounds widened", Breaking, Compatible);
    map_closed {
        #[serde(deny_unknown_fields)] struct T { #[serde(default, skip_serializing_if = "is_zero")] a: u8 }
    } {
        struct T { #[serde(default, skip_serializing_if = "is_zero")] a: u8, #[serde(flatten)] rest: BTreeMap<String, u8> }
    } => split("type widened", Breaking, Compatible);
    keys_of_another_pattern {
        #[schemars(extend("patternProperties" = { "^[a-z]+$": { "type": "null" } }, "additionalProperties" = false))] struct T {}
    } {
        #[schemars(extend("patternProperties" = { "^\\d+$": { "type": "null" } }, "additionalProperties" = false))] struct T {}
    } => both("pattern changed", Breaking);

    a_field_of_a_field { struct T { p: P } struct P { q: Q } struct Q { x: u8 } } { struct T { p: P } struct P { q: Q } struct Q { x: u16 } }
        => split("bounds widened", Breaking, Compatible);
    what_refers_to_itself { struct T { size: u8, children: Vec<T> } } { struct T { size: u16, children: Vec<T> } }
        => split("bounds widened", Breaking, Compatible);
    what_ceases_to_refer_to_itself { struct T { child: Option<Box<T>> } } { struct T { child: Option<Box<P>> } struct P { a: u8 } }
        => server("required field removed", Breaking);

    nothing_but_the_name_of_a_definition { struct T { p: P } struct P { next: Option<Box<P>> } } { struct T { p: Q } struct Q { next: Option<Box<Q>> } }
        => no_change();
    nothing_but_where_the_fields_are_written { struct T { a: u8, #[serde(flatten)] p: P } struct P { b: u8 } } { struct T { a: u8, b: u8 } }
        => no_change();
    nothing_but_a_newtype { struct T { a: u8 } } { struct T { a: N } struct N(u8); } => no_change();
    nothing_but_the_order { struct T { a: u8, b: u8 } } { struct T { b: u8, a: u8 } } => no_change();
}
