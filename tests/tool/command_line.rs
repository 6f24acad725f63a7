//! What the tool says of itself, and what it says to an administrator of SignPath.

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

fn printed(arguments: &[&str]) -> String {
    let output = Bench::new().tool(&[&["artifact-configuration"], arguments].concat());
    String::from_utf8(output).unwrap()
}

fn expected(file: &str) -> String {
    format!(
        r#"<artifact-configuration xmlns="http://signpath.io/artifact-configuration/v1">
  <zip-file>
    <file {file}>
      <create-raw-signature output-file-name="${{file.name}}.sig" hash-algorithm="sha256" rsa-padding="pkcs1" />
    </file>
  </zip-file>
</artifact-configuration>
"#
    )
}

#[test]
fn one_image_is_one_file_of_the_archive() {
    assert_eq!(printed(&[]), expected(r#"path="payload.dsse""#));
    assert_eq!(printed(&["--format", "simple-signing"]), expected(r#"path="payload.json""#));
}

#[test]
fn several_images_are_any_number_of_files() {
    let several = ["--images", "several"];
    assert_eq!(printed(&several), expected(r#"path="*payload.dsse" max-matches="unbounded""#));
    assert_eq!(
        printed(&[&several[..], &["--format", "simple-signing"]].concat()),
        expected(r#"path="*payload.json" max-matches="unbounded""#)
    );
}
