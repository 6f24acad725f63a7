//! What the packages hold: these files and no others, with the texts that their licences ask for.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::support::artifacts;
use crate::support::crates::compiled;
use crate::support::programs::succeeded;

use super::package::{
    DEB_MODULE, RPM_MODULE, archive_folder, deb, dpkg_deb, files_in, folder, rpm, unpacked_archive,
    unpacked_deb, unpacked_rpm,
};

/// What both packages of the module put into the same place.
const SHARED: [&str; 8] = [
    "/usr/bin/signpath-tool",
    "/usr/include/signpath_pkcs11.h",
    "/usr/share/bash-completion/completions/signpath-tool",
    "/usr/share/doc/signpath-pkcs11/CHANGELOG.md",
    "/usr/share/doc/signpath-pkcs11/README.md",
    "/usr/share/doc/signpath-pkcs11/examples/signpath.json",
    "/usr/share/doc/signpath-pkcs11/signpath-pkcs11.cdx.json",
    "/usr/share/fish/vendor_completions.d/signpath-tool.fish",
];

const DEB_ONLY: [&str; 3] = [
    DEB_MODULE,
    "/usr/share/doc/signpath-pkcs11/copyright",
    "/usr/share/zsh/vendor-completions/_signpath-tool",
];

const RPM_ONLY: [&str; 3] = [
    RPM_MODULE,
    "/usr/share/licenses/signpath-pkcs11/COPYRIGHT",
    "/usr/share/zsh/site-functions/_signpath-tool",
];

/// The tool's commands, as its manual pages are named after them.
const COMMANDS: [&str; 16] = [
    "-artifact-configuration",
    "-attach",
    "-certificate",
    "-completions",
    "-doctor",
    "-explain",
    "-generate",
    "-keys",
    "-man",
    "-public-key",
    "-sign-hash",
    "-sign-image",
    "-submit",
    "-uri",
    "-verify",
    "",
];

#[test]
fn the_deb_has_these_files_and_a_page_for_each_command() {
    let package = unpacked_deb("signpath-pkcs11");

    assert_eq!(files_in(package.path()), expected(&DEB_ONLY));
}

#[test]
fn the_rpm_has_these_files_and_a_page_for_each_command() {
    let package = unpacked_rpm("signpath-pkcs11");

    assert_eq!(files_in(package.path()), expected(&RPM_ONLY));
}

#[test]
fn the_emulators_packages_have_the_emulator_and_its_licences() {
    let (deb, rpm) = (unpacked_deb("signpath-emulator"), unpacked_rpm("signpath-emulator"));

    let program = "/usr/bin/signpath-emulator";
    assert_eq!(files_in(deb.path()), set([program, "/usr/share/doc/signpath-emulator/copyright"]));
    assert_eq!(files_in(rpm.path()), set([program, "/usr/share/licenses/signpath-emulator/COPYRIGHT"]));
}

#[test]
fn everything_in_the_debs_belongs_to_root_and_is_written_by_root_alone() {
    for name in ["signpath-pkcs11", "signpath-emulator"] {
        let text = succeeded(dpkg_deb().arg("--contents").arg(deb(name)));
        for line in String::from_utf8(text).unwrap().lines() {
            let (mode, owner) = line.split_once(' ').unwrap();

            assert!(owner.starts_with("root/root ") || owner.starts_with("0/0 "), "{line}");
            assert!(["drwxr-xr-x", "-rwxr-xr-x", "-rw-r--r--"].contains(&mode), "{line}");
        }
    }
}

#[test]
fn dpkg_and_rpm_know_version_licence_and_what_is_needed() {
    let field = |name: &str| succeeded(dpkg_deb().arg("--field").arg(deb("signpath-pkcs11")).arg(name));
    assert_eq!(field("Depends"), b"libc6 (>= 2.28), libgcc-s1 | libgcc1\n");
    assert_eq!(field("Version"), format!("{}-1\n", env!("CARGO_PKG_VERSION")).as_bytes());

    let format = "%{VERSION} %{LICENSE} [%{REQUIRENAME} %{REQUIREFLAGS:depflags} %{REQUIREVERSION},]";
    let mut query = Command::new(artifacts::program("rpm", "rpm"));
    let text =
        succeeded(query.args(["--query", "--queryformat", format, "--package"]).arg(rpm("signpath-pkcs11")));
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with(concat!(env!("CARGO_PKG_VERSION"), " MIT OR Apache-2.0 ")), "{text}");
    assert!(text.contains("glibc >= 2.28,"), "{text}");
}

#[test]
fn the_checksums_are_those_of_all_other_files() {
    let mut check = Command::new(artifacts::program("sha256sum", "coreutils"));
    let text = succeeded(check.args(["--check", "--strict", "SHA256SUMS"]).current_dir(folder()));
    let text = String::from_utf8(text).unwrap();
    let checked: BTreeSet<String> =
        text.lines().map(|line| format!("/{}", line.strip_suffix(": OK").unwrap())).collect();

    assert_eq!(&files_in(&folder()) - &checked, set(["/SHA256SUMS"]));
}

#[test]
fn every_crate_that_is_compiled_has_its_licence_in_the_package() {
    let package = unpacked_archive();
    let file = package.path().join(archive_folder()).join("COPYRIGHT");
    let licences = std::fs::read_to_string(file).unwrap();
    let named: BTreeSet<String> = licences
        .lines()
        .filter_map(|line| Some(line.strip_prefix("  ")?.split_once(": ")?.0.to_owned()))
        .collect();
    let ours = concat!("signpath-pkcs11 ", env!("CARGO_PKG_VERSION")).to_owned();

    assert_eq!(&compiled() - &named, BTreeSet::from([ours]));
}

#[test]
fn the_example_of_a_configuration_is_one_that_the_tool_reads_without_a_warning() {
    let example = artifacts::package().join("packaging/signpath.json");
    let archive = unpacked_archive();
    let mut tool = Command::new(archive.path().join(archive_folder()).join("bin/signpath-tool"));
    tool.args(["doctor", "--output", "json"]).env_clear().env("SIGNPATH_CONFIG_FILE", example);
    tool.env("SIGNPATH_API_TOKEN", "none").env("SIGNPATH_API_URL", "http://127.0.0.1:9/Api");
    let report: Value = serde_json::from_slice(&tool.output().unwrap().stdout).unwrap();

    let checks = report["checks"].as_array().unwrap();
    let configuration = checks.iter().find(|check| check["name"] == "configuration").unwrap();
    assert_eq!(configuration["status"], "passed", "{configuration}");
}

fn expected(more: &[&str]) -> BTreeSet<String> {
    let pages = COMMANDS.iter().map(|command| format!("/usr/share/man/man1/signpath-tool{command}.1.gz"));
    let module_file = "/usr/share/signpath-pkcs11/signpath.module".to_owned();
    let files = SHARED.iter().chain(more).map(|file| (*file).to_owned());
    files.chain(pages).chain([module_file]).collect()
}

fn set<const LENGTH: usize>(files: [&str; LENGTH]) -> BTreeSet<String> {
    files.map(str::to_owned).into()
}
