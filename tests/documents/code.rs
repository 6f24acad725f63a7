//! Blocks of code can be read by what they are for, and say who runs them.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::markdown::{Block, documents};
use crate::support::artifacts::{self, package};

/// What blocks may be written in.
const LANGUAGES: [&str; 12] =
    ["dockerfile", "go", "groovy", "ini", "json", "kotlin", "mermaid", "python", "rust", "sh", "text", "xml"];

/// Documents whose commands are run, or refused, by tests of their own.
const WITH_TESTS_OF_THEIR_OWN: [(&str, &str); 2] =
    [("docs/emulator.md", "tests/pipelines"), ("docs/pipelines", "tests/pipelines")];

/// Who runs a block for the shell, by the comment before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Runner {
    /// `run`: tests/documents/running.rs, with what is named behind `with`.
    Here(Vec<String>),
    /// `tested: FILE`: that test, in its own words.
    Test(String),
    /// `not run: REASON`.
    Nobody(String),
}

impl Runner {
    /// Reads the comment.
    pub(crate) fn of(block: &Block) -> Option<Self> {
        let mark = block.mark.as_deref()?;
        if let Some(reason) = mark.strip_prefix("not run: ") {
            return Some(Self::Nobody(reason.to_owned()));
        }
        if let Some(file) = mark.strip_prefix("tested: ") {
            return Some(Self::Test(file.to_owned()));
        }
        let with = mark.strip_prefix("run")?;
        let parts = with.strip_prefix(" with ").map(|parts| parts.split(", ").map(str::to_owned).collect());
        (with.is_empty() || parts.is_some()).then(|| Self::Here(parts.unwrap_or_default()))
    }
}

/// The blocks in a language.
pub(crate) fn blocks_in(language: &str) -> Vec<Block> {
    let blocks = documents().into_iter().flat_map(|document| document.blocks());
    blocks.filter(|block| block.language == language).collect()
}

#[test]
fn each_block_says_what_it_is_written_in() {
    for block in documents().iter().flat_map(|document| document.blocks()) {
        let is_known = block.language == "yaml" || LANGUAGES.contains(&block.language.as_str());
        assert!(is_known, "{}: `{}`", block.place, block.language);
    }
}

#[test]
fn each_block_for_the_shell_can_be_read_by_bash() {
    for block in blocks_in("sh") {
        let mut bash = Command::new(artifacts::program("bash", "bash"));
        let mut child = bash.arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(block.code.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();

        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{}", block.place);
    }
}

#[test]
fn each_block_for_the_shell_is_run_or_says_why_not() {
    for block in blocks_in("sh") {
        if WITH_TESTS_OF_THEIR_OWN.iter().any(|(document, _)| block.place.starts_with(document)) {
            continue;
        }
        match Runner::of(&block) {
            Some(Runner::Here(_)) => {}
            Some(Runner::Test(file)) => assert!(package().join(&file).exists(), "{}: {file}", block.place),
            Some(Runner::Nobody(reason)) => assert!(reason.len() > 10, "{}: {reason}", block.place),
            None => panic!("{} is neither run nor marked: {:?}", block.place, block.mark),
        }
    }
}

#[test]
fn each_block_of_json_can_be_read() {
    for block in blocks_in("json") {
        serde_json::from_str::<serde_json::Value>(&block.code)
            .unwrap_or_else(|error| panic!("{}: {error}", block.place));
    }
}

#[test]
fn each_block_of_yaml_can_be_read() {
    for block in blocks_in("yaml") {
        serde_saphyr::from_str::<serde_json::Value>(&block.code)
            .unwrap_or_else(|error| panic!("{}: {error}", block.place));
    }
}

#[test]
fn each_block_of_xml_can_be_read() {
    for block in blocks_in("xml") {
        roxmltree::Document::parse(&block.code).unwrap_or_else(|error| panic!("{}: {error}", block.place));
    }
}

#[test]
fn the_folders_of_tests_that_run_documents_of_their_own_are_there() {
    for (document, tests) in WITH_TESTS_OF_THEIR_OWN {
        assert!(package().join(document).exists() && package().join(tests).exists(), "{document}");
    }
}
