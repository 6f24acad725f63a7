//! Commands and options that the documents name exist: of our programs, of cosign, of the Makefile; and so do scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::markdown::{Document, document, documents};
use crate::support::artifacts::{self, package};
use crate::support::programs::{plain, succeeded};
use crate::support::tools::tool;

/// Where an option that stands alone is one of ours or of cosign's; other pages are about other programs, too.
const ABOUT_OUR_PROGRAMS: [&str; 7] = [
    "README.md",
    "docs/choosing.md",
    "docs/configuration.md",
    "docs/cosign-repository.md",
    "docs/signpath-tool.md",
    "docs/timestamps-and-transparency-logs.md",
    "docs/verifying-in-a-cluster.md",
];

/// Commands of cosign that have commands of their own.
const GROUPS_OF_COSIGN: [&str; 4] = ["attach", "pkcs11-tool", "signing-config", "trusted-root"];

/// Everything that is typed: what stands between backticks, and the lines of blocks for the shell.
fn typed(document: &Document) -> Vec<String> {
    let blocks = document.blocks().into_iter().filter(|block| block.language == "sh");
    let lines = blocks.flat_map(|block| {
        let joined = block.code.replace("\\\n", " ");
        joined.lines().map(|line| line.split(" #").next().unwrap().to_owned()).collect::<Vec<_>>()
    });
    document.words_of_code().into_iter().chain(lines).collect()
}

/// The words behind each call of a program in a line.
fn calls(line: &str, program: &str) -> Vec<Vec<String>> {
    let commands = line.split(['|', ';', '&', '(', ')', '`']);
    let words = commands.map(|command| command.split_whitespace().collect::<Vec<_>>());
    let arguments = words.filter_map(|words| {
        // variables may stand before it
        let at = words.iter().position(|word| !word.contains('='))?;
        let is_it = words[at].rsplit('/').next() == Some(program);
        is_it.then(|| words[at + 1..].iter().map(|word| (*word).to_owned()).collect())
    });
    arguments.collect()
}

/// The options among words, without their values.
fn options(words: &[String]) -> BTreeSet<String> {
    let bare = |word: &String| word.trim_matches(['\'', '"', '[', ']', ',', '.']).to_owned();
    let options = words.iter().map(bare).filter(|word| is_option(word));
    options.map(|word| word.split('=').next().unwrap().to_owned()).collect()
}

fn is_option(word: &str) -> bool {
    let name = word.trim_start_matches('-');
    word.starts_with('-') && name.starts_with(|letter: char| letter.is_ascii_alphabetic())
}

/// The options that a help text has.
fn options_of(help: &str) -> BTreeSet<String> {
    let words = help.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    words.filter(|word| is_option(word)).map(str::to_owned).collect()
}

/// A program's help on commands, asked for once each.
struct Help {
    programs: Vec<PathBuf>,
    asked: BTreeMap<Vec<String>, Option<BTreeSet<String>>>,
}

impl Help {
    /// On our programs, or on both versions of cosign together.
    fn on(programs: &[PathBuf]) -> Self {
        Self { programs: programs.to_owned(), asked: BTreeMap::new() }
    }

    /// The options of a command; `None` if there is no such command.
    fn options(&mut self, command: &[String]) -> Option<BTreeSet<String>> {
        let programs = &self.programs;
        let ask = || {
            let folder = tempfile::tempdir().unwrap();
            let helps = programs.iter().filter_map(|program| {
                let output = plain(program, folder.path()).args(command).arg("--help").output().unwrap();
                output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
            });
            let helps: Vec<String> = helps.collect();
            (!helps.is_empty()).then(|| options_of(&helps.concat()))
        };
        self.asked.entry(command.to_vec()).or_insert_with(ask).clone()
    }
}

/// Fails unless each call of the program in each document has a command and options that the help knows. `depth` tells
/// how many of the first words are the command.
fn each_call_is_possible(program: &str, mut help: Help, depth: impl Fn(&[String]) -> usize) -> usize {
    let mut count = 0;
    for document in documents() {
        for line in typed(&document) {
            for words in calls(&line, program) {
                let command = &words[..depth(&words).min(words.len())];
                let known = help.options(command);
                let known =
                    known.unwrap_or_else(|| panic!("{}: no command `{program} {command:?}`", document.path));
                let unknown: Vec<_> = options(&words).difference(&known).cloned().collect();
                assert!(unknown.is_empty(), "{}: `{line}`: {unknown:?}", document.path);
                count += 1;
            }
        }
    }
    count
}

fn is_word(word: Option<&String>) -> bool {
    word.is_some_and(|word| word.starts_with(|letter: char| letter.is_ascii_lowercase()))
}

