//! jarsigner and keytool, which reach the token through Java's provider SunPKCS11. jarsigner also verifies: without that
//! provider, with Java's own cryptography and the fixtures' authority.

use std::process::Command;

use crate::support::artifacts;
use crate::support::bench::{Bench, Credentials, LABELS, LIST, RSA_KEYS, SIGN, label, module, succeeds};

const PACKAGE: &str = "default-jdk-headless";

/// Algorithms of signatures, each with a key that signs so; for RSASSA-PSS jarsigner chooses the hash by the key's size:
/// SHA-256, and SHA-384 for more than 3072 bits.
const SIGNATURES: [(&str, &str, u32); 10] = [
    ("SHA256withRSA", "rsa-2048", 2048),
    ("SHA384withRSA", "rsa-3072", 3072),
    ("SHA512withRSA", "rsa-4096", 4096),
    ("RSASSA-PSS", "rsa-2048", 2048),
    ("RSASSA-PSS", "rsa-4096", 4096),
    ("SHA256withECDSA", "p-256", 256),
    ("SHA384withECDSA", "p-384", 384),
    ("SHA512withECDSA", "p-521", 521),
    ("SHA256withECDSA", "p-384", 384),
    ("SHA512withECDSA", "p-256", 256),
];

/// How the file that configures SunPKCS11 names the slot.
#[derive(Clone, Copy)]
enum Slot {
    Id,
    Index,
}

impl Slot {
    fn line(self) -> &'static str {
        match self {
            Self::Id => "slot=1",
            Self::Index => "slotListIndex=0",
        }
    }
}

/// One of the two programs with the token as its key store. Without a PIN, `-protected` keeps it from asking for one.
fn with_token(bench: &Bench, program: &str, slot: Slot) -> Command {
    let configuration = format!("name=SignPath\nlibrary={}\n{}\n", module(), slot.line());
    let configuration = bench.write("pkcs11.cfg", configuration);
    let mut command = bench.command(program, PACKAGE);
    command.args(["-keystore", "NONE", "-storetype", "PKCS11", "-addprovider", "SunPKCS11", "-providerArg"]);
    command.arg(configuration);
    match bench.pin() {
        Some(pin) => command.env("PIN", pin).args(["-storepass:env", "PIN"]),
        None => command.arg("-protected"),
    };
    command
}

/// Adds a signature to `program.jar`, in files of this name.
fn sign(bench: &Bench, slot: Slot, file: &str, algorithm: &str, key: &str) {
    let authority = std::fs::read_to_string(artifacts::fixture("certificates/ca.pem")).unwrap();
    let leaf = artifacts::fixture(&format!("certificates/{key}.ca-issued.pem"));
    let chain = bench.write("chain.pem", std::fs::read_to_string(leaf).unwrap() + &authority);
    let mut command = with_token(bench, "jarsigner", slot);
    command.args(["-sigalg", algorithm, "-sigfile", file, "-certchain"]).arg(chain);
    succeeds(command.args(["program.jar", &label(key)]));
}

fn make_jar(bench: &Bench) {
    bench.write("program.txt", "a program\n");
    let jar = artifacts::program("jar", PACKAGE);
    succeeds(bench.plain(jar).args(["--create", "--file", "program.jar", "program.txt"]));
}

/// Verifies `program.jar` and tells its signatures, sorted.
fn verified_signatures(bench: &Bench) -> Vec<String> {
    trust_authority(bench);
    let mut jarsigner = bench.plain(artifacts::program("jarsigner", PACKAGE));
    jarsigner.args(["-verify", "-strict", "-verbose", "-keystore", "trust.p12", "-storepass", "public"]);
    let text = succeeds(jarsigner.arg("program.jar"));
    assert!(text.contains("\njar verified.\n"), "{text}");
    let mut signatures = signatures_in(&text);
    signatures.sort();
    signatures
}

fn trust_authority(bench: &Bench) {
    if !bench.path("trust.p12").exists() {
        let mut keytool = bench.plain(artifacts::program("keytool", PACKAGE));
        keytool.args(["-importcert", "-noprompt", "-alias", "authority", "-keystore", "trust.p12"]);
        succeeds(
            keytool.args(["-storepass", "public", "-file"]).arg(artifacts::fixture("certificates/ca.pem")),
        );
    }
}

