//! Broken: the module.

use super::{desk, fails, rows, warns};
use crate::desk::Desk;
use crate::support::artifacts;
use crate::support::softhsm::SoftHsm;

/// A desk with a copy of the module in which some bytes are others of the same number.
fn with_patched(from: &str, to: &str) -> Desk {
    assert_eq!(from.len(), to.len());
    let module = std::fs::read(artifacts::module()).unwrap();
    let places: Vec<usize> = module
        .windows(from.len())
        .enumerate()
        .filter(|(_, bytes)| *bytes == from.as_bytes())
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty(), "{from}");
    let patched = places.iter().fold(module, |mut module, at| {
        module[*at..at + to.len()].copy_from_slice(to.as_bytes());
        module
    });
    with_file(&patched)
}

/// A desk with something else in the module's place.
fn with_file(content: &[u8]) -> Desk {
    let desk = desk();
    let path = desk.bench.write("libsignpath_pkcs11.so", content);
    desk.and_variable("COSIGN_PKCS11_MODULE_PATH", path.to_str().unwrap())
}

#[test]
fn a_module_that_is_not_there() {
    let desk = desk().and_variable("COSIGN_PKCS11_MODULE_PATH", "/no/module.so");

    fails(
        &desk,
        3,
        &[],
        "module",
        "/no/module.so (COSIGN_PKCS11_MODULE_PATH): No such file",
        "correct COSIGN_PKCS11_MODULE_PATH",
    );
    let arguments = ["--module", "/no/other.so"];
    fails(&desk, 3, &arguments, "module", "/no/other.so (--module): No such file", "by --module");
}

#[test]
fn a_module_that_cosign_is_not_told_of() {
    let desk = desk().without_variable("COSIGN_PKCS11_MODULE_PATH");
    let module = artifacts::module().to_str().unwrap().to_owned();

    warns(
        &desk,
        &["--module", &module],
        "module",
        "COSIGN_PKCS11_MODULE_PATH is not set",
        &format!("export COSIGN_PKCS11_MODULE_PATH={module}"),
    );
}

#[test]
fn a_module_that_is_a_device() {
    let device = ["--module", "/dev/zero"];

    fails(&desk(), 3, &device, "module", "/dev/zero (--module): it is no file", "by --module");
}

#[test]
fn a_file_that_is_no_library() {
    fails(&with_file(b"#!/bin/sh\n"), 3, &[], "module", "it is no shared library", "by --module");
}

#[test]
fn a_module_that_was_cut_off_on_its_way() {
    let module = std::fs::read(artifacts::module()).unwrap();

    fails(&with_file(&module[..100_000]), 3, &[], "module", "it is no shared library", "by --module");
}

#[test]
fn a_module_for_another_machine() {
    const EM_AARCH64: u8 = 183;
    let mut module = std::fs::read(artifacts::module()).unwrap();
    module[18] = EM_AARCH64;

    fails(
        &with_file(&module),
        3,
        &[],
        "module",
        "it is for Aarch64, and this machine is x86_64",
        "by --module",
    );
}

#[test]
fn a_library_that_is_no_pkcs11_module() {
    let desk = with_patched("C_GetFunctionList", "X_GetFunctionList");

    fails(
        &desk,
        3,
        &[],
        "exports",
        "does not export C_GetFunctionList: it is no PKCS#11 module",
        "by --module",
    );
}

#[test]
fn a_module_that_was_built_for_a_newer_system() {
    let desk = with_patched("GLIBC_2.34", "GLIBC_9.99");

    fails(
        &desk,
        3,
        &[],
        "glibc",
        "the module needs glibc 9.99, and this system has 2.",
        "built for this system",
    );
}

#[test]
fn a_module_that_needs_a_library_which_is_not_there() {
    let desk = with_patched("libgcc_s.so.1", "libqqq_s.so.1");

    fails(&desk, 3, &[], "load", "libqqq_s.so.1", "install what it names");
}

#[test]
fn a_module_of_somebody_else() {
    let other = SoftHsm::new();
    let module = SoftHsm::module().to_str().unwrap().to_owned();
    let desk = desk().and_variable("COSIGN_PKCS11_MODULE_PATH", module);
    let (name, value) = other.variable();
    let desk = desk.and_variable(name, value);
    let rows = rows(&desk, 3, &[]);

    let load = rows.iter().find(|row| row.name == "load").unwrap();
    assert!(load.problem.contains("has no token SignPath"), "{load:#?}");
}

#[test]
fn a_module_that_crashes_takes_nobody_with_it() {
    fails(&with_crashing_module(), 3, &[], "load", "signal", "install what it names");
}

/// A library with the right exports whose constructor ends the process.
fn with_crashing_module() -> Desk {
    let desk = desk();
    let source = desk.bench.write(
        "crash.c",
        "#include <stdlib.h>\n__attribute__((constructor)) static void begin(void) { abort(); }\n\
         int C_GetFunctionList(void) { return 0; }\nint C_GetInterface(void) { return 0; }\n\
         int C_GetInterfaceList(void) { return 0; }\n",
    );
    let module = desk.bench.path("crash.so");
    let mut compiler = desk.bench.command("cc", "gcc");
    crate::support::bench::succeeds(compiler.args(["-shared", "-fPIC", "-o"]).arg(&module).arg(source));
    desk.and_variable("COSIGN_PKCS11_MODULE_PATH", module.to_str().unwrap())
}

#[test]
fn a_path_that_cosign_does_not_take() {
    let desk = desk().and_variable("COSIGN_PKCS11_MODULE_PATH", "./libsignpath_pkcs11.so");

    fails(&desk, 3, &[], "module", "cosign wants an absolute path", "correct COSIGN_PKCS11_MODULE_PATH");
}
