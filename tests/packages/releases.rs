//! Each release: the packages install, the module is loaded and signs, both programs run.
//!
//! Roots of RHEL cannot be made on every machine. In their place stands Ubuntu 18.04, whose C library, 2.27, is older than
//! that of RHEL 8: the archive and the .rpm run there.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::artifacts;
use crate::support::c_program::compile_by;
use crate::support::emulator::Emulator;
use crate::support::tools::tool;
use crate::support::verification::verify;

use super::root::{Root, variables};
use super::{commands, package};

/// Where the files are, once they are installed.
struct Places {
    module: &'static str,
    tool: &'static str,
    emulator: &'static str,
}

const DEB: Places = Places {
    module: package::DEB_MODULE,
    tool: "/usr/bin/signpath-tool",
    emulator: "/usr/bin/signpath-emulator",
};
const RPM: Places = Places { module: package::RPM_MODULE, ..DEB };
const ARCHIVE: Places = Places {
    module: "/usr/local/lib/pkcs11/libsignpath_pkcs11.so",
    tool: "/usr/local/bin/signpath-tool",
    emulator: "/tmp/archive/bin/signpath-emulator",
};

#[test]
fn debian_11_runs_the_debs() {
    runs_the_debs("bullseye");
}

#[test]
fn debian_12_runs_the_debs() {
    runs_the_debs("bookworm");
}

#[test]
fn debian_13_runs_the_debs() {
    runs_the_debs("trixie");
}

#[test]
fn ubuntu_20_04_runs_the_debs() {
    runs_the_debs("focal");
}

#[test]
fn ubuntu_22_04_runs_the_debs() {
    runs_the_debs("jammy");
}

#[test]
fn ubuntu_24_04_runs_the_debs() {
    runs_the_debs("noble");
}

#[test]
fn glibc_2_27_runs_the_rpms() {
    let root = Root::of(&["bionic"]);
    root.install_rpm(&["signpath-pkcs11", "signpath-emulator"]);

    runs(&root, &RPM);
}

#[test]
fn glibc_2_27_runs_the_archive_after_the_commands_of_its_readme() {
    let root = Root::of(&["bionic"]);
    root.put(&package::archive(), "/tmp/archive.tar.gz");
    root.shell(&format!(
        "cd /tmp && tar --extract --file archive.tar.gz && mv {} archive && cd archive\n{}",
        package::archive_folder(),
        commands::that_install_the_archive()
    ));

    runs(&root, &ARCHIVE);
}

fn runs_the_debs(release: &str) {
    let root = Root::of(&[release]);
    root.install("signpath-pkcs11");
    root.install("signpath-emulator");

    runs(&root, &DEB);
}

fn runs(root: &Root, places: &Places) {
    for file in [places.module, places.tool, places.emulator] {
        let linked = root.shell(&format!("ldd -v {file}"));
        assert!(linked.contains("GLIBC_2.25") && !linked.contains("not found"), "{linked}");
    }
    let emulator = root.emulator(places.emulator);
    a_c_program_signs(root, places.module, &emulator);
    the_doctor_is_content(root, places, &emulator);
}

/// One that is compiled as the module is, since bare roots have no compiler.
fn a_c_program_signs(root: &Root, module: &str, emulator: &Emulator) {
    let mut compiler = Command::new(artifacts::package().join("packaging/compiler/zig-cc"));
    compiler.env("SIGNPATH_ZIG", tool("zig")).env("SIGNPATH_ZIG_TARGET", "x86_64-linux-gnu.2.27");
    compiler.env("ZIG_GLOBAL_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"));
    compiler.env("ZIG_LOCAL_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"));
    compile_by(compiler, "sign.c", &root.path("/tmp/sign"));
    let mut sign = root.command("/tmp/sign");
    sign.args([module, "container-images", "p-256"]).envs(variables(emulator));
    let mut child = sign.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let digest = [7; 32];
    child.stdin.take().unwrap().write_all(&digest).unwrap();
    let output = child.wait_with_output().unwrap();

    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    verify("p-256", "ecdsa", "none", &digest, &output.stdout);
}

fn the_doctor_is_content(root: &Root, places: &Places, emulator: &Emulator) {
    let mut doctor = root.command(places.tool);
    doctor.args(["doctor", "--skip", "cosign", "--sign", "container-images/rsa-2048"]);
    doctor.envs(variables(emulator)).env("COSIGN_PKCS11_MODULE_PATH", places.module);
    let output = doctor.output().unwrap();

    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(report.contains(places.module), "{report}");
}
