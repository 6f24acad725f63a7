//! The files that are shipped, as they were built for release, and the fixtures.

use std::path::{Path, PathBuf};

/// The module.
pub fn module() -> PathBuf {
    artifact("libsignpath_pkcs11.so")
}

/// The emulator.
pub fn emulator() -> PathBuf {
    artifact("signpath-emulator")
}

/// The tool for people and pipelines.
pub fn tool() -> PathBuf {
    artifact("signpath-tool")
}

/// The list of everything that they are made of.
pub fn bill_of_materials() -> PathBuf {
    made("signpath-pkcs11.cdx.json", "make sbom")
}

/// The folder of the package.
pub fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the fixtures.
pub fn fixture(name: &str) -> PathBuf {
    package().join("softhsm-fixtures").join(name)
}

/// The public half of a fixture key, PEM.
pub fn public_key(name: &str) -> PathBuf {
    fixture(&format!("keys/{name}.public.pem"))
}

/// A program of the system, or a failure that says how to get it. Servers are where not everyone's PATH leads.
pub fn program(name: &str, debian_package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join(name)).find(|file| file.exists());
    found.unwrap_or_else(|| panic!("{name} is missing; install it: apt-get install {debian_package}"))
}

fn artifact(name: &str) -> PathBuf {
    made(name, "make build")
}

fn made(name: &str, command: &str) -> PathBuf {
    let folder = std::env::var_os("SIGNPATH_TEST_ARTIFACTS").map(PathBuf::from);
    let path = folder.unwrap_or_else(|| package().join("target/release")).join(name);
    assert!(path.exists(), "{} is missing; make it: {command}", path.display());
    path
}
