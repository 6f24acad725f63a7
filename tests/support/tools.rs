//! The programs that `scripts/build-tools` makes, and what they need around them.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::artifacts;

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
    child: Child,
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
        let mut child = Command::new(artifacts::package().join("scripts/registry"))
            .arg("--stop-with-stdin")
            .args(arguments)
            .envs(variables.iter().map(|(name, value)| (*name, value.as_str())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { child, address: address.trim().to_owned() }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
