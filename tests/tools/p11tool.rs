//! GnuTLS's p11tool and certtool, which load the module through p11-kit and open and log into a session anew for each
//! thing that they want to know.

use std::process::Command;

use crate::openssl::{public_key, verify_request};
use crate::support::bench::{
    Bench, Credentials, EC_KEYS, LABELS, LIST, RSA_KEYS, SIGN, module, succeeds, uri, with_each_credentials,
};

/// One of the two with the module, logged in where there is a PIN; p11tool logs in only if it is told so.
fn gnutls(bench: &Bench, program: &str) -> Command {
    let mut tool = logged_out(bench, program);
    if let Some(pin) = bench.pin() {
        tool.env("GNUTLS_PIN", pin);
        tool.args((program == "p11tool").then_some("--login"));
    }
    tool
}

fn logged_out(bench: &Bench, program: &str) -> Command {
    let mut tool = bench.command(program, "gnutls-bin");
    tool.args(["--provider", &module()]);
    tool
}

#[test]
fn lists_the_token_without_a_request() {
    with_each_credentials(|bench| {
        let flags = match bench.credentials {
            Credentials::Configured => "RNG",
            Credentials::Pin => "RNG, Requires login",
        };
        let token = format!(
            "\
Token 0:
\tURL: pkcs11:model=SignPath;manufacturer=SignPath;serial=1;token=SignPath
\tLabel: SignPath
\tType: Generic token
\tFlags: {flags}
\tManufacturer: SignPath
\tModel: SignPath
\tSerial: 1
\tModule: \n\n
"
        );
        assert_eq!(succeeds(logged_out(bench, "p11tool").arg("--list-tokens")), token);
        bench.expect_requests(&[]);
    });
}

#[test]
fn lists_every_object_with_one_request_for_all_its_logins() {
    with_each_credentials(|bench| {
        let list = succeeds(gnutls(bench, "p11tool").arg("--list-all"));
        let expected: Vec<(&str, &str)> = LABELS
            .iter()
            .flat_map(|label| ["Private key", "Public key", "X.509 Certificate"].map(|kind| (kind, *label)))
            .collect();
        assert_eq!(objects(&list), expected);
        bench.expect_requests(&[LIST]);
    });
}

/// The kind and the label of each object of a list, but for the token's profiles, whose type GnuTLS does not know.
fn objects(list: &str) -> Vec<(&str, &str)> {
    let values = |name| list.lines().filter_map(move |line| line.trim().strip_prefix(name));
    let kinds = values("Type: ").map(|kind| kind.split(" (").next().unwrap());
    kinds.zip(values("Label: ")).filter(|(kind, _)| *kind != "Unknown").collect()
}

#[test]
fn signs_and_verifies_with_every_key() {
    with_each_credentials(|bench| {
        for key in RSA_KEYS.iter().chain(&EC_KEYS) {
            test_sign(bench, key, &[]);
        }
    });
}

#[test]
fn signs_and_verifies_with_pss() {
    with_each_credentials(|bench| {
        for key in RSA_KEYS {
            test_sign(bench, key, &["--sign-params", "RSA-PSS"]);
        }
    });
}

/// Has p11tool sign, and verify what it signed with what the token tells of the key.
fn test_sign(bench: &Bench, key: &str, options: &[&str]) {
    let output = gnutls(bench, "p11tool").args(options).args(["--test-sign", &uri(key, "private")]).output();
    let output = output.unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{key}: {text}");
    for against in ["private key parameters", "public key in the token"] {
        assert!(text.contains(&format!("Verifying against {against}... ok\n")), "{key}: {text}");
    }
    assert_eq!(bench.signers(), [bench.user()]);
    bench.expect_requests(&[LIST, SIGN]);
}

#[test]
fn exports_the_public_keys() {
    with_each_credentials(|bench| {
        for key in RSA_KEYS.iter().chain(&EC_KEYS) {
            let mut tool = gnutls(bench, "p11tool");
            assert_eq!(succeeds(tool.args(["--export-pubkey", &uri(key, "private")])), public_key(key));
            bench.expect_requests(&[LIST]);
        }
    });
}

#[test]
fn certtool_makes_certificate_requests() {
    with_each_credentials(|bench| {
        bench.write("template", "cn = \"signer\"\nsigning_key\n");
        for (key, algorithm) in [
            ("rsa-2048", "sha256WithRSAEncryption"),
            ("p-256", "ecdsa-with-SHA256"),
            ("p-384", "ecdsa-with-SHA384"),
            ("p-521", "ecdsa-with-SHA512"),
        ] {
            let mut tool = gnutls(bench, "certtool");
            tool.args(["--generate-request", "--template", "template", "--outfile", "request.pem"]);
            tool.args(["--load-privkey", &uri(key, "private"), "--load-pubkey", &uri(key, "public")]);
            succeeds(&mut tool);
            assert_eq!(verify_request(bench, key, "request.pem"), algorithm);
            bench.expect_requests(&[LIST, SIGN]);
        }
    });
}
