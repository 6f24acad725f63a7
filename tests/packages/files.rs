//! The files in the packages: one build for every distribution, for each C library from 2.28 on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::artifacts;
use crate::support::programs::succeeded;
use crate::support::tools::tool;

use super::package::{self, DEB_MODULE, RPM_MODULE};

/// The oldest C library that is promised.
const FLOOR: (u32, u32) = (2, 28);

#[test]
fn the_module_is_the_same_file_in_all_packages() {
    let (deb, rpm) = (package::unpacked_deb("signpath-pkcs11"), package::unpacked_rpm("signpath-pkcs11"));
    let archive = package::unpacked_archive();
    let module = read(&within(deb.path(), DEB_MODULE));

    assert!(module == read(&within(rpm.path(), RPM_MODULE)), "the .rpm has another one than the .deb");
    assert!(module == read(&in_archive(archive.path(), MODULE)), "the .tar.gz has another one than the .deb");
}

#[test]
fn no_symbol_is_newer_than_the_oldest_c_library_that_is_promised() {
    let archive = package::unpacked_archive();
    for file in [MODULE, TOOL, EMULATOR] {
        let versions = versions_of_glibc(&in_archive(archive.path(), file));

        assert!(versions.contains(&(2, 14)), "{file} asks for no version that every such file asks for");
        assert!(versions.last() <= Some(&FLOOR), "{file}: {versions:?}");
    }
}

#[test]
fn the_module_needs_the_c_librarys_files_and_those_of_its_compiler_only() {
    let archive = package::unpacked_archive();
    let text = binutils("readelf", &["-d", "-W"], &in_archive(archive.path(), MODULE));
    let lines = text.lines().filter(|line| line.contains("(NEEDED)"));
    let needed: BTreeSet<&str> = lines.map(|line| line.split(['[', ']']).nth(1).unwrap()).collect();

    // The second half went into the first with glibc 2.34, and is still there for files as this one.
    let expected = ["ld-linux-x86-64.so.2", "libc.so.6", "libgcc_s.so.1", "libdl.so.2", "libpthread.so.0"];
    assert_eq!(needed, BTreeSet::from(expected));
}

#[test]
fn the_module_has_at_most_four_megabytes_stripped() {
    let archive = package::unpacked_archive();
    let module = in_archive(archive.path(), MODULE);
    let size = std::fs::metadata(&module).unwrap().len();

    assert!(binutils("nm", &["-a"], &module).trim().is_empty(), "symbols are not stripped");
    assert!(size <= 4_000_000, "{size} bytes");
}

#[test]
fn the_module_lists_none_of_the_programs_crates() {
    let archive = package::unpacked_archive();
    let list = |file| {
        let text = succeeded(Command::new(tool("rust-audit-info")).arg(in_archive(archive.path(), file)));
        let list: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let names = list["packages"].as_array().unwrap().iter();
        names.map(|package| package["name"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let (module, programs) = (list(MODULE), list(TOOL));

    for shared in ["aws-lc-sys", "rustls", "signpath-pkcs11"] {
        assert!(module.contains(shared) && programs.contains(shared), "{shared}");
    }
    for of_programs in ["clap", "hyper", "oci-client", "zip"] {
        assert!(programs.contains(of_programs), "{of_programs}");
    }
    for of_programs in ["clap", "oci-client", "zip"] {
        assert!(!module.contains(of_programs), "{of_programs}");
    }
}

const MODULE: &str = "lib/libsignpath_pkcs11.so";
const TOOL: &str = "bin/signpath-tool";
const EMULATOR: &str = "bin/signpath-emulator";

/// The versions of the C library whose symbols a file asks for, the newest last.
fn versions_of_glibc(file: &Path) -> BTreeSet<(u32, u32)> {
    let text = binutils("objdump", &["-T"], file);
    let words = text.split(|character: char| character.is_whitespace() || "()".contains(character));
    let versions = words.filter_map(|word| word.strip_prefix("GLIBC_")).map(|version| {
        let mut numbers = version.split('.').map(|number| number.parse().unwrap());
        (numbers.next().unwrap(), numbers.next().unwrap())
    });
    versions.collect()
}

fn binutils(program: &str, arguments: &[&str], file: &Path) -> String {
    let mut command = Command::new(artifacts::program(program, "binutils"));
    String::from_utf8(succeeded(command.args(arguments).arg(file))).unwrap()
}

fn in_archive(folder: &Path, file: &str) -> PathBuf {
    folder.join(package::archive_folder()).join(file)
}

fn within(folder: &Path, path: &str) -> PathBuf {
    folder.join(path.trim_start_matches('/'))
}

fn read(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap()
}
