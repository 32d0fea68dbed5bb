//! The rules of the house that no compiler knows, each a test that reads the source and says where it is broken and what
//! to do. Beside each rule stands a test which shows that it can fail.

mod tidy {
    mod book;
    mod faults;
    mod files;
    mod floors;
    mod lexer;
    mod quiet;
    mod size;
    mod source;
    mod words;
}
