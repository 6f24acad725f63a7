//! The tests that tables name in their last column are there.

use std::path::Path;

use crate::commands::is_target;
use crate::markdown::{Document, document};
use crate::support::artifacts::package;

/// A test that a document names.
#[derive(Debug)]
enum Named {
    /// `[name](file)`, with the file's path from the document.
    Test { name: String, file: String },
    /// A target of the Makefile.
    Target(String),
}

/// The tests in the last cells of all tables above a heading.
fn named_tests(document: &Document, end: &str) -> Vec<Named> {
    let text = document.text.split(end).next().unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let cells = rows.map(|row| row.trim_end_matches(" |").rsplit(" | ").next().unwrap());
    cells.filter(|cell| *cell != "test").flat_map(|cell| cell.split(", ").map(named)).collect()
}

fn named(text: &str) -> Named {
    if let Some(target) = text.strip_prefix("`make ") {
        return Named::Target(target.trim_end_matches('`').to_owned());
    }
    let link = text.trim_matches(['[', ')']).split_once("](");
    let (name, file) = link.unwrap_or_else(|| panic!("`{text}` is no link to a test"));
    Named::Test { name: name.to_owned(), file: file.to_owned() }
}

/// Fails unless all of these tests are there.
fn are_there(document: &Document, tests: &[Named]) {
    let folder = package().join(Path::new(&document.path).parent().unwrap());
    for test in tests {
        match test {
            Named::Target(target) => assert!(is_target(target), "{test:?}"),
            Named::Test { name, file } => {
                let source = std::fs::read_to_string(folder.join(file)).expect(file);
                let lines: Vec<&str> = source.lines().map(str::trim).collect();
                let is_named =
                    |lines: &[&str]| lines[0] == "#[test]" && lines[1] == format!("fn {name}() {{");
                assert!(lines.windows(2).any(is_named), "{file} has no test {name}");
            }
        }
    }
}

#[test]
fn each_test_that_the_list_of_threats_names_is_there() {
    let document = document("THREATS.md");
    let tests = named_tests(&document, "## What we do not defend against");

    assert!(tests.len() > 50, "{}", tests.len());
    are_there(&document, &tests);
}

#[test]
fn each_difference_from_signpaths_library_has_a_test_that_is_there() {
    let document = document("docs/migrating.md");
    let tests = named_tests(&document, "## Return values");

    assert!(tests.len() > 30, "{}", tests.len());
    are_there(&document, &tests);
}
