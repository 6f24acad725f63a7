//! Keys as the tool shows and exports them, with what the tools that read them say.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::desk::{Desk, text};
use crate::support::artifacts;
use crate::support::bench::{EC_KEYS, LABELS, RSA_KEYS, fixture, label, module, succeeds};
use crate::support::tools::tool;

/// The ids of the keys in a JSON report.
fn labels(report: &Value) -> Vec<String> {
    let label = |key: &Value| {
        format!("{}/{}", key["project"].as_str().unwrap(), key["signingPolicy"].as_str().unwrap())
    };
    report.as_array().unwrap().iter().map(label).collect()
}

fn openssl(desk: &Desk, arguments: &[&str]) -> String {
    succeeds(desk.bench.command("openssl", "openssl").args(arguments))
}

/// Has SignPath list one key, with a certificate that is valid for so many days from now on.
fn key_with_certificate_for(desk: &Desk, days: &str) {
    let certificate = desk.bench.path("certificate.der").to_str().unwrap().to_owned();
    let key = fixture("keys/p-256.pem");
    let request = ["req", "-x509", "-new", "-key", &key, "-subj", "/O=Acme/CN=Release", "-days", days];
    openssl(desk, &[&request[..], &["-outform", "DER", "-out", &certificate]].concat());
    let entry = json!({
        "projectSlug": "acme",
        "signingPolicySlug": "release",
        "certificateBytes": BASE64_STANDARD.encode(desk.bench.read("certificate.der")),
    });
    let body = json!({ "json": { "signingPolicies": [entry] } });
    desk.bench.emulator.tell("POST", "faults", json!({ "route": "mySigningPolicies", "body": body }));
}

fn day_in(desk: &Desk, days: &str) -> String {
    let date =
        desk.bench.command("date", "coreutils").args(["-u", "-d", days, "+%Y-%m-%d"]).output().unwrap();
    text(&date.stdout).trim().to_owned()
}

#[test]
fn every_key_is_listed_with_its_kind_and_certificate() {
    let desk = Desk::new();
    let report = desk.json(&["keys"]);

    let mut listed = labels(&report);
    listed.sort();
    assert_eq!(listed, LABELS);
    let key = report.as_array().unwrap().iter().find(|key| key["signingPolicy"] == "p-256").unwrap();
    assert_eq!(
        (&key["keyType"], &key["sizeInBits"], &key["curve"]),
        (&json!("EC"), &json!(256), &json!("P-256"))
    );
    let certificate = fixture("certificates/p-256.self-signed.pem");
    let subject = openssl(&desk, &["x509", "-in", &certificate, "-noout", "-subject", "-nameopt", "RFC2253"]);
    assert_eq!(format!("subject={}\n", key["certificate"]["subject"].as_str().unwrap()), subject);
    assert_eq!(key["certificate"]["warning"], Value::Null);
}

#[test]
fn the_table_for_people_has_a_row_a_key_and_the_names_for_each_program() {
    let desk = Desk::new().and_variable("SIGNPATH_SIGNING_POLICY_SLUG", "rsa-4096");
    let table = desk.line(&["keys"]);
    let lines: Vec<&str> = table.lines().collect();

    let words: Vec<&str> = lines[1].split_whitespace().collect();
    assert_eq!(words[..4], ["container-images", "rsa-4096", "RSA", "4096"]);
    assert_eq!(
        lines[2..],
        [
            "",
            "container-images/rsa-4096",
            "  cosign     pkcs11:token=SignPath;id=container-images%2Frsa-4096",
            "  OpenSSL    pkcs11:token=SignPath;id=container-images%2Frsa-4096;type=private",
            "  jarsigner  container-images/rsa-4096",
        ]
    );
}

#[test]
fn each_program_finds_the_key_by_the_name_that_is_listed_for_it() {
    let desk = Desk::new().and_variable("SIGNPATH_SIGNING_POLICY_SLUG", "p-256");
    let references = desk.json(&["keys"])[0]["references"].clone();
    let reference = |program: &str| references[program].as_str().unwrap().to_owned();
    let expected = std::fs::read_to_string(artifacts::public_key("p-256")).unwrap();

    let mut cosign = desk.bench.command_at(tool("cosign-3"));
    cosign.args(["public-key", "--key", &reference("cosign")]).env("COSIGN_PKCS11_MODULE_PATH", module());
    assert_eq!(succeeds(&mut cosign), expected);

    let mut openssl = desk.bench.command("openssl", "openssl");
    openssl.env("OPENSSL_CONF", with_engine(&desk)).args(["pkey", "-engine", "pkcs11", "-inform", "engine"]);
    assert_eq!(succeeds(openssl.args(["-in", &reference("openssl"), "-pubout"])), expected);

    let configuration = desk.bench.write("pkcs11.cfg", format!("name=SignPath\nlibrary={}\n", module()));
    let mut keytool = desk.bench.command("keytool", "default-jdk-headless");
    keytool.args([
        "-list",
        "-protected",
        "-keystore",
        "NONE",
        "-storetype",
        "PKCS11",
        "-addprovider",
        "SunPKCS11",
    ]);
    keytool.arg("-providerArg").arg(configuration).args(["-alias", &reference("jarsigner")]);
    assert!(succeeds(&mut keytool).starts_with("container-images/p-256, PrivateKeyEntry"));
}

