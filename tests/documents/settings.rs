//! Settings, variables and numbers in the documents are those of the code.

use std::collections::BTreeSet;
use std::path::Path;

use signpath_pkcs11::config::{Described, Name, settings};

use crate::markdown::{document, documents};
use crate::support::artifacts::package;
use crate::support::programs::{plain, succeeded};
use crate::support::tools::tool;

const CONFIGURATION: &str = "docs/configuration.md";

/// What docs/configuration.md says of limits, and the line of the code that has each number.
const LIMITS: [(&str, &str, &str); 18] = [
    ("| the wait before the first repetition | 1 s |", "src/signpath/client.rs", "Duration::from_secs(1)"),
    (
        "| each further wait | twice the one before |",
        "src/signpath/retry.rs",
        "self.first_wait.saturating_mul(1 << doublings)",
    ),
    (
        "| the longest wait | 30 s |",
        "src/signpath/retry.rs",
        "LONGEST_WAIT: Duration = Duration::from_secs(30)",
    ),
    ("| taken away at random from each wait | up to half |", "src/signpath/retry.rs", "1.0 - jitter / 2.0"),
    (
        "| added at random to what `Retry-After` asks for | up to half of it, at most 15 s |",
        "src/signpath/retry.rs",
        "LONGEST_WAIT.min(asked).mul_f64(jitter / 2.0)",
    ),
    (
        "| told on the console although it is not over | after 10 s |",
        "src/signpath/attempts.rs",
        "from_secs(10)",
    ),
    (
        "| connecting, TLS included | 80 % of an attempt |",
        "src/signpath/connection.rs",
        "attempt.mul_f64(0.8)",
    ),
    ("| idle connections | 64, for 50 s |", "src/signpath/connection.rs", "MOST_IDLE: usize = 64"),
    (
        "| idle connections | 64, for 50 s |",
        "src/signpath/connection.rs",
        "LONGEST_IDLE: Duration = Duration::from_secs(50)",
    ),
    (
        "| the same credentials are not asked about again | for 60 s |",
        "src/token/access.rs",
        "ACCEPTED_FOR: Duration = Duration::from_secs(60)",
    ),
    (
        "| asked again for a key that is not there | after 10 s |",
        "src/token/access.rs",
        "REFRESH_AFTER: Duration = Duration::from_secs(10)",
    ),
    ("| a log file | 10 MB, and 5 old ones |", "src/log/file.rs", "LARGEST_FILE: i64 = 10_000_000"),
    ("| a log file | 10 MB, and 5 old ones |", "src/log/file.rs", "OLD_COPIES: u32 = 5"),
    ("| the configuration file | 1 MiB |", "src/config/file.rs", "LARGEST_FILE: u64 = 1 << 20"),
    (
        "| a command line in SignPath's audit log | 4096 bytes |",
        "src/host/mod.rs",
        "LONGEST_COMMAND_LINE: usize = 4096",
    ),
    (
        "| the list of signing policies | 128 MiB |",
        "src/signpath/client.rs",
        "LARGEST_LIST: usize = 128 << 20",
    ),
    ("| any other answer | 1 MiB |", "src/signpath/hash_signing.rs", "LARGEST_ANSWER: usize = 1 << 20"),
    ("| a time in seconds | above 0, at most 86400 |", "src/config/values.rs", "DAY: f64 = 86_400.0"),
];

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

/// The table of the other names that are read, as the code has it.
fn names_table() -> String {
    let mut table = "| name | is read as | |\n| --- | --- | --- |\n".to_owned();
    for setting in settings::all() {
        for name in setting.also() {
            let (name, current, remark) = match name {
                Name::FormerKey(name) => (name, setting.key(), "of earlier versions; warned about"),
                Name::FormerVariable(name) => (name, setting.variable(), "of earlier versions; warned about"),
                Name::Variable(name) => (name, setting.variable(), ""),
            };
            table.push_str(&format!("| `{name}` | `{current}` | {remark} |\n"));
        }
    }
    table
}

#[test]
fn the_table_of_settings_is_that_of_the_code() {
    let document = document(CONFIGURATION);
    let table = document.between("<!-- settings:", "<!-- end of settings -->");

    assert!(table == settings_table(), "the table must be:\n{}", settings_table());
}

#[test]
fn the_table_of_other_names_is_that_of_the_code() {
    let document = document(CONFIGURATION);
    let table = document.between("<!-- names:", "<!-- end of names -->");

    assert!(table == names_table(), "the table must be:\n{}", names_table());
}

#[test]
fn the_limits_that_are_documented_are_those_of_the_code() {
    let document = document(CONFIGURATION);
    let rows =
        document.between("<!-- limits:", "<!-- end of limits -->").lines().filter(|row| row.contains(" | "));
    let documented: BTreeSet<&str> = rows.skip(2).collect();

    assert_eq!(documented, LIMITS.iter().map(|(row, _, _)| *row).collect());
    for (row, file, line) in LIMITS {
        let source = std::fs::read_to_string(package().join(file)).unwrap();
        assert!(source.contains(line), "{row}: {file} has no `{line}`");
    }
}

/// The names in a text that begin like this.
fn names(text: &str, beginning: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    let names = text.split(|letter| !is_part(letter)).filter(|name| name.starts_with(beginning));
    // `SIGNPATH_…` stands for all of them
    names.filter(|name| !name.ends_with('_')).map(str::to_owned).collect()
}

/// The text of all files in these folders and of these files.
fn sources(paths: &[&str]) -> String {
    fn read(path: &Path, text: &mut String) {
        if path.is_dir() {
            std::fs::read_dir(path).unwrap().for_each(|entry| read(&entry.unwrap().path(), text));
        } else {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
        }
    }
    let mut text = String::new();
    paths.iter().for_each(|path| read(&package().join(path), &mut text));
    text
}

#[test]
fn each_variable_of_ours_that_is_named_is_read_somewhere() {
    let read = names(&sources(&["src", "scripts", "benches", "Makefile", "tests/support"]), "SIGNPATH_");
    for document in documents() {
        for name in names(&document.text, "SIGNPATH_") {
            assert!(read.contains(&name), "{} names {name}", document.path);
        }
    }
}

#[test]
fn each_variable_that_begins_with_cosign_is_its_own_or_the_images() {
    let folder = tempfile::tempdir().unwrap();
    let listed = ["cosign-2", "cosign-3"].map(|version| {
        let mut cosign = plain(tool(version), folder.path());
        String::from_utf8(succeeded(cosign.args(["env", "--show-descriptions=false"]))).unwrap()
    });
    let mut known = names(&listed.concat(), "COSIGN_");
    known.extend(names(&sources(&["packaging/container"]), "COSIGN_"));
    for document in documents() {
        for name in names(&document.text, "COSIGN_") {
            assert!(known.contains(&name), "{} names {name}; there are {known:?}", document.path);
        }
    }
}

#[test]
fn each_key_that_is_named_is_one() {
    let keys: BTreeSet<&str> = settings::all().iter().flat_map(|setting| setting.keys()).collect();
    let groups: BTreeSet<&str> = keys.iter().filter_map(|key| Some(key.split_once('.')?.0)).collect();
    for document in documents() {
        for word in document.words_of_code() {
            let key = word.split(['=', ':', ' ']).next().unwrap();
            let is_key = key.split_once('.').is_some_and(|(group, _)| groups.contains(group));
            assert!(!is_key || keys.contains(key), "{} names {key}", document.path);
        }
    }
}
