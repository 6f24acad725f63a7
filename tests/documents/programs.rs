//! The table of programs is that of the tests, and the code that is shown for libraries is that of the tested programs.

use std::collections::BTreeSet;

use crate::markdown::document;
use crate::support::artifacts::package;

/// The sections of docs/programs.md on libraries, and the program that each quotes.
const QUOTED: [(&str, &str); 5] = [
    ("Go crypto11", "go/crypto11.go"),
    ("Go miekg/pkcs11", "go/miekg.go"),
    ("Rust cryptoki", "cryptoki.rs"),
    ("python-pkcs11", "python/with_python_pkcs11.py"),
    ("PyKCS11", "python/with_pykcs11.py"),
];

/// The lines of a section's only block of code.
fn quoted<'a>(document: &'a str, section: &str) -> Vec<&'a str> {
    let (_, rest) = document.split_once(&format!("\n## {section}\n")).expect("the section");
    let block = rest.split("```").nth(1).expect("a block of code");
    block.lines().skip(1).collect()
}

#[test]
fn the_code_that_is_shown_for_libraries_is_that_of_the_tested_programs() {
    let document = document("docs/programs.md").text;
    for (section, program) in QUOTED {
        let code = std::fs::read_to_string(package().join("tests/programs").join(program)).unwrap();
        for line in quoted(&document, section) {
            assert!(code.lines().any(|tested| tested.trim() == line), "{program} has no line `{line}`");
        }
    }
}

/// The rows of the README's table of programs: the section on each, and the tests of it if there are any.
fn tested_programs() -> Vec<(String, Option<String>)> {
    let readme = document("README.md");
    let table = readme.between("<!-- programs", "<!-- end of programs -->");
    let rows = table.lines().filter(|line| line.starts_with("| ["));
    rows.map(|row| {
        let mut cells = row.split(" | ");
        let section = link(cells.next().unwrap()).expect("a link to the section");
        (section, link(cells.last().unwrap()))
    })
    .collect()
}

/// Where a cell's link leads.
fn link(cell: &str) -> Option<String> {
    let (_, rest) = cell.split_once("](")?;
    rest.split_once(')').map(|(target, _)| target.to_owned())
}

/// Every file of a test program that holds tests, as the README names it.
fn files_with_tests(folder: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(package().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let sources = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let tested = sources.filter(|path| std::fs::read_to_string(path).unwrap().contains("#[test]"));
    tested.map(|path| format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap())).collect()
}

#[test]
fn the_readmes_table_of_programs_has_a_row_for_each_file_of_tests_and_no_other() {
    let rows: BTreeSet<String> = tested_programs().into_iter().filter_map(|(_, tests)| tests).collect();

    let mut files = &files_with_tests("tests/tools") | &files_with_tests("tests/programs");
    files.insert("tests/cosign/commands.rs".to_owned());
    assert_eq!(rows, files);
}

#[test]
fn each_row_of_the_readmes_table_of_programs_leads_to_a_section_on_it() {
    for (section, _) in tested_programs() {
        assert!(section.contains('#'), "{section} is no section");
    }
}
