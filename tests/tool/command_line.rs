//! What the tool says of itself, and what it says to an administrator of SignPath.

use crate::bench::Bench;

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
