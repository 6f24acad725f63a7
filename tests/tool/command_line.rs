//! What the tool says of itself.

use crate::bench::Bench;
use crate::support::artifacts;

#[test]
fn the_exit_codes_of_the_help_are_those_of_the_readme() {
    let help = String::from_utf8(Bench::new().tool(&["--help"])).unwrap();
    let (_, codes) = help.split_once("Exit codes:\n").expect("exit codes in the help");
    let row = |line: &str| {
        let (code, meaning) = line.trim().split_once(' ').unwrap();
        format!("| {code} | {} |\n", meaning.trim())
    };
    let table: String = codes.lines().map(row).collect();
    let readme = std::fs::read_to_string(artifacts::package().join("README.md")).unwrap();

    assert!(readme.contains(&format!("| exit code | meaning |\n| --- | --- |\n{table}\n")), "{table}");
}

#[test]
fn a_command_line_that_makes_no_sense_has_its_own_exit_code() {
    let bench = Bench::new();
    for arguments in
        [&["verify", "app"][..], &["generate"], &["attach", "app"], &["generate", "-a", "x", "app"]]
    {
        bench.tool_fails(2, arguments);
    }
}
