//! One cosign with an emulator, a registry and images in it.

use std::path::PathBuf;
use std::process::Output;

use crate::support::artifacts;
use crate::support::emulator::Emulator;
use crate::support::images::Pusher;
use crate::support::programs::plain;
use crate::support::tools::{Registry, tool};

/// A version of cosign, and the format in which it signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cosign {
    /// 2.6: a signature in a tag of its own.
    Two,
    /// 3.1 as it comes: a Sigstore bundle.
    ThreeBundle,
    /// 3.1 with `--new-bundle-format=false`.
    ThreeLegacy,
}

impl Cosign {
    pub(crate) const ALL: [Self; 3] = [Self::Two, Self::ThreeBundle, Self::ThreeLegacy];

    pub(crate) fn program(self) -> PathBuf {
        match self {
            Self::Two => tool("cosign-2"),
            Self::ThreeBundle | Self::ThreeLegacy => tool("cosign-3"),
        }
    }

    /// What a command that signs needs where no service of Sigstore is used.
    pub(crate) fn signing_flags(self) -> &'static [&'static str] {
        match self {
            Self::Two => &["--tlog-upload=false"],
            Self::ThreeBundle => &["--use-signing-config=false", "--tlog-upload=false"],
            Self::ThreeLegacy => {
                &["--use-signing-config=false", "--tlog-upload=false", "--new-bundle-format=false"]
            }
        }
    }

    fn verifying_flags(self) -> &'static [&'static str] {
        match self {
            Self::Two | Self::ThreeBundle => &["--insecure-ignore-tlog=true"],
            Self::ThreeLegacy => &["--insecure-ignore-tlog=true", "--new-bundle-format=false"],
        }
    }
}

/// Everything around one cosign.
pub(crate) struct Bench {
    pub(crate) cosign: Cosign,
    pub(crate) emulator: Emulator,
    pub(crate) registry: Registry,
    pub(crate) folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new(cosign: Cosign) -> Self {
        Self {
            cosign,
            emulator: Emulator::start(),
            registry: Registry::start(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// The URI of a key; the module is named in it, as no variable is set.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("pkcs11:token=SignPath;id=container-images%2F{name}?{}", self.module_path())
    }

    pub(crate) fn module_path(&self) -> String {
        format!("module-path={}", artifacts::module().display())
    }

    /// Pushes an image of two layers and tells its reference by digest.
    pub(crate) fn push_image(&self, name: &str) -> String {
        self.pusher().push_image(name)
    }

    /// Pushes an index of two images and tells its reference by digest.
    pub(crate) fn push_index(&self, name: &str) -> String {
        self.pusher().push_index(name)
    }

    fn pusher(&self) -> Pusher<'_> {
        Pusher { folder: self.folder.path(), registry: &self.registry.address, variables: &[] }
    }

    /// Runs cosign with these variables and nothing else in its environment but a path and an empty home.
    pub(crate) fn run_with(&self, variables: &[(&str, String)], arguments: &[&str]) -> Output {
        let mut cosign = plain(self.cosign.program(), self.folder.path());
        cosign.args(arguments).envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
        cosign.output().unwrap()
    }

    /// Runs cosign with configured credentials; it must succeed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.run_with(&self.emulator.variables(), arguments);
        succeeded(arguments, &output)
    }

    /// Runs a command that signs.
    pub(crate) fn sign(&self, command: &str, key: &str, arguments: &[&str]) -> String {
        self.run(&self.signing(command, key, arguments))
    }

    pub(crate) fn signing<'a>(&self, command: &'a str, key: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
        [&[command], self.cosign.signing_flags(), &["--key", key], arguments].concat()
    }

    /// Runs a command that verifies.
    pub(crate) fn verify(&self, command: &str, key: &str, arguments: &[&str]) -> String {
        self.run(&[&[command], self.cosign.verifying_flags(), &["--key", key], arguments].concat())
    }

    /// Exports the public key into `cosign.pub`.
    pub(crate) fn export_public_key(&self, key: &str) {
        let pem = self.run(&["public-key", "--key", key]);
        std::fs::write(self.folder.path().join("cosign.pub"), pem).unwrap();
    }
}

pub(crate) fn succeeded(arguments: &[&str], output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cosign {arguments:?}: {}\n{errors}", output.status);
    assert!(!errors.contains("signpath-pkcs11: error"), "{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}
