//! A page of the documents as blocks of code, each with the comment above it that says what it is.

use crate::support::artifacts;

/// A block of code.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// What the comment above it says, such as `example: jenkins cosign`; empty where there is none.
    pub(crate) mark: String,
    pub(crate) language: String,
    pub(crate) code: String,
}

/// The blocks of a page, by its name below `docs`.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let path = artifacts::package().join("docs").join(page);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let parts: Vec<&str> = text.split("```").collect();
    assert!(parts.len() % 2 == 1, "{page}: a block of code has no end");
    parts.chunks_exact(2).map(|pair| block(pair[0], pair[1])).collect()
}

/// The code of the blocks with a mark, which must be there.
pub(crate) fn marked(page: &str, mark: &str) -> Vec<String> {
    let blocks = blocks(page).into_iter().filter(|block| block.mark == mark);
    let codes: Vec<String> = blocks.map(|block| block.code).collect();
    assert!(!codes.is_empty(), "docs/{page} has no block with the mark `{mark}`");
    codes
}

/// The code of the only block with a mark.
pub(crate) fn only(page: &str, mark: &str) -> String {
    let codes = marked(page, mark);
    assert_eq!(codes.len(), 1, "docs/{page}: `{mark}`");
    codes.into_iter().next().unwrap()
}

fn block(before: &str, inside: &str) -> Block {
    let last_line = before.trim_end().lines().last().unwrap_or_default();
    let mark = last_line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->")).unwrap_or_default();
    let (language, code) = inside.split_once('\n').unwrap();
    Block { mark: mark.to_owned(), language: language.to_owned(), code: code.to_owned() }
}
