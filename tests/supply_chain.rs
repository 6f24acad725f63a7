//! What the shipped files are made of, as they say themselves and as the bill of materials says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail, helpers included"
)]

#[path = "support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use support::crates::compiled;
use support::{artifacts, tools};

/// The crates of Cargo.lock as `name version`, with their checksums; ours has none.
fn locked() -> BTreeMap<String, Option<String>> {
    let text = std::fs::read_to_string(artifacts::package().join("Cargo.lock")).unwrap();
    text.split("[[package]]\n")
        .skip(1)
        .map(|package| {
            let value = |name: &str| {
                let line = package.lines().find_map(|line| line.strip_prefix(&format!("{name} = ")))?;
                Some(line.trim_matches('"').to_owned())
            };
            (format!("{} {}", value("name").unwrap(), value("version").unwrap()), value("checksum"))
        })
        .collect()
}

/// The list of crates in a shipped file.
fn listed_in(file: &std::path::Path) -> BTreeSet<String> {
    let output = Command::new(tools::tool("rust-audit-info")).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    names(&list["packages"])
}

fn names(packages: &Value) -> BTreeSet<String> {
    let text = |package: &Value, key: &str| package[key].as_str().unwrap().to_owned();
    let packages = packages.as_array().unwrap().iter();
    packages.map(|package| format!("{} {}", text(package, "name"), text(package, "version"))).collect()
}

/// Fails unless these are the crates that were compiled. Cargo's metadata, from which lists are made, also has crates that
/// a feature names without switching them on: they are in Cargo.lock, too.
fn check(listed: &BTreeSet<String>, of: &str) {
    let locked: BTreeSet<String> = locked().into_keys().collect();
    assert_eq!(&compiled() - listed, BTreeSet::new(), "compiled, but not listed in {of}");
    assert_eq!(listed - &locked, BTreeSet::new(), "listed in {of}, but not in Cargo.lock");
}

#[test]
fn each_shipped_file_lists_the_crates_of_cargo_lock_that_it_is_made_of() {
    for file in [artifacts::module(), artifacts::tool(), artifacts::emulator()] {
        check(&listed_in(&file), &file.display().to_string());
    }
}

#[test]
fn the_bill_of_materials_lists_the_crates_of_cargo_lock_with_their_checksums() {
    let bill: Value =
        serde_json::from_slice(&std::fs::read(artifacts::bill_of_materials()).unwrap()).unwrap();
    let mut listed = names(&bill["components"]);
    listed.extend(names(&serde_json::json!([bill["metadata"]["component"]])));
    check(&listed, "the bill of materials");

    let locked = locked();
    for component in bill["components"].as_array().unwrap() {
        let name =
            format!("{} {}", component["name"].as_str().unwrap(), component["version"].as_str().unwrap());
        assert_eq!(component["hashes"][0]["alg"], "SHA-256", "{name}");
        assert_eq!(component["hashes"][0]["content"].as_str(), locked[&name].as_deref(), "{name}");
    }
}

#[test]
fn no_path_of_the_machine_that_built_them_is_in_the_shipped_files_or_in_the_bill_of_materials() {
    let home = std::env::var("HOME").unwrap();
    let cargo = std::env::var("CARGO_HOME").unwrap_or_else(|_| format!("{home}/.cargo"));
    let package = artifacts::package().to_str().unwrap();
    let target = env!("CARGO_TARGET_TMPDIR").trim_end_matches("/tmp");
    for file in
        [artifacts::module(), artifacts::tool(), artifacts::emulator(), artifacts::bill_of_materials()]
    {
        let content = std::fs::read(&file).unwrap();
        for path in [&cargo, package, target, "/registry/src/", "/rustlib/src/"] {
            let found = content.windows(path.len()).position(|window| window == path.as_bytes());
            assert_eq!(found, None, "{path} is in {}", file.display());
        }
    }
}
