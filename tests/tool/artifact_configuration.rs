//! `signpath-tool artifact-configuration`: what an administrator of SignPath pastes.

use crate::bench::Bench;

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
