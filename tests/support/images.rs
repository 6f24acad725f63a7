//! Images in a registry, made by crane.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::programs::succeeded;
use super::tools::tool;

/// Who makes images: a folder to work in, and the registry.
pub struct Pusher<'a> {
    pub folder: &'a Path,
    /// `127.0.0.1:port`.
    pub registry: &'a str,
    /// What crane finds in its environment beside the folder as its home.
    pub variables: &'a [(&'a str, String)],
}

impl Pusher<'_> {
    /// Pushes an image of two layers and tells its reference by digest.
    pub fn push_image(&self, name: &str) -> String {
        let layers = ["one", "two"].map(|layer| self.layer(name, layer));
        let reference = format!("{}/{name}:latest", self.registry);
        self.crane(&[
            "append",
            "--new_layer",
            &layers[0],
            "--new_layer",
            &layers[1],
            "--new_tag",
            &reference,
        ]);
        self.by_digest(name, &reference)
    }

    /// Pushes an index of two images and tells its reference by digest.
    pub fn push_index(&self, name: &str) -> String {
        let (amd64, arm64) =
            (self.push_image(&format!("{name}-amd64")), self.push_image(&format!("{name}-arm64")));
        let reference = format!("{}/{name}:latest", self.registry);
        self.crane(&["index", "append", "--manifest", &amd64, "--manifest", &arm64, "--tag", &reference]);
        self.by_digest(name, &reference)
    }

    /// Runs crane; what it printed.
    pub fn crane(&self, arguments: &[&str]) -> String {
        let mut crane = Command::new(tool("crane"));
        crane.args(arguments).env("HOME", self.folder);
        crane.envs(self.variables.iter().map(|(name, value)| (*name, value.as_str())));
        String::from_utf8(succeeded(crane.current_dir(self.folder))).unwrap()
    }

    fn by_digest(&self, name: &str, reference: &str) -> String {
        let digest = self.crane(&["digest", reference]);
        format!("{}/{name}@{}", self.registry, digest.trim())
    }

    fn layer(&self, name: &str, layer: &str) -> String {
        let file = format!("{}-{layer}", name.replace('/', "-"));
        std::fs::write(self.path(&file), format!("layer {layer} of {name}\n")).unwrap();
        let archive = format!("{file}.tar");
        succeeded(Command::new("tar").args(["-cf", &archive, &file]).current_dir(self.folder));
        archive
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}