#[test]
fn each_command_and_option_of_the_tool_exists() {
    let help = Help::on(&[artifacts::tool()]);
    let calls = each_call_is_possible("signpath-tool", help, |words| usize::from(is_word(words.first())));

    assert!(calls > 40, "{calls}");
}

#[test]
fn each_option_of_the_emulator_exists() {
    let help = Help::on(&[artifacts::emulator()]);
    let calls = each_call_is_possible("signpath-emulator", help, |_| 0);

    assert!(calls > 3, "{calls}");
}

#[test]
fn each_command_and_option_of_cosign_exists_in_a_version_that_is_tested() {
    let help = Help::on(&[tool("cosign-2"), tool("cosign-3")]);
    let calls = each_call_is_possible("cosign", help, |words| {
        let is_group = words.first().is_some_and(|word| GROUPS_OF_COSIGN.contains(&word.as_str()));
        usize::from(is_word(words.first())) + usize::from(is_group && is_word(words.get(1)))
    });

    assert!(calls > 40, "{calls}");
}

#[test]
fn each_option_that_stands_alone_is_one_of_our_programs_or_of_cosign() {
    let folder = tempfile::tempdir().unwrap();
    let help = |program: PathBuf, arguments: &[&str]| {
        let output = succeeded(plain(program, folder.path()).args(arguments).arg("--help"));
        options_of(&String::from_utf8(output).unwrap())
    };
    let mut known = help(artifacts::emulator(), &[]);
    for command in ["attach", "doctor", "generate", "public-key", "sign-hash", "sign-image", "submit", "uri"]
    {
        known.extend(help(artifacts::tool(), &[command]));
    }
    for (version, command) in
        ["cosign-2", "cosign-3"].into_iter().flat_map(|v| ["sign", "verify"].map(|c| (v, c)))
    {
        known.extend(help(tool(version), &[command]));
    }
    for document in ABOUT_OUR_PROGRAMS.map(document) {
        let alone = document.words_of_code().into_iter().filter(|word| is_option(word));
        let words: Vec<String> =
            alone.flat_map(|word| word.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
        let unknown: Vec<_> = options(&words).difference(&known).cloned().collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", document.path);
    }
}

#[test]
fn each_command_of_the_tool_is_in_its_table() {
    let documented = document("docs/signpath-tool.md").words_of_code();
    let folder = tempfile::tempdir().unwrap();
    let help = succeeded(plain(artifacts::tool(), folder.path()).arg("--help"));
    let help = String::from_utf8(help).unwrap();
    let (_, commands) = help.split_once("\nCommands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let indented = commands.lines().filter_map(|line| line.strip_prefix("  "));
    let names =
        indented.filter_map(|line| line.split(' ').next()).filter(|name| !["", "help"].contains(name));
    for name in names {
        let call = format!("signpath-tool {name}");
        assert!(documented.iter().any(|word| word.starts_with(&call)), "{call}");
    }
}

#[test]
fn the_table_of_exit_codes_is_that_of_the_help() {
    let document = document("docs/signpath-tool.md");
    let table = document.between("<!-- exit codes:", "<!-- end of exit codes -->");
    let rows = table.lines().skip(2).map(|row| {
        let mut cells = row.trim_matches(['|', ' ']).split(" | ");
        (cells.next().unwrap().to_owned(), cells.next().unwrap().to_owned())
    });

    let folder = tempfile::tempdir().unwrap();
    let help = succeeded(plain(artifacts::tool(), folder.path()).arg("--help"));
    let help = String::from_utf8(help).unwrap();
    let (_, codes) = help.split_once("Exit codes:\n").unwrap();
    let codes = codes.lines().map(|line| {
        let (code, meaning) = line.trim().split_once(' ').unwrap();
        (code.to_owned(), meaning.trim().to_owned())
    });
    assert_eq!(rows.collect::<Vec<_>>(), codes.collect::<Vec<_>>());
}

/// Whether the Makefile has a target that its list names.
pub(crate) fn is_target(name: &str) -> bool {
    let makefile = std::fs::read_to_string(package().join("Makefile")).unwrap();
    makefile.lines().any(|line| line.starts_with(&format!("{name}:")) && line.contains(" ## "))
}

#[test]
fn each_target_of_make_exists() {
    for document in documents() {
        for line in typed(&document) {
            for words in calls(&line, "make") {
                for target in words.iter().filter(|word| is_word(Some(word))) {
                    assert!(is_target(target), "{}: `{line}`", document.path);
                }
            }
        }
    }
}

#[test]
fn each_script_exists() {
    for document in documents() {
        for line in typed(&document) {
            for script in line.split_whitespace().filter(|word| word.starts_with("scripts/")) {
                assert!(package().join(script).exists(), "{}: {script}", document.path);
            }
        }
    }
}
