//! Enums that people write: `ui/pass` compiles, runs and holds what it asserts; `ui/fail` is one clear error each.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/**/*.rs");
    cases.compile_fail("ui/fail/**/*.rs");
}
