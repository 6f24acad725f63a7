//! Broken: cosign. What this machine cannot have is played by scripts with cosign's words.

use std::os::unix::fs::PermissionsExt;

use super::{desk, fails, warns};
use crate::desk::Desk;
use crate::support::tools::tool;

/// A desk whose cosign is a script.
fn with_cosign(script: &str) -> Desk {
    let desk = desk();
    let path = desk.bench.path("bin/cosign");
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    desk
}

#[test]
fn no_cosign() {
    let desk = desk();
    std::fs::remove_file(desk.bench.path("bin/cosign")).unwrap();

    warns(&desk, &[], "cosign", "there is no cosign in PATH", "cosign-linux-pivkey-pkcs11key-amd64");
}

#[test]
fn a_cosign_without_pkcs11() {
    let cosign = tool("cosign-plain");
    let options = ["--cosign", cosign.to_str().unwrap()];

    fails(&desk(), 3, &options, "cosign", "cosign (3.1.2) was built without PKCS#11", "-tags pkcs11key");
}

#[test]
fn a_cosign_without_the_library_for_smart_cards() {
    let desk = with_cosign(
        "echo 'cosign: error while loading shared libraries: libpcsclite.so.1: cannot open shared object file' >&2; exit 127",
    );

    fails(&desk, 3, &[], "cosign", "does not start", "apt-get install libpcsclite1");
}

#[test]
fn a_cosign_that_is_a_page_of_a_web_server() {
    let desk = with_cosign("");
    std::fs::write(desk.bench.path("bin/cosign"), "Not Found").unwrap();

    fails(&desk, 3, &[], "cosign", "cosign does not start: Exec format error", "go install -tags pkcs11key");
}

#[test]
fn a_cosign_that_ends_without_a_word() {
    fails(&with_cosign("exit 1"), 3, &[], "cosign", "does not start: exit status: 1", "go install");
}

#[test]
fn a_cosign_that_does_not_end() {
    let desk = with_cosign("exec sleep 1000");

    fails(&desk, 3, &[], "cosign", "does not start: it has not ended within 20 s", "go install");
}

#[test]
fn a_cosign_that_nobody_has_tried() {
    let desk = with_cosign("case $1 in version) echo 'GitVersion:    v9.0.0';; *) echo list-tokens;; esac");

    warns(&desk, &[], "cosign", "cosign 9.0.0 is none of those that are tested", "use cosign 3");
}

#[test]
fn the_flags_are_those_of_the_version() {
    let flags = |version: &str| {
        let cosign = tool(&format!("cosign-{version}"));
        let report = desk().line(&["doctor", "--cosign", cosign.to_str().unwrap()]);
        let line = report.lines().find(|line| line.contains("it needs: ")).unwrap().to_owned();
        line.split_once("it needs: ").unwrap().1.split_once(',').unwrap().0.to_owned()
    };

    assert_eq!(flags("2"), "cosign sign --tlog-upload=false");
    assert_eq!(flags("3"), "cosign sign --use-signing-config=false --tlog-upload=false");
}

#[test]
fn what_is_left_out_is_not_examined() {
    let desk = with_cosign("exit 1");
    let report = desk.line(&["doctor", "--skip", "cosign"]);

    assert!(report.contains("- cosign                  left out by --skip\n"), "{report}");
}
