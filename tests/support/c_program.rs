//! C programs of tests/c, compiled with the header that is shipped.

use std::path::Path;
use std::process::Command;

use super::artifacts;

/// Compiles a source file into a program; a warning is a failure.
pub fn compile(source: &str, program: &Path) {
    compile_by(Command::new(artifacts::program("gcc", "gcc")), source, program);
}

/// The same by another compiler.
pub fn compile_by(mut compiler: Command, source: &str, program: &Path) {
    let flags =
        Command::new(artifacts::program("pkg-config", "pkg-config")).args(["--cflags", "p11-kit-1"]).output();
    let flags = flags.unwrap();
    assert!(
        flags.status.success(),
        "the header pkcs11.h is missing; install it: apt-get install libp11-kit-dev"
    );
    let output = compiler
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(program)
        .arg(artifacts::package().join("tests/c").join(source))
        .arg("-I")
        .arg(artifacts::package().join("include"))
        .args(String::from_utf8(flags.stdout).unwrap().split_whitespace())
        .arg("-ldl")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