/// A configuration by which openssl's engine finds the module.
fn with_engine(desk: &Desk) -> PathBuf {
    let sections =
        "openssl_conf = openssl\n[openssl]\nengines = engines\n[engines]\npkcs11 = pkcs11\n[pkcs11]\n";
    let text = format!("{sections}engine_id = pkcs11\nMODULE_PATH = {}\ninit = 1\n", module());
    desk.bench.write("openssl.cnf", text)
}

#[test]
fn a_certificate_that_ends_soon_is_warned_about() {
    let desk = Desk::new();
    key_with_certificate_for(&desk, "10");
    let end = day_in(&desk, "10 days");
    let output = desk.command(&["keys"]).output().unwrap();

    assert_eq!(output.status.code(), Some(0));
    let row = text(&output.stdout).lines().nth(1).unwrap().to_owned();
    assert_eq!(row, format!("acme     release         EC P-256  CN=Release,O=Acme  {end}"));
    assert_eq!(
        text(&output.stderr),
        format!(
            "warning: the certificate of acme/release expires in 9 days, on {end}; renew it in SignPath\n"
        )
    );
}

#[test]
fn a_certificate_in_the_middle_of_its_life_is_not_warned_about() {
    let desk = Desk::new();
    key_with_certificate_for(&desk, "40");
    let output = desk.command(&["keys"]).output().unwrap();

    assert_eq!(text(&output.stderr), "");
}

#[test]
fn a_gpg_key_has_no_certificate_and_no_name_in_java() {
    let desk =
        Desk::with(&["--shape", "gpg-policy=on"]).and_variable("SIGNPATH_SIGNING_POLICY_SLUG", "gpg-rsa");
    let report = desk.json(&["keys"]);

    assert_eq!(labels(&report), ["container-images/gpg-rsa"]);
    assert_eq!(report[0]["certificate"], Value::Null);
    assert_eq!(report[0]["references"]["jarsigner"], Value::Null);
    let message = desk.fails(1, &["certificate", "container-images/gpg-rsa"]);
    assert_eq!(
        message,
        "error: container-images/gpg-rsa has no certificate, as GPG keys have none; use public-key"
    );
}

#[test]
fn a_user_without_keys_is_told_who_can_change_that() {
    let desk = Desk::new();
    let token = desk.bench.emulator.token_none.clone();
    let desk = desk.and_variable("SIGNPATH_API_TOKEN", token);
    let output = desk.command(&["keys"]).output().unwrap();

    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), String::new()));
    assert_eq!(
        text(&output.stderr),
        "warning: there is no key: the token's user is Submitter of no signing policy; an administrator of the project \
         can change that in SignPath\n"
    );
}

#[test]
fn public_keys_are_exported_as_pem_der_and_for_ssh() {
    let desk = Desk::new();
    for key in [RSA_KEYS, EC_KEYS].concat() {
        let name = label(key);
        let pem = std::fs::read(artifacts::public_key(key)).unwrap();
        assert_eq!(text(&desk.tool(&["public-key", &name])), text(&pem), "{key}");

        let der = desk.bench.path("key.der").to_str().unwrap().to_owned();
        assert_eq!(desk.tool(&["public-key", &name, "--format", "der", "--out", &der]), b"");
        assert_eq!(openssl(&desk, &["pkey", "-pubin", "-inform", "DER", "-in", &der]), text(&pem), "{key}");

        let line = desk.line(&["public-key", &name, "--format", "ssh"]);
        assert_eq!(line, format!("{} {name}", as_openssh(&desk, &artifacts::public_key(key))));
    }
}

/// What ssh-keygen makes of a public key.
fn as_openssh(desk: &Desk, pem: &Path) -> String {
    let mut keygen = desk.bench.command("ssh-keygen", "openssh-client");
    succeeds(keygen.args(["-i", "-m", "PKCS8", "-f"]).arg(pem)).trim().to_owned()
}

#[test]
fn certificates_are_exported_as_pem_and_der() {
    let desk = Desk::new();
    let pem = desk.tool(&["certificate", "container-images/p-384"]);
    let der = desk.bench.path("certificate.der").to_str().unwrap().to_owned();
    desk.tool(&["certificate", "container-images/p-384", "--format", "der", "--out", &der]);

    let expected = std::fs::read_to_string(fixture("certificates/p-384.self-signed.pem")).unwrap();
    assert_eq!(text(&pem), expected);
    assert_eq!(openssl(&desk, &["x509", "-inform", "DER", "-in", &der]), expected);
}

#[test]
fn a_key_can_be_named_by_its_uri() {
    let desk = Desk::new();
    let by_uri = desk.tool(&["public-key", "pkcs11:token=SignPath;id=container-images%2Fp-256"]);

    assert_eq!(by_uri, desk.tool(&["public-key", "container-images/p-256"]));
}

#[test]
fn a_key_that_these_credentials_do_not_have_is_answered_with_those_that_they_have() {
    let desk = Desk::new();
    let token = desk.bench.emulator.token_some.clone();
    let desk = desk.and_variable("SIGNPATH_API_TOKEN", token);

    assert_eq!(
        desk.fails(3, &["public-key", "container-images/rsa-4096"]),
        "error: these credentials have no key container-images/rsa-4096, but container-images/p-256, \
         container-images/rsa-3072; correct the name, or make the token's user Submitter of the signing policy"
    );
}
