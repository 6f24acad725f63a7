//! A host that runs with the rights of another than its caller: its environment is the caller's, and believed in
//! nothing.
//!
//! The host is a C program that belongs to nobody and is called by root: it has fewer rights than its caller, and does
//! no harm where it lies.

use std::fs::{Permissions, copy, set_permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::artifacts;
use crate::support::c_program::compile;
use crate::support::emulator::Emulator;

/// The user `nobody`.
const NOBODY: u32 = 65534;

/// A folder that everybody can read, with the module and the host in it; the host has this mode.
fn stage(emulator: &Emulator, mode: u32) -> (PathBuf, PathBuf) {
    let folder = emulator.folder();
    let (module, host) = (folder.join("module.so"), folder.join("visible"));
    copy(artifacts::module(), &module).unwrap();
    compile("visible.c", &host);
    chown(&host, Some(NOBODY), None).expect("giving a file away needs root; run the tests as root");
    // a file that is given away loses its bit, so that the mode comes last
    for (path, mode) in [(&folder, 0o755), (&module, 0o755), (&host, mode)] {
        set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    (module, host)
}

/// What the host sees with everything in its environment that configures the module.
fn seen(emulator: &Emulator, module: &Path, host: &Path) -> String {
    let authority = artifacts::fixture("tls/ca.pem");
    let output = Command::new(host)
        .arg(module)
        .env_clear()
        .envs(emulator.variables())
        .env("SSL_CERT_FILE", authority)
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_host_with_its_callers_rights_believes_its_environment() {
    let emulator = Emulator::start();
    let (module, host) = stage(&emulator, 0o755);

    assert_eq!(seen(&emulator, &module, &host), "secure: 0, login required: 0, keys: 8\n");
    assert_eq!(emulator.requests().len(), 1);
}

#[test]
fn a_set_user_id_host_gets_nothing_from_its_environment() {
    let emulator = Emulator::start();
    let (module, host) = stage(&emulator, 0o4755);
    let seen = seen(&emulator, &module, &host);

    let remedy = "set TMPDIR to a folder on a file system that is mounted without nosuid";
    assert!(seen.starts_with("secure: 1, "), "the set-user-id bit has no effect; {remedy}: {seen}");
    assert_eq!(seen, "secure: 1, login required: 1, keys: 0\n");
    assert_eq!(emulator.requests().len(), 0);
    assert!(!emulator.folder().join("log").exists());
}
