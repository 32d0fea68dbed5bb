//! The blocks of the chapter, so that what is tested is what is read.

const CHAPTER: &str = include_str!("../../book/src/proxies.md");

/// The first block in this language.
pub(super) fn block(language: &str) -> &'static str {
    let fence = format!("```{language}\n");
    let begin = CHAPTER.find(&fence).expect("the chapter has a block in this language") + fence.len();
    CHAPTER[begin..].split("```").next().expect("a split has a first part")
}

/// The text with this replaced, which must be there exactly once.
pub(super) fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "the chapter's block says `{from}` once");
    text.replace(from, to)
}
