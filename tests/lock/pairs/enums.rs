//! Enums inside what is written, in each form that serde has.

use super::types;

types! {
    value_added { enum T { Glad, Cross } } { enum T { Glad, Cross, Calm } } => split("value added", Breaking, Compatible);
    value_removed { enum T { Glad, Cross } } { enum T { Glad } } => split("value removed", Compatible, Breaking);
    value_renamed { enum T { Glad, Cross } } { enum T { Glad, Angry } } => both("value renamed", Breaking);
    values_instead_of_any_text { struct T { a: String } } { struct T { a: M } enum M { Glad, Cross } }
        => split("type narrowed", Compatible, Breaking);
    any_text_instead_of_values { struct T { a: M } enum M { Glad, Cross } } { struct T { a: String } }
        => split("type widened", Breaking, Compatible);
    values_reordered { enum T { Glad, Cross } } { enum T { Cross, Glad } } => no_change();

    case_added {
        #[serde(tag = "is")] enum T { Round { radius: u8 } }
    } {
        #[serde(tag = "is")] enum T { Round { radius: u8 }, Square { side: u8 } }
    } => split("case added", Breaking, Compatible);
    case_removed {
        #[serde(tag = "is")] enum T { Round { radius: u8 }, Square { side: u8 } }
    } {
        #[serde(tag = "is")] enum T { Square { side: u8 } }
    } => split("case removed", Compatible, Breaking);
    case_renamed {
        #[serde(tag = "is")] enum T { Round { radius: u8 }, Square { side: u8 } }
    } {
        #[serde(tag = "is")] enum T { Circle { radius: u8 }, Square { side: u8 } }
    } => both("case renamed", Breaking);
    field_of_a_case {
        #[serde(tag = "is")] enum T { Round { radius: u8 }, Square { side: u8 } }
    } {
        #[serde(tag = "is")] enum T { Round { radius: u16 }, Square { side: u8 } }
    } => split("bounds widened", Breaking, Compatible);
    tag_renamed {
        #[serde(tag = "is")] enum T { Round { radius: u8 }, Square { side: u8 } }
    } {
        #[serde(tag = "kind")] enum T { Round { radius: u8 }, Square { side: u8 } }
    } => both("tag renamed", Breaking);
    content_renamed {
        #[serde(tag = "is", content = "of")] enum T { Round { radius: u8 }, Square { side: u8 } }
    } {
        #[serde(tag = "is", content = "with")] enum T { Round { radius: u8 }, Square { side: u8 } }
    } => both("content renamed", Breaking);
    told_apart_otherwise {
        enum T { Round { radius: u8 }, Square { side: u8 } }
    } {
        #[serde(tag = "is")] enum T { Round { radius: u8 }, Square { side: u8 } }
    } => both("tag renamed", Breaking);

    case_by_its_name_added { enum T { Round(u8), Flat } } { enum T { Round(u8), Square(u8), Flat } }
        => split("case added", Breaking, Compatible);
    case_by_its_name_renamed { enum T { Round(u8), Flat } } { enum T { Circle(u8), Flat } } => both("case renamed", Breaking);
    case_that_gets_fields { enum T { Round(u8), Flat } } { enum T { Round(u8), Flat { thin: bool } } }
        => split("case added", Breaking, Compatible);
    case_of_a_struct {
        #[serde(tag = "is")] enum T { Round(R), Flat } struct R { radius: u8 }
    } {
        #[serde(tag = "is")] enum T { Round(R), Flat } struct R { radius: String }
    } => both("type changed", Breaking);

    kind_added { #[serde(untagged)] enum T { Name(String) } } { #[serde(untagged)] enum T { Name(String), Number(u8) } }
        => split("type widened", Breaking, Compatible);
    kind_removed { #[serde(untagged)] enum T { Name(String), Number(u8) } } { #[serde(untagged)] enum T { Name(String) } }
        => split("type narrowed", Compatible, Breaking);
    kind_of_object_added {
        #[serde(untagged)] enum T { Round { radius: u8 } }
    } {
        #[serde(untagged)] enum T { Round { radius: u8 }, Square { side: u8 } }
    } => split("type widened", Breaking, Compatible);
    enum_beside_fields {
        struct T { a: u8, #[serde(flatten)] s: S } #[serde(tag = "is")] enum S { Round { radius: u8 } }
    } {
        struct T { a: u8, #[serde(flatten)] s: S } #[serde(tag = "is")] enum S { Round { radius: u8 }, Square { side: u8 } }
    } => split("case added", Breaking, Compatible);
}