/// The signers and algorithms that `jarsigner -verify` prints, as `rsa-2048: SHA256withRSA, 2048-bit key`.
fn signatures_in(text: &str) -> Vec<String> {
    let mut signer = "";
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("- Signed by \"CN=") {
            signer = name.split(',').next().unwrap();
        } else if let Some(algorithm) = line.strip_prefix("    Signature algorithm: ") {
            found.push(format!("{signer}: {algorithm}"));
        }
    }
    found
}

fn expected(signatures: &[(&str, &str, u32)]) -> Vec<String> {
    let line = |(algorithm, key, bits): &(&str, &str, u32)| format!("{key}: {algorithm}, {bits}-bit key");
    let mut lines: Vec<String> = signatures.iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn keytool_lists_the_keys() {
    for credentials in Credentials::BOTH {
        let bench = Bench::new(credentials);
        for slot in [Slot::Id, Slot::Index] {
            let text = succeeds(with_token(&bench, "keytool", slot).arg("-list"));
            let aliases: Vec<&str> =
                text.lines().filter_map(|line| line.strip_suffix(", PrivateKeyEntry, ")).collect();
            assert_eq!(aliases, LABELS);
            bench.expect_requests(&[LIST]);
        }
    }
}

#[test]
fn jarsigner_signs_with_rsa_and_ec_keys_and_each_hash() {
    let bench = Bench::with_authority(Credentials::Configured);
    make_jar(&bench);
    for (number, (algorithm, key, _)) in SIGNATURES.iter().enumerate() {
        sign(&bench, Slot::Id, &format!("SIGNER{number}"), algorithm, key);
        bench.expect_requests(&[LIST, SIGN]);
    }

    assert_eq!(verified_signatures(&bench), expected(&SIGNATURES));
}

#[test]
fn for_pss_jarsigner_chooses_the_hash_by_the_size_of_the_key() {
    let bench = Bench::with_authority(Credentials::Configured);
    make_jar(&bench);
    for key in RSA_KEYS {
        sign(&bench, Slot::Id, "SIGNER", "RSASSA-PSS", key);
    }

    let algorithms: Vec<String> =
        bench.emulator.audit().iter().map(|entry| entry["algorithm"].as_str().unwrap().to_owned()).collect();
    assert_eq!(algorithms, ["RsaPss Sha256", "RsaPss Sha256", "RsaPss Sha384"]);
}

#[test]
fn jarsigner_signs_with_a_pin() {
    let bench = Bench::with_authority(Credentials::Pin);
    make_jar(&bench);
    sign(&bench, Slot::Index, "ONE", "SHA256withRSA", "rsa-2048");
    sign(&bench, Slot::Index, "TWO", "SHA256withECDSA", "p-256");

    assert_eq!(bench.signers(), [bench.user(), bench.user()]);
    let both = [("SHA256withRSA", "rsa-2048", 2048), ("SHA256withECDSA", "p-256", 256)];
    assert_eq!(verified_signatures(&bench), expected(&both));
}

#[test]
fn a_pin_beside_configured_credentials_counts_only_where_a_login_is_required() {
    let bench = Bench::with_authority(Credentials::Configured);
    let pin = format!("{}:{}", bench.emulator.organization, bench.emulator.token_awkward);
    make_jar(&bench);
    let configuration = bench.write("pkcs11.cfg", format!("name=SignPath\nlibrary={}\n", module()));
    for required in ["auto", "always"] {
        let mut command = bench.command("jarsigner", PACKAGE);
        command.env("SIGNPATH_CRYPTOKI_LOGIN_REQUIRED", required).env("PIN", &pin);
        command.args(["-keystore", "NONE", "-storetype", "PKCS11", "-storepass:env", "PIN"]);
        command.args(["-addprovider", "SunPKCS11", "-providerArg"]).arg(&configuration);
        succeeds(command.args(["program.jar", &label("p-256")]));
    }

    assert_eq!(bench.signers(), ["all-policies", "awkward-token"]);
}
