//! GnuPG, whose daemon for smart cards is replaced by gnupg-pkcs11-scd: gpgsm signs by keys with X.509 certificates, gpg by
//! an OpenPGP key made of one. Each verifies in a home of its own, where there is no such daemon.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Command;

use crate::support::artifacts;
use crate::support::bench::{Bench, Credentials, LIST, SIGN, fixture, hex_id, module, succeeds};

/// Answers gpg-agent's questions in place of a person, in the Assuan protocol.
const PINENTRY: &str = "#!/bin/sh
echo OK
while read -r line; do
    case $line in
        GETPIN*) printf 'D %s\\nOK\\n' \"$PIN\" ;;
        BYE*) echo OK; exit ;;
        *) echo OK ;;
    esac
done
";

/// The daemon finds keys by their certificates, which a GPG key has not. GnuPG knows a key by nothing but its numbers, so
/// that no other signing policy with the same key may be in sight.
const GPG_KEYS: [(&str, &str); 2] = [
    ("SIGNPATH_INCLUDE_DUMMY_X509CERTIFICATE_FOR_GPG_KEYS", "true"),
    ("SIGNPATH_SIGNING_POLICY_SLUG", "gpg-rsa"),
];

/// A home of GnuPG. Its daemons are gone with the value.
struct Home<'a> {
    bench: &'a Bench,
    folder: PathBuf,
    /// What the module is told beside the bench's variables.
    settings: &'static [(&'static str, &'static str)],
}

impl<'a> Home<'a> {
    /// A home without a card, whose gpgsm trusts the fixtures' authority.
    fn new(bench: &'a Bench, name: &str) -> Self {
        let folder = bench.path(name);
        std::fs::DirBuilder::new().mode(0o700).create(&folder).unwrap();
        let home = Self { bench, folder, settings: &[] };
        home.write("gpgsm.conf", "disable-crl-checks\n");
        home.write("trustlist.txt", &format!("{} S relax\n", fingerprint(bench, "ca")));
        home
    }

    /// A home whose card is the token.
    fn with_token(bench: &'a Bench) -> Self {
        let home = Self::new(bench, "signer");
        let daemon = artifacts::program("gnupg-pkcs11-scd", "gnupg-pkcs11-scd");
        let pinentry = home.write("pinentry", PINENTRY);
        std::fs::set_permissions(&pinentry, std::fs::Permissions::from_mode(0o700)).unwrap();
        let agent =
            format!("scdaemon-program {}\npinentry-program {}\n", daemon.display(), pinentry.display());
        home.write("gpg-agent.conf", &agent);
        let mut card = format!("providers signpath\nprovider-signpath-library {}\n", module());
        if bench.credentials == Credentials::Pin {
            card += "provider-signpath-cert-private\n";
        }
        home.write("gnupg-pkcs11-scd.conf", &card);
        home
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        std::fs::write(self.folder.join(name), content).unwrap();
        self.folder.join(name)
    }

    fn command(&self, program: &str, debian_package: &str) -> Command {
        let mut command = self.bench.command(program, debian_package);
        command.env("GNUPGHOME", &self.folder).env("PIN", self.bench.pin().unwrap_or_default());
        command.envs(self.settings.iter().copied());
        command
    }

    fn gpg(&self) -> Command {
        let mut command = self.command("gpg", "gpg");
        command.args(["--batch", "--status-fd", "1"]);
        command
    }

    fn gpgsm(&self) -> Command {
        let mut command = self.command("gpgsm", "gpgsm");
        command.args(["--batch", "--status-fd", "1"]);
        command
    }

    fn tell_agent(&self, line: &str) -> String {
        let text = succeeds(self.command("gpg-connect-agent", "gpgconf").args([line, "/bye"]));
        assert!(text.ends_with("OK\n"), "{line}: {text}");
        text
    }

    /// Makes the agent know the token's keys, and tells the keygrip of one.
    fn learn(&self, key: &str) -> String {
        // This one asks for the PIN; the agent's own command cannot.
        let list = self.tell_agent("SCD LEARN --force");
        self.tell_agent("LEARN");
        let id = hex_id(key).to_uppercase();
        let grip = |line: &str| {
            let line = line.strip_prefix("S KEYPAIRINFO ")?.strip_suffix(&format!("/{id}"))?;
            Some(line.split(' ').next().unwrap().to_owned())
        };
        list.lines().find_map(grip).unwrap_or_else(|| panic!("no {key} in {list}"))
    }
}

