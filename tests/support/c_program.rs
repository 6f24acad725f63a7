//! C programs of the tests, compiled with the header that is shipped.

use std::path::Path;
use std::process::Command;

use super::artifacts;

/// Compiles a source file of tests/c into a program; a warning is a failure.
pub fn compile(source: &str, program: &Path) {
    compile_by(gcc(), source, program);
}

/// The same by another compiler.
pub fn compile_by(compiler: Command, source: &str, program: &Path) {
    build(compiler, "c99", &format!("tests/c/{source}"), program);
}

/// Compiles a source file of the package, written in this version of the language.
pub fn compile_as(standard: &str, source: &str, program: &Path) {
    build(gcc(), standard, source, program);
}

fn gcc() -> Command {
    Command::new(artifacts::program("gcc", "gcc"))
}

fn build(mut compiler: Command, standard: &str, source: &str, program: &Path) {
    let flags =
        Command::new(artifacts::program("pkg-config", "pkg-config")).args(["--cflags", "p11-kit-1"]).output();
    let flags = flags.unwrap();
    assert!(
        flags.status.success(),
        "the header pkcs11.h is missing; install it: apt-get install libp11-kit-dev"
    );
    let output = compiler
        .args([&format!("-std={standard}"), "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(program)
        .arg(artifacts::package().join(source))
        .arg("-I")
        .arg(artifacts::package().join("include"))
        .args(String::from_utf8(flags.stdout).unwrap().split_whitespace())
        .arg("-ldl")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
