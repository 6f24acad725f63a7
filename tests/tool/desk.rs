//! The tool with an emulator and a folder of its own, for what needs no registry.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::artifacts;
use crate::support::bench::{Bench, Credentials};
use crate::support::troubleshooting::{code_and_text, is_explained};

/// Everything around the tool.
pub(crate) struct Desk {
    pub(crate) bench: Bench,
    /// What the tool finds in its environment beside path and home.
    variables: Vec<(&'static str, String)>,
}

impl Desk {
    /// With credentials of the emulator's first user.
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// The same with more arguments for the emulator.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        let bench = Bench::with(Credentials::Configured, arguments);
        Self { variables: bench.variables(), bench }
    }

    /// The same desk with a variable more, or with another value of it.
    pub(crate) fn and_variable(self, name: &'static str, value: impl Into<String>) -> Self {
        let mut desk = self.without_variable(name);
        desk.variables.push((name, value.into()));
        desk
    }

    /// The same desk without a variable.
    pub(crate) fn without_variable(mut self, name: &str) -> Self {
        self.variables.retain(|(other, _)| *other != name);
        self
    }

    /// The tool, in the folder, with an empty home.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bench.plain(artifacts::tool());
        command.args(arguments).envs(self.variables.iter().map(|(name, value)| (*name, value.as_str())));
        command
    }

    /// Runs the tool, which must succeed; what it printed.
    pub(crate) fn tool(&self, arguments: &[&str]) -> Vec<u8> {
        let output = self.command(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        output.stdout
    }

    /// The same, as text without its last line end.
    pub(crate) fn line(&self, arguments: &[&str]) -> String {
        text(&self.tool(arguments)).trim_end().to_owned()
    }

    /// The same, as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_slice(&self.tool(&[arguments, &["--output", "json"]].concat())).unwrap()
    }

    /// Runs the tool with something on its standard input.
    pub(crate) fn with_input(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = self.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Runs the tool, which must fail with this exit code and print nothing; its last message.
    pub(crate) fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        assert_eq!((status.code(), text(&stdout)), (Some(code), String::new()), "{}", text(&stderr));
        let message = text(&stderr).lines().last().unwrap_or_default().to_owned();
        let coded = message.strip_prefix("error: ").filter(|message| code_and_text(message).is_some());
        assert!(coded.is_none_or(is_explained), "docs/troubleshooting.md does not have: {message}");
        message
    }
}

/// What a program wrote.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_owned()).unwrap()
}
