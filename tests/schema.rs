//! The contract as JSON Schema: complete, the same every time, and without holes for who generates from it.

mod schema {
    mod documents;
    mod enums;
    mod shape;
    mod shop;
    mod typescript;
}
