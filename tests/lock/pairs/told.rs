//! What is said to people, and what nobody here can judge.

use super::types;

types! {
    documentation_changed { struct T { /** Old. */ a: u8 } } { struct T { /** New. */ a: u8 } } => both("documentation changed", Compatible);
    documentation_of_a_value { enum T { /** Old. */ Glad, Cross } } { enum T { /** New. */ Glad, Cross } }
        => both("documentation changed", Compatible);
    documentation_of_a_type { struct T { p: P } /** Old. */ struct P { a: u8 } } { struct T { p: P } /** New. */ struct P { a: u8 } }
        => both("documentation changed", Compatible);
    deprecated { struct T { a: u8 } } { struct T { #[deprecated] a: u8 } } => both("deprecated", Compatible);
    deprecated_no_more { struct T { #[deprecated] a: u8 } } { struct T { a: u8 } } => both("deprecated no more", Compatible);
    examples_changed { struct T { #[schemars(example = 1)] a: u8 } } { struct T { #[schemars(example = 2)] a: u8 } }
        => both("examples changed", Compatible);
    default_changed { struct T { #[schemars(extend("default" = 1))] a: u8 } } { struct T { #[schemars(extend("default" = 2))] a: u8 } }
        => both("default changed", Compatible);
    keyword_of_the_standard {
        struct T { #[schemars(extend("not" = { "const": 0 }))] a: u8 }
    } {
        struct T { #[schemars(extend("not" = { "const": 1 }))] a: u8 }
    } => both("unknown keyword", Breaking);
    keyword_that_stays { struct T { #[schemars(extend("not" = { "const": 1 }))] a: u8, b: u8 } } {
        struct T { #[schemars(extend("not" = { "const": 1 }))] a: u8, b: u16 }
    } => split("bounds widened", Breaking, Compatible);
    step_of_numbers { struct T { #[schemars(extend("multipleOf" = 3))] a: u8 } } { struct T { #[schemars(extend("multipleOf" = 5))] a: u8 } }
        => both("unknown keyword", Breaking);
}
