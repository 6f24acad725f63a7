//! Where a token could turn up, and where it comes from.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::host::Host;
use crate::secret::Secret;
use crate::support::artifacts;
use crate::support::emulator::Emulator;

/// What the module talks to.
#[derive(Clone, Copy, Debug)]
pub enum Service {
    Http,
    Https,
    /// A server that is too old for the current API: requests are forms.
    Legacy,
}

impl Service {
    pub const ALL: [Self; 3] = [Self::Http, Self::Https, Self::Legacy];

    pub fn start(self) -> Emulator {
        match self {
            Self::Http => Emulator::start(),
            Self::Https => Emulator::with_tls(),
            Self::Legacy => Emulator::with(&["--api", "legacy"]),
        }
    }
}

/// The places in which the secret is, each with what was found there.
pub fn found(host: &Host, emulator: &Emulator, secret: &Secret) -> Vec<(&'static str, String)> {
    let places = [
        ("standard error", secret.find(host.console().as_bytes())),
        ("log", secret.find(&written(&emulator.folder().join("log")))),
        ("metadata and requests", secret.find(received(emulator).as_bytes())),
        ("memory", host.find_in_memory(secret)),
    ];
    places.into_iter().filter_map(|(place, found)| Some((place, found?))).collect()
}

/// Everything in the files of a folder.
fn written(folder: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    files.flat_map(|file| std::fs::read(file).unwrap()).collect()
}

/// All that the service knows of the requests, but for the header that is there for the token.
fn received(emulator: &Emulator) -> String {
    let requests = Value::Array(emulator.requests());
    format!("{requests} {}", Value::Array(emulator.audit()))
}

/// The module as a build for tests makes it: nothing is masked, nothing is cleared.
pub fn module_that_keeps_secrets() -> PathBuf {
    let folder = std::env::var_os("SIGNPATH_TEST_KEEPING_SECRETS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| artifacts::package().join("target/keep-secrets"));
    let module = folder.join("libsignpath_pkcs11.so");
    assert!(module.exists(), "{} is missing; build it: make secrets", module.display());
    module
}
