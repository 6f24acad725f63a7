//! What is left when the packages are gone: nothing.

use std::collections::BTreeMap;

use crate::support::programs::succeeded;

use super::root::Root;
use super::{commands, package};

#[test]
fn purging_the_debs_leaves_nothing() {
    let root = Root::of(&["bookworm"]);
    let before = root.everything();
    root.install("signpath-pkcs11");
    root.install("signpath-emulator");
    root.shell(&commands::that_switches_p11_kit_on());
    root.shell("signpath-tool --version && signpath-emulator --version");
    root.shell("dpkg --purge signpath-pkcs11 signpath-emulator");

    same(&before, &root.everything());
}

#[test]
fn erasing_the_rpms_leaves_nothing() {
    let root = Root::of(&["bookworm"]);
    let names = ["signpath-pkcs11", "signpath-emulator"];
    let before = root.everything();
    root.install_rpm(&names);
    root.shell(&commands::that_switches_p11_kit_on());
    succeeded(root.rpm().arg("--erase").args(names));

    same(&before, &root.everything());
}

#[test]
fn installing_the_deb_anew_keeps_p11_kit_switched_on() {
    let root = Root::of(&["bookworm"]);
    root.install("signpath-pkcs11");
    root.shell(&commands::that_switches_p11_kit_on());
    root.install("signpath-pkcs11");

    assert_eq!(
        std::fs::read_link(root.path("/etc/pkcs11/modules/signpath.module")).unwrap().to_str().unwrap(),
        "/usr/share/signpath-pkcs11/signpath.module"
    );
}

#[test]
fn a_module_file_that_the_administrator_wrote_is_not_removed() {
    let root = Root::of(&["bookworm"]);
    root.install("signpath-pkcs11");
    std::fs::write(root.path("/etc/pkcs11/modules/signpath.module"), "module: another.so\n").unwrap();
    root.shell("dpkg --purge signpath-pkcs11 2>&1");

    let left = std::fs::read_to_string(root.path("/etc/pkcs11/modules/signpath.module")).unwrap();
    assert_eq!(left, "module: another.so\n");
}

#[test]
fn what_is_built_against_a_newer_c_library_than_the_release_has_is_not_installed_by_dpkg() {
    let root = Root::of(&["bionic"]);
    root.put(&package::deb("signpath-pkcs11"), "/tmp/package.deb");
    let output = root.command("dpkg").args(["--install", "/tmp/package.deb"]).output().unwrap();

    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("libc6 (>= 2.28)"), "{errors}");
}

fn same(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) {
    let missing: Vec<_> = before.iter().filter(|(path, kind)| after.get(*path) != Some(kind)).collect();
    let left: Vec<_> = after.iter().filter(|(path, kind)| before.get(*path) != Some(kind)).collect();

    assert!(missing.is_empty() && left.is_empty(), "before: {missing:#?}\nafter: {left:#?}");
}
