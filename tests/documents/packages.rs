//! Packages have in the documents the names that `make package` gives them.

use crate::markdown::documents;
use crate::support::artifacts::package;

/// The version behind `signpath-pkcs11_` in a Debian package's name.
fn version() -> String {
    let description = std::fs::read_to_string(package().join("packaging/signpath-pkcs11.yaml")).unwrap();
    let release = description.lines().find_map(|line| line.strip_prefix("release: ")).unwrap();
    format!("{}-{release}", env!("CARGO_PKG_VERSION"))
}

/// The versions that a text gives the package; one that stands for any (`*`) is none.
fn named(text: &str) -> Vec<&str> {
    let names = text.match_indices("signpath-pkcs11_").map(|(at, prefix)| &text[at + prefix.len()..]);
    let versions = names.filter_map(|rest| Some(rest.split_once("_amd64.deb")?.0));
    versions.filter(|version| version.starts_with(|first: char| first.is_ascii_digit())).collect()
}

#[test]
fn a_package_that_is_named_with_its_version_is_the_one_that_is_made() {
    let texts: Vec<String> = documents().into_iter().map(|document| document.text).collect();
    let named: Vec<&str> = texts.iter().flat_map(|text| named(text)).collect();

    assert!(named.len() > 6, "{named:?}");
    for version_named in named {
        assert_eq!(version_named, version());
    }
}