impl Drop for Home<'_> {
    fn drop(&mut self) {
        for action in [["--kill", "all"].as_slice(), &["--remove-socketdir"]] {
            let _ = self.command("gpgconf", "gpgconf").args(action).output();
        }
    }
}

/// The SHA-1 fingerprint of a certificate of the fixtures, by which gpgsm names it.
fn fingerprint(bench: &Bench, certificate: &str) -> String {
    let mut openssl = bench.plain(artifacts::program("openssl", "openssl"));
    openssl.args(["x509", "-noout", "-fingerprint", "-sha1", "-in"]);
    let text = succeeds(openssl.arg(fixture(&format!("certificates/{certificate}.pem"))));
    text.trim().rsplit('=').next().unwrap().replace(':', "")
}

/// The fingerprint of whose valid signature a status tells.
fn signer(status: &str) -> &str {
    let line = status.lines().find_map(|line| line.strip_prefix("[GNUPG:] VALIDSIG "));
    line.unwrap_or_else(|| panic!("{status}")).split(' ').next().unwrap()
}

/// Makes an OpenPGP key of a key that the agent knows.
fn make_openpgp_key(home: &Home<'_>, grip: &str) {
    let description = format!(
        "Key-Type: RSA\nKey-Grip: {grip}\nKey-Usage: sign\nName-Real: Releases\nExpire-Date: 0\n%commit\n"
    );
    let description = home.write("description", &description);
    succeeds(home.gpg().arg("--full-generate-key").arg(description));
    succeeds(home.gpg().args(["--output", "key.pgp", "--export", "Releases"]));
}

#[test]
fn gpgsm_signs_a_file() {
    for credentials in Credentials::BOTH {
        let bench = Bench::with_authority(credentials);
        let (home, verifier) = (Home::with_token(&bench), Home::new(&bench, "verifier"));
        for home in [&home, &verifier] {
            succeeds(home.gpgsm().args(["--import", &fixture("certificates/ca.pem")]));
        }
        home.learn("rsa-2048");
        succeeds(home.gpgsm().arg("--learn-card"));
        bench.expect_requests(&[LIST]);
        bench.write("file", "to be signed\n");
        for (key, digest) in [("rsa-2048", "SHA256"), ("rsa-4096", "SHA384"), ("rsa-2048", "SHA512")] {
            let user = fingerprint(&bench, &format!("{key}.ca-issued"));
            let arguments = ["--yes", "--local-user", &user, "--digest-algo", digest, "--output", "file.p7s"];
            succeeds(home.gpgsm().args(arguments).args(["--detach-sign", "file"]));
            bench.expect_requests(&[SIGN]);

            assert_eq!(signer(&succeeds(verifier.gpgsm().args(["--verify", "file.p7s", "file"]))), user);
        }
    }
}

#[test]
fn gpg_signs_a_file_with_a_gpg_key() {
    for credentials in Credentials::BOTH {
        let bench = Bench::with(credentials, &["--shape", "gpg-policy=on"]);
        let (mut home, verifier) = (Home::with_token(&bench), Home::new(&bench, "verifier"));
        home.settings = &GPG_KEYS;
        make_openpgp_key(&home, &home.learn("gpg-rsa"));
        // The key's signature of itself, and its revocation that is made in advance.
        bench.expect_requests(&[LIST, SIGN, SIGN]);
        bench.write("file", "to be signed\n");
        succeeds(home.gpg().args(["--output", "file.sig", "--detach-sign", "file"]));

        assert_eq!(bench.emulator.audit()[0]["signingPolicy"], "gpg-rsa");
        bench.expect_requests(&[SIGN]);
        succeeds(verifier.gpg().args(["--import", "key.pgp"]));
        let status = succeeds(verifier.gpg().args(["--verify", "file.sig", "file"]));
        let shown = succeeds(home.gpg().args(["--with-colons", "--list-keys"]));
        assert!(shown.contains(&format!("\nfpr:::::::::{}:\n", signer(&status))), "{shown}");
    }
}
