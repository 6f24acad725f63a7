//! The programs that `scripts/build-tools` makes, and what they need around them.

use std::path::PathBuf;
use std::process::Command;

use super::artifacts;
use super::programs::Server;

/// A tool by its name in `scripts/build-tools`.
pub fn tool(name: &str) -> PathBuf {
    let script = artifacts::package().join("scripts/lib.bash");
    let output = Command::new("bash")
        .args(["-c", "source \"$1\" && tool_path \"$2\"", "bash"])
        .arg(script)
        .arg(name)
        .output()
        .unwrap();
    let path = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    assert!(path.exists(), "{name} is missing; build it: scripts/build-tools {name}");
    path
}

/// A registry on loopback, gone with the value.
pub struct Registry {
    server: Server,
    /// `127.0.0.1:port`.
    pub address: String,
}

impl Registry {
    /// Debian's registry, which has no referrers API.
    pub fn start() -> Self {
        Self::with(&[], &[])
    }

    /// Debian's registry with variables that override its configuration.
    pub fn with_variables(variables: &[(&str, String)]) -> Self {
        Self::with(&[], variables)
    }

    /// A registry that has the referrers API.
    pub fn with_referrers() -> Self {
        Self::with(&["--referrers"], &[])
    }

    fn with(arguments: &[&str], variables: &[(&str, String)]) -> Self {
        let mut command = Command::new(artifacts::package().join("scripts/registry"));
        command.arg("--stop-with-stdin").args(arguments);
        command.envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
        let (server, address) = Server::start(&mut command);
        Self { server, address: address.trim().to_owned() }
    }
}
