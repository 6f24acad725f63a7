//! A registry with images in it, and the programs that work on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::artifacts;
use crate::support::bench::fixture;
use crate::support::images::Pusher;
use crate::support::programs::{plain, succeeded};
use crate::support::tools::{Registry, tool};

/// The digest of nothing, for images that nobody looks at.
pub(crate) const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Everything around the tool.
pub(crate) struct Bench {
    pub(crate) registry: Registry,
    folder: tempfile::TempDir,
    /// What the tool and crane find in their environment.
    variables: Vec<(&'static str, String)>,
    /// What the registry reads while it runs.
    of_registry: Option<tempfile::TempDir>,
}

/// How a program ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) messages: String,
}

impl Bench {
    /// With Debian's registry, which has no referrers API.
    pub(crate) fn new() -> Self {
        Self::with(Registry::start())
    }

    /// With a registry that has it.
    pub(crate) fn with_referrers() -> Self {
        Self::with(Registry::with_referrers())
    }

    pub(crate) fn with(registry: Registry) -> Self {
        Self { registry, folder: tempfile::tempdir().unwrap(), variables: Vec::new(), of_registry: None }
    }

    /// The same bench with a variable more.
    pub(crate) fn and_variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// The same bench, which keeps a folder that its registry needs.
    pub(crate) fn keeping(mut self, folder: tempfile::TempDir) -> Self {
        self.of_registry = Some(folder);
        self
    }

    /// The same bench without those variables.
    pub(crate) fn without_variables(mut self) -> Self {
        self.variables.clear();
        self
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    // ---- Images ------------------------------------------------------------------------------------------------------

    pub(crate) fn push_image(&self, name: &str) -> String {
        self.pusher().push_image(name)
    }

    pub(crate) fn push_index(&self, name: &str) -> String {
        self.pusher().push_index(name)
    }

    pub(crate) fn crane(&self, arguments: &[&str]) -> String {
        self.pusher().crane(arguments)
    }

    /// The manifest under a tag of an image's repository.
    pub(crate) fn manifest(&self, image: &str, tag: &str) -> Value {
        serde_json::from_str(&self.crane(&["manifest", &format!("{}:{tag}", repository(image))])).unwrap()
    }

    /// The tags of an image's repository.
    pub(crate) fn tags(&self, image: &str) -> Vec<String> {
        self.crane(&["ls", repository(image)]).lines().map(str::to_owned).collect()
    }

    fn pusher(&self) -> Pusher<'_> {
        Pusher { folder: self.folder(), registry: &self.registry.address, variables: &self.variables }
    }

    // ---- The tool ----------------------------------------------------------------------------------------------------

    /// The tool with nothing in its environment but a path and an empty home.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.plain(artifacts::tool());
        command.args(arguments).envs(self.variables.iter().map(|(name, value)| (*name, value.as_str())));
        command
    }

    /// Runs the tool, which must succeed; what it printed.
    pub(crate) fn tool(&self, arguments: &[&str]) -> Vec<u8> {
        succeeded(&mut self.command(arguments))
    }

    /// The same, as JSON.
    pub(crate) fn tool_json(&self, arguments: &[&str]) -> Value {
        serde_json::from_slice(&self.tool(&[arguments, &["--output", "json"]].concat())).unwrap()
    }

    /// Runs the tool, which must fail with this exit code and print nothing; its last message.
    pub(crate) fn tool_fails(&self, code: i32, arguments: &[&str]) -> String {
        last_message(&run(&mut self.command(arguments)), code)
    }

    /// Makes metadata and signs it; the names of both files. `-a` values may be among the arguments.
    pub(crate) fn signed(&self, key: &str, image: &str, arguments: &[&str]) -> (String, String) {
        let metadata = self.tool(&[&["generate", image], arguments].concat());
        let payload = self.write("payload", metadata);
        let signature = self.path("signature").to_str().unwrap().to_owned();
        let mut openssl = self.plain(artifacts::program("openssl", "openssl"));
        openssl.args(["dgst", "-sha256", "-sign", &fixture(&format!("keys/{key}.pem"))]);
        succeeded(openssl.args(["-out", &signature, &payload]));
        (payload, signature)
    }

    /// Makes metadata, signs it and attaches the signature; what `attach` reported.
    pub(crate) fn attach(&self, key: &str, image: &str, arguments: &[&str]) -> Value {
        let (payload, signature) = self.signed(key, image, arguments);
        let key = public_key(key);
        self.tool_json(&["attach", image, "--payload", &payload, "--signature", &signature, "--key", &key])
    }

    // ---- Others ------------------------------------------------------------------------------------------------------

    /// Runs cosign 2 or 3, which must succeed; what it printed.
    pub(crate) fn cosign(&self, version: u8, arguments: &[&str]) -> String {
        let output = succeeded(self.plain(tool(&format!("cosign-{version}"))).args(arguments));
        String::from_utf8(output).unwrap()
    }

    /// Has cosign 3 sign with a fixture key that was imported into a file of cosign's own.
    pub(crate) fn cosign_signs(&self, key: &str, image: &str, arguments: &[&str]) {
        let cosign = |arguments: &[&str]| {
            let mut command = self.plain(tool("cosign-3"));
            succeeded(command.args(arguments).env("COSIGN_PASSWORD", ""));
        };
        if !self.path("import-cosign.key").exists() {
            let traditional = self.path("traditional.pem").to_str().unwrap().to_owned();
            let mut openssl = self.plain(artifacts::program("openssl", "openssl"));
            openssl.args(["pkey", "-traditional", "-in", &fixture(&format!("keys/{key}.pem"))]);
            succeeded(openssl.args(["-out", &traditional]));
            cosign(&["import-key-pair", "--yes", "--key", &traditional]);
        }
        let flags =
            ["sign", "--use-signing-config=false", "--tlog-upload=false", "--key", "import-cosign.key"];
        cosign(&[&flags[..], arguments, &[image]].concat());
    }

    /// A program with nothing in its environment but a path and an empty home; programs of the folder go first.
    pub(crate) fn plain(&self, program: impl AsRef<Path>) -> Command {
        let mut command = plain(program, self.folder());
        command.env("PATH", format!("{}:/usr/bin:/bin", self.folder().display()));
        command
    }
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    ended(command.output().unwrap())
}

/// How a program ended that ran elsewhere.
pub(crate) fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code(),
        output: String::from_utf8(output.stdout).unwrap(),
        messages: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The last message of a program that must have ended with this exit code and without any output.
pub(crate) fn last_message(ended: &Ended, code: i32) -> String {
    assert_eq!((ended.code, ended.output.as_str()), (Some(code), ""), "{}", ended.messages);
    ended.messages.lines().last().unwrap_or_default().to_owned()
}

/// `registry/name` of a reference by digest.
pub(crate) fn repository(image: &str) -> &str {
    image.split_once('@').unwrap().0
}

/// `sha256:…` of a reference by digest.
pub(crate) fn digest(image: &str) -> &str {
    image.split_once('@').unwrap().1
}

/// The tag of an image's signatures in cosign 2's format.
pub(crate) fn signature_tag(image: &str) -> String {
    format!("{}.sig", referrers_tag(image))
}

/// The tag that lists what refers to an image.
pub(crate) fn referrers_tag(image: &str) -> String {
    digest(image).replace(':', "-")
}

/// The path of a fixture's public key.
pub(crate) fn public_key(name: &str) -> String {
    artifacts::public_key(name).to_str().unwrap().to_owned()
}
