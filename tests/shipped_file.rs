//! The shared library as it is shipped: what it exports, what it needs, what it weighs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail, helpers included"
)]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::process::Command;

use support::artifacts;

/// What a program of the binutils prints about the library.
fn binutils(program: &str, arguments: &[&str]) -> String {
    let program = artifacts::program(program, "binutils");
    let output = Command::new(program).args(arguments).arg(artifacts::module()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The text between brackets in the lines of `readelf -d` with this tag.
fn dynamic(tag: &str) -> Vec<String> {
    let lines = binutils("readelf", &["-d", "-W"]);
    let value = |line: &str| Some(line.split_once('[')?.1.split_once(']')?.0.to_owned());
    lines.lines().filter(|line| line.contains(tag)).filter_map(value).collect()
}

#[test]
fn three_functions_are_exported_and_nothing_else() {
    let symbols = binutils("nm", &["-D", "--defined-only"]);
    let names: BTreeSet<&str> = symbols.lines().filter_map(|line| line.split_whitespace().last()).collect();

    assert_eq!(names, BTreeSet::from(["C_GetFunctionList", "C_GetInterface", "C_GetInterfaceList"]));
}

#[test]
fn only_the_c_library_its_companions_and_the_loader_are_needed() {
    let needed: BTreeSet<String> = dynamic("(NEEDED)").into_iter().collect();
    // Before glibc 2.34, threads and the loader had libraries of their own.
    let companions = ["libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0"];
    let allowed = [["ld-linux-x86-64.so.2", "libc.so.6"].as_slice(), companions.as_slice()].concat();

    assert!(needed.iter().all(|name| allowed.contains(&name.as_str())), "{needed:?}");
    assert!(needed.contains("libc.so.6"));
}

#[test]
fn it_stays_loaded_and_is_bound_at_once() {
    let flags = binutils("readelf", &["-d", "-W"]);
    let line = flags.lines().find(|line| line.contains("(FLAGS_1)")).unwrap();

    assert!(line.contains("NODELETE") && line.contains("NOW"), "{line}");
    assert_eq!(dynamic("(SONAME)"), ["libsignpath_pkcs11.so"]);
}

#[test]
fn its_stack_is_not_executable_and_its_tables_are_read_only() {
    let segments = binutils("readelf", &["-l", "-W"]);
    let stack = segments.lines().find(|line| line.contains("GNU_STACK")).unwrap();

    assert!(!stack.contains("RWE"), "{stack}");
    assert!(segments.contains("GNU_RELRO"));
}

#[test]
fn no_openssl_is_in_it() {
    let symbols = binutils("nm", &["-D"]);
    for name in ["SSL_new", "SSL_CTX_new", "EVP_", "OPENSSL_init", "CRYPTO_"] {
        assert!(!symbols.contains(name), "{name}");
    }
}

#[test]
fn it_has_at_most_five_megabytes_stripped() {
    let size = std::fs::metadata(artifacts::module()).unwrap().len();

    assert!(binutils("nm", &["-a"]).trim().is_empty(), "symbols are not stripped");
    assert!(size <= 5_000_000, "{size} bytes");
}
