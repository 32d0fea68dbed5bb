//! Numbers, texts, lists.

use super::types;

types! {
    type_changed { struct T(String); } { struct T(u32); } => both("type changed", Breaking);
    integer_to_number { struct T(u32); } { struct T(f64); } => split("type widened", Breaking, Compatible);
    number_to_integer { struct T(f64); } { struct T(u32); } => split("type narrowed", Compatible, Breaking);
    anything_allowed { struct T(u8); } { struct T(serde_json::Value); } => split("type widened", Breaking, Compatible);
    not_anything_any_more { struct T(serde_json::Value); } { struct T(String); } => split("type narrowed", Compatible, Breaking);
    u8_to_u16 { struct T(u8); } { struct T(u16); } => split("bounds widened", Breaking, Compatible);
    u64_to_u32 { struct T(u64); } { struct T(u32); } => split("bounds narrowed", Compatible, Breaking);
    u32_to_i32 { struct T(u32); } { struct T(i32); } => split("bounds widened", Breaking, Compatible);
    f64_to_f32 { struct T(f64); } { struct T(f32); } => split("bounds narrowed", Compatible, Breaking);
    zero_allowed { struct T(NonZeroU8); } { struct T(u8); } => split("bounds widened", Breaking, Compatible);
    range_narrowed { struct T { #[schemars(range(min = 1, max = 9))] a: u8 } } { struct T { #[schemars(range(min = 2, max = 9))] a: u8 } }
        => split("bounds narrowed", Compatible, Breaking);
    flag_to_text { struct T(bool); } { struct T(String); } => both("type changed", Breaking);

    format_added { struct T { a: String } } { struct T { #[schemars(email)] a: String } }
        => split("format added", Compatible, Breaking);
    format_removed { struct T { #[schemars(email)] a: String } } { struct T { a: String } }
        => split("format removed", Breaking, Compatible);
    text_to_uuid { struct T(String); } { struct T(uuid::Uuid); } => split("format added", Compatible, Breaking);
    day_to_moment { struct T(chrono::NaiveDate); } { struct T(chrono::DateTime<chrono::Utc>); } => both("format changed", Breaking);
    format_changed { struct T { #[schemars(email)] a: String } } { struct T { #[schemars(url)] a: String } }
        => both("format changed", Breaking);
    pattern_added { struct T { a: String } } { struct T { #[schemars(regex(pattern = "^[a-z]+$"))] a: String } }
        => split("pattern added", Compatible, Breaking);
    pattern_removed { struct T { #[schemars(regex(pattern = "^[a-z]+$"))] a: String } } { struct T { a: String } }
        => split("pattern removed", Breaking, Compatible);
    pattern_changed {
        struct T { #[schemars(regex(pattern = "^[a-z]+$"))] a: String }
    } {
        struct T { #[schemars(regex(pattern = r"^\d+$"))] a: String }
    } => both("pattern changed", Breaking);
    shorter_text { struct T { a: String } } { struct T { #[schemars(length(max = 5))] a: String } }
        => split("bounds narrowed", Compatible, Breaking);
    sign_to_text { struct T(char); } { struct T(String); } => split("bounds widened", Breaking, Compatible);

    items_of_more { struct T(Vec<u8>); } { struct T(Vec<u16>); } => split("bounds widened", Breaking, Compatible);
    items_that_may_be_null { struct T(Vec<String>); } { struct T(Vec<Option<String>>); }
        => split("null allowed", Breaking, Compatible);
    longer_array { struct T([u8; 2]); } { struct T([u8; 3]); } => split("bounds narrowed", Compatible, Breaking);
    items_that_differ { struct T(Vec<u8>); } { struct T(BTreeSet<u8>); } => split("bounds narrowed", Compatible, Breaking);
    items_that_differ_no_more { struct T(BTreeSet<u8>); } { struct T(Vec<u8>); } => split("bounds widened", Breaking, Compatible);
    part_of_a_tuple { struct T(u8, String); } { struct T(u8, u8); } => both("type changed", Breaking);
    tuple_of_more { struct T(u8, String); } { struct T(u8, String, bool); } => split("bounds widened", Breaking, Compatible);
    list_to_object { struct T(u8, u8); } { struct T { a: u8 } } => both("type changed", Breaking);
}
