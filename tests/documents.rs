//! What the documents say is true.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on must fail, helpers included"
)]

use std::collections::BTreeSet;
use std::path::Path;

use signpath_pkcs11::config::{Described, settings};

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    std::fs::read_to_string(package().join("README.md")).unwrap()
}

/// The table of settings as the code has it.
fn settings_table() -> String {
    let mut table = "| key | variable | default | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for setting in settings::all() {
        table.push_str(&row(setting));
    }
    table
}

fn row(setting: &dyn Described) -> String {
    let default = match setting.default_text() {
        "" => String::new(),
        default => format!("`{default}`"),
    };
    let (key, variable, meaning) = (setting.key(), setting.variable(), setting.documentation());
    format!("| `{key}` | `{variable}` | {default} | {meaning} |\n")
}

#[test]
fn the_readmes_table_of_settings_is_that_of_the_code() {
    let readme = readme();
    let (_, rest) =
        readme.split_once("checked by tests/documents.rs -->\n").expect("the beginning of the table");
    let (table, _) = rest.split_once("<!-- end of settings -->").expect("the end of the table");

    assert!(table == settings_table(), "the table must be:\n{}", settings_table());
}

#[test]
fn links_in_the_readme_lead_somewhere() {
    let readme = readme();
    let targets = readme.match_indices("](").map(|(at, _)| readme[at + 2..].split(')').next().unwrap());
    let files: Vec<&str> = targets.filter(|target| !target.starts_with("http")).collect();

    assert!(files.len() > 8);
    for file in files {
        let path = file.split('#').next().unwrap();
        assert!(package().join(path).exists(), "{file}");
    }
}

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
    let document = std::fs::read_to_string(package().join("docs/programs.md")).unwrap();
    for (section, program) in QUOTED {
        let code = std::fs::read_to_string(package().join("tests/programs").join(program)).unwrap();
        for line in quoted(&document, section) {
            assert!(code.lines().any(|tested| tested.trim() == line), "{program} has no line `{line}`");
        }
    }
}

/// The rows of the README's table of programs: the section on each, and the tests of it if there are any.
fn tested_programs() -> Vec<(String, Option<String>)> {
    let readme = readme();
    let (_, table) = readme.split_once("<!-- programs").expect("the beginning of the table");
    let (table, _) = table.split_once("<!-- end of programs -->").expect("the end of the table");
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
        let (file, anchor) = section.split_once('#').expect("a section");
        let file = if file.is_empty() { "README.md" } else { file };
        let document = std::fs::read_to_string(package().join(file)).unwrap();
        let headings = document.lines().filter(|line| line.starts_with("##"));
        let anchors: Vec<String> =
            headings.map(|line| as_anchor(line.trim_start_matches(['#', ' ']))).collect();

        assert!(anchors.contains(&anchor.to_owned()), "{section} is none of {anchors:?}");
    }
}

/// A heading as GitHub makes an anchor of it.
fn as_anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
        .collect::<String>()
        .replace(' ', "-")
}

/// The tests that the last cells of the tables of THREATS.md name: `[name](file)`, or a target of the Makefile.
fn named_tests() -> Vec<String> {
    let document = std::fs::read_to_string(package().join("THREATS.md")).unwrap();
    let rows =
        document.lines().filter(|line| line.starts_with("| ")).filter(|line| !line.starts_with("| ---"));
    let cells = rows.map(|row| row.trim_end_matches(" |").rsplit(" | ").next().unwrap());
    cells.filter(|cell| *cell != "test").flat_map(|cell| cell.split(", ").map(str::to_owned)).collect()
}

#[test]
fn each_test_that_the_list_of_threats_names_is_there() {
    let makefile = std::fs::read_to_string(package().join("Makefile")).unwrap();
    let tests = named_tests();
    assert!(tests.len() > 30, "{tests:?}");
    for test in tests {
        if let Some(target) = test.strip_prefix("`make ") {
            let target = format!("\n{}: ## ", target.trim_end_matches('`'));
            assert!(makefile.contains(&target), "{test}");
            continue;
        }
        let (name, file) = test.trim_matches(['[', ')']).split_once("](").expect("a link to a test");
        let source = std::fs::read_to_string(package().join(file)).expect(file);
        let lines: Vec<&str> = source.lines().map(str::trim).collect();
        let is_named = |lines: &[&str]| lines[0] == "#[test]" && lines[1] == format!("fn {name}() {{");
        assert!(lines.windows(2).any(is_named), "{file} has no test {name}");
    }
}
