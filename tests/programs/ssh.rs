//! OpenSSH: ssh-keygen lists the keys, ssh-agent signs with them. ssh-keygen verifies with the public keys that the
//! fixtures hold, without the module.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use crate::support::artifacts;
use crate::support::bench::{Bench, Credentials, LIST, SIGN, label, module, succeeds, with_each_credentials};

const PACKAGE: &str = "openssh-client";

/// The keys that OpenSSH knows by labels of their own: several keys of the fixtures are one and the same, and it shows
/// such a key once, by the first label.
const KEYS: [&str; 5] = ["p-256", "p-384", "p-521", "rsa-2048", "rsa-4096"];

/// An ssh-agent that may load the module and nothing else, gone with the value.
struct Agent<'a> {
    bench: &'a Bench,
    child: Child,
}

impl<'a> Agent<'a> {
    fn start(bench: &'a Bench) -> Self {
        let mut command = bench.command("ssh-agent", PACKAGE);
        command.args(["-D", "-a", "agent.socket", "-P", &module()]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // It prints a line as soon as it listens.
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("SSH_AUTH_SOCK=agent.socket;"), "{line}");
        Self { bench, child }
    }

    /// A program that knows nothing of the module, only of the agent.
    fn client(&self, program: &str) -> Command {
        let mut command = self.bench.plain(artifacts::program(program, PACKAGE));
        command.env("SSH_AUTH_SOCK", "agent.socket");
        command
    }

    fn add_token(&self) {
        let mut command = self.client("ssh-add");
        answer_with_pin(self.bench, &mut command);
        succeeds(command.args(["-s", &module()]));
    }

    /// Signs a file by a key and verifies the signature.
    fn signs(&self, key: &str) {
        let _ = std::fs::remove_file(self.bench.path("file.sig"));
        self.bench.write("file", format!("to be signed by {key}\n"));
        let public = self.bench.write("key.pub", public_key(self.bench, key));
        let mut command = self.client("ssh-keygen");
        succeeds(command.args(["-Y", "sign", "-n", "file", "-f"]).arg(public).arg("file"));

        verify(self.bench, key);
    }
}

impl Drop for Agent<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers OpenSSH's question for the PIN; with nothing where credentials are configured.
fn answer_with_pin(bench: &Bench, command: &mut Command) {
    let script = bench.write("askpass", "#!/bin/sh\nprintf '%s\\n' \"$PIN\"\n");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    command.env("SSH_ASKPASS", script).env("SSH_ASKPASS_REQUIRE", "force");
    command.env("PIN", bench.pin().unwrap_or_default());
}

/// A fixture key's public half as OpenSSH writes it, without a comment.
fn public_key(bench: &Bench, key: &str) -> String {
    let mut command = bench.plain(artifacts::program("ssh-keygen", PACKAGE));
    let text = succeeds(command.args(["-i", "-m", "PKCS8", "-f"]).arg(artifacts::public_key(key)));
    text.trim().to_owned()
}

fn verify(bench: &Bench, key: &str) {
    bench.write("allowed", format!("signer {}\n", public_key(bench, key)));
    let mut command = bench.plain(artifacts::program("ssh-keygen", PACKAGE));
    command.args(["-Y", "verify", "-n", "file", "-I", "signer", "-f", "allowed", "-s", "file.sig"]);
    succeeds(command.stdin(std::fs::File::open(bench.path("file")).unwrap()));
}

/// What OpenSSH prints for the keys in the order of the labels: the public key, then the label.
fn expected_list(bench: &Bench) -> Vec<String> {
    let line = |key: &str, shown: &str| format!("{} {}", public_key(bench, key), label(shown));
    let mut lines = vec![line("rsa-3072", "needs-approval")];
    lines.extend(KEYS.iter().map(|key| line(key, key)));
    lines
}

#[test]
fn ssh_keygen_lists_the_public_keys_without_a_login() {
    let bench = Bench::new(Credentials::Configured);
    let list = succeeds(bench.command("ssh-keygen", PACKAGE).args(["-D", &module()]));

    assert_eq!(list.lines().collect::<Vec<_>>(), expected_list(&bench));
    bench.expect_requests(&[LIST]);
}

#[test]
fn ssh_keygen_lists_the_public_keys_after_asking_for_a_pin() {
    let bench = Bench::new(Credentials::Pin);
    let mut command = bench.command("ssh-keygen", PACKAGE);
    answer_with_pin(&bench, &mut command);
    let list = succeeds(command.args(["-D", &module()]));

    assert_eq!(list.lines().collect::<Vec<_>>(), expected_list(&bench));
    bench.expect_requests(&[LIST]);
}

#[test]
fn ssh_agent_lists_the_keys_and_signs_with_them_for_one_list_request() {
    with_each_credentials(|bench| {
        let agent = Agent::start(bench);
        agent.add_token();
        let list = succeeds(agent.client("ssh-add").arg("-L"));
        assert_eq!(list.lines().collect::<Vec<_>>(), expected_list(bench));
        for key in KEYS {
            agent.signs(key);
        }

        assert_eq!(bench.signers(), [bench.user(); KEYS.len()]);
        bench.expect_requests(&[LIST, SIGN, SIGN, SIGN, SIGN, SIGN]);
    });
}
