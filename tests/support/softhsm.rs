//! SoftHSM with the fixtures' keys: what we compare ourselves with.

use std::path::PathBuf;
use std::process::Command;

use super::artifacts;
use super::programs::succeeded;

/// A token of its own, gone with the value.
pub struct SoftHsm {
    /// Where it lies; tests put their own files there, too.
    pub folder: tempfile::TempDir,
    configuration: String,
}

impl SoftHsm {
    /// Makes one: label `signpath-fixtures`, PIN `1234`.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut script = Command::new(artifacts::fixture("make-softhsm-token.sh"));
        let text = String::from_utf8(succeeded(script.arg(folder.path()))).unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("export SOFTHSM2_CONF="))
            .expect("its configuration");
        Self { configuration: line.trim_matches('\'').to_owned(), folder }
    }

    /// The module that knows it.
    pub fn module() -> PathBuf {
        let path = PathBuf::from("/usr/lib/softhsm/libsofthsm2.so");
        assert!(path.exists(), "SoftHSM is missing; install it: apt-get install softhsm2");
        path
    }

    /// What the module must find in its environment.
    pub fn variable(&self) -> (&'static str, String) {
        ("SOFTHSM2_CONF", self.configuration.clone())
    }
}
