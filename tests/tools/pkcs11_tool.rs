//! OpenSC's pkcs11-tool: what it shows of the token, and every way in which it signs and verifies.

use std::process::Command;

use crate::openssl::{PSS, digest, digest_info, openssl, public_key, verify};
use crate::support::artifacts;
use crate::support::bench::{
    Bench, Credentials, EC_KEYS, LABELS, LIST, RSA_KEYS, SIGN, fails, fixture, hex, hex_id, label, module,
    succeeds, with_each_credentials,
};

const HASHES: [&str; 3] = ["sha256", "sha384", "sha512"];

/// The EC keys that it can write to a file. OpenSC 0.23 fails at P-384 with every token, SoftHSM's included (OpenSC issue
/// 3200).
const READABLE_EC_KEYS: [&str; 2] = ["p-256", "p-521"];

/// Longer than what pkcs11-tool hands over in one C_Sign, so that it comes in parts.
const LONG: usize = 50_000;

/// pkcs11-tool with the module, logged in where there is a PIN.
fn pkcs11_tool(bench: &Bench) -> Command {
    let mut tool = logged_out(bench);
    if let Some(pin) = bench.pin() {
        tool.args(["--login", "--pin", &pin]);
    }
    tool
}

fn logged_out(bench: &Bench) -> Command {
    let mut tool = bench.command("pkcs11-tool", "opensc");
    tool.args(["--module", &module()]);
    tool
}

/// Signs the file `input` and has pkcs11-tool and openssl verify the signature, the latter as one of the file `data`.
fn sign(bench: &Bench, key: &str, mechanism: &[&str], input: &str, check: impl Fn(&str)) {
    let id = hex_id(key);
    let common = ["--id", &id, "--input-file", input, "--signature-format", "openssl", "--mechanism"];
    let mut tool = pkcs11_tool(bench);
    succeeds(tool.arg("--sign").args(common).args(mechanism).args(["--output-file", "signature"]));
    check("signature");

    let mut tool = pkcs11_tool(bench);
    tool.arg("--verify").args(common).args(mechanism).args(["--signature-file", "signature"]);
    assert!(succeeds(&mut tool).ends_with("Signature is valid\n"), "{key} {mechanism:?} {input}");
}

/// The files that are signed, one short and one that comes in parts.
fn write_data(bench: &Bench) -> [&'static str; 2] {
    bench.write("short", b"a short text\n");
    bench.write("long", vec![b'x'; LONG]);
    ["short", "long"]
}

#[test]
fn shows_the_library_and_the_token() {
    with_each_credentials(|bench| {
        let version = env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap().0;
        let information = format!(
            "Cryptoki version 3.2\nManufacturer     signpath-pkcs11\nLibrary          PKCS#11 module for SignPath (ver {version})\n"
        );
        assert_eq!(succeeds(logged_out(bench).arg("-I")), information);
        for list in ["-L", "-T"] {
            assert_eq!(succeeds(logged_out(bench).arg(list)), slots(bench.credentials, version));
        }
        bench.expect_requests(&[]);
    });
}

fn slots(credentials: Credentials, version: &str) -> String {
    let login = match credentials {
        Credentials::Configured => "",
        Credentials::Pin => "login required, ",
    };
    format!(
        "\
Available slots:
Slot 0 (0x1): SignPath signing service
  token label        : SignPath
  token manufacturer : SignPath
  token model        : SignPath
  token flags        : {login}rng, token initialized, PIN initialized, readonly
  hardware version   : {version}
  firmware version   : {version}
  serial num         : 1
  pin min/max        : 0/1024
"
    )
}

#[test]
fn shows_the_mechanisms() {
    let rsa = "keySize={2048,8192}, hw, sign, verify";
    let ec = "keySize={256,521}, hw, sign, verify, EC F_P, EC OID, EC uncompressed";
    let expected = format!(
        "\
Supported mechanisms:
  SHA256-RSA-PKCS, {rsa}
  SHA384-RSA-PKCS, {rsa}
  SHA512-RSA-PKCS, {rsa}
  SHA256-RSA-PKCS-PSS, {rsa}
  SHA384-RSA-PKCS-PSS, {rsa}
  SHA512-RSA-PKCS-PSS, {rsa}
  ECDSA-SHA256, {ec}
  ECDSA-SHA384, {ec}
  ECDSA-SHA512, {ec}
  RSA-PKCS, {rsa}
  RSA-PKCS-PSS, {rsa}
  ECDSA, {ec}
  SHA256, digest
  SHA384, digest
  SHA512, digest
  SHA-1, digest
"
    );
    with_each_credentials(|bench| assert_eq!(succeeds(logged_out(bench).arg("-M")), expected));
}

#[test]
fn lists_a_key_pair_and_a_certificate_for_each_key_with_one_request() {
    with_each_credentials(|bench| {
        let list = succeeds(pkcs11_tool(bench).arg("-O"));
        let expected: Vec<(&str, &str)> = LABELS
            .iter()
            .flat_map(|label| ["Private Key", "Public Key", "Certificate"].map(|kind| (kind, *label)))
            .collect();
        assert_eq!(objects(&list), expected);
        bench.expect_requests(&[LIST]);
    });
}

/// The kind and the label of each object of a list.
fn objects(list: &str) -> Vec<(&str, &str)> {
    let kinds = list.lines().filter_map(|line| Some(line.split_once(" Object;")?.0));
    let labels = list.lines().filter_map(|line| Some(line.trim().strip_prefix("label:")?.trim()));
    kinds.zip(labels).collect()
}

#[test]
fn lists_nothing_to_those_who_must_log_in_and_do_not() {
    let bench = Bench::new(Credentials::Pin);
    assert_eq!(objects(&succeeds(logged_out(&bench).arg("-O"))), []);
    bench.expect_requests(&[]);
}

#[test]
fn reads_the_public_keys() {
    with_each_credentials(|bench| {
        for key in RSA_KEYS.iter().chain(&READABLE_EC_KEYS) {
            succeeds(pkcs11_tool(bench).args(read_object("pubkey", key)));
            let read = ["pkey", "-pubin", "-inform", "DER", "-in", "object"];
            assert_eq!(succeeds(openssl(bench).args(read)), public_key(key));
        }
    });
}

#[test]
fn lists_the_points_of_the_ec_keys() {
    with_each_credentials(|bench| {
        let list = succeeds(pkcs11_tool(bench).args(["-O", "--type", "pubkey"]));
        let points: Vec<&str> =
            list.lines().filter_map(|line| Some(line.trim().strip_prefix("EC_POINT:")?.trim())).collect();
        assert_eq!(points, EC_KEYS.map(|key| hex(&octet_string(&point(bench, key)))));
    });
}

/// The uncompressed point of a fixture key: what its SubjectPublicKeyInfo ends with.
fn point(bench: &Bench, key: &str) -> Vec<u8> {
    let public_key = artifacts::public_key(key);
    let mut openssl = openssl(bench);
    openssl.args(["pkey", "-pubin", "-outform", "DER", "-out", "public"]).arg("-in").arg(public_key);
    succeeds(&mut openssl);
    let coordinate = match key {
        "p-256" => 32,
        "p-384" => 48,
        _ => 66,
    };
    let encoded = bench.read("public");
    encoded[encoded.len() - 2 * coordinate - 1..].to_vec()
}

fn octet_string(content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    let header = if length < 0x80 { vec![4, length] } else { vec![4, 0x81, length] };
    [&header, content].concat()
}

#[test]
fn reads_the_certificates() {
    with_each_credentials(|bench| {
        for key in RSA_KEYS.iter().chain(&EC_KEYS) {
            succeeds(pkcs11_tool(bench).args(read_object("cert", key)));
            let certificate = fixture(&format!("certificates/{key}.self-signed.pem"));
            succeeds(openssl(bench).args([
                "x509",
                "-outform",
                "DER",
                "-out",
                "fixture",
                "-in",
                &certificate,
            ]));
            assert_eq!(bench.read("object"), bench.read("fixture"), "{key}");
        }
    });
}

fn read_object(kind: &str, key: &str) -> [String; 7] {
    ["--read-object", "--type", kind, "--id", &hex_id(key), "--output-file", "object"].map(str::to_owned)
}

#[test]
fn signs_files_with_pkcs1_and_with_pss() {
    with_each_credentials(|bench| {
        for (key, hash, data) in each(RSA_KEYS, write_data(bench)) {
            let name = hash.to_uppercase();
            sign(bench, key, &[&format!("{name}-RSA-PKCS")], data, |signature| {
                verify(bench, key, hash, &[], data, signature);
            });
            sign(bench, key, &[&format!("{name}-RSA-PKCS-PSS")], data, |signature| {
                verify(bench, key, hash, &PSS, data, signature);
            });
        }
    });
}

#[test]
fn signs_files_with_ecdsa() {
    with_each_credentials(|bench| {
        for (key, hash, data) in each(EC_KEYS, write_data(bench)) {
            sign(bench, key, &[&format!("ECDSA-{}", hash.to_uppercase())], data, |signature| {
                verify(bench, key, hash, &[], data, signature);
            });
        }
    });
}

#[test]
fn signs_hashes_with_pkcs1_and_with_pss() {
    with_each_credentials(|bench| {
        for (key, hash, data) in each(RSA_KEYS, write_data(bench)) {
            bench.write("digest-info", digest_info(bench, hash, data));
            sign(bench, key, &["RSA-PKCS"], "digest-info", |signature| {
                verify(bench, key, hash, &[], data, signature);
            });

            let digest = digest(bench, hash, data);
            bench.write("digest", &digest);
            let name = hash.to_uppercase();
            let (mask, salt) = (format!("MGF1-{name}"), digest.len().to_string());
            let parameters = ["--hash-algorithm", &name, "--mgf", &mask, "--salt-len", &salt];
            sign(bench, key, &[&["RSA-PKCS-PSS"][..], &parameters].concat(), "digest", |signature| {
                verify(bench, key, hash, &PSS, data, signature);
            });
        }
    });
}

#[test]
fn signs_hashes_of_any_length_with_ecdsa() {
    with_each_credentials(|bench| {
        for (key, hash, data) in each(EC_KEYS, write_data(bench)) {
            bench.write("digest", digest(bench, hash, data));
            sign(bench, key, &["ECDSA"], "digest", |signature| {
                verify(bench, key, hash, &[], data, signature);
            });
        }
    });
}

/// Each key with each hash and each file.
fn each(
    keys: [&'static str; 3],
    files: [&'static str; 2],
) -> Vec<(&'static str, &'static str, &'static str)> {
    let with_hashes = keys.iter().flat_map(|key| HASHES.map(|hash| (*key, hash)));
    with_hashes.flat_map(|(key, hash)| files.map(|file| (key, hash, file))).collect()
}

#[test]
fn a_signature_of_another_file_is_invalid() {
    with_each_credentials(|bench| {
        let [short, long] = write_data(bench);
        sign(bench, "p-256", &["ECDSA-SHA256"], short, |_| {});
        let mut tool = pkcs11_tool(bench);
        tool.args(["--verify", "--mechanism", "ECDSA-SHA256", "--id", &hex_id("p-256")]);
        tool.args(["--signature-format", "openssl", "--signature-file", "signature", "--input-file", long]);
        assert!(succeeds(&mut tool).ends_with("Invalid signature\n"));
    });
}

#[test]
fn one_signature_costs_one_list_and_one_signing_request() {
    with_each_credentials(|bench| {
        let [_, long] = write_data(bench);
        let mut tool = pkcs11_tool(bench);
        tool.args(["--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", &hex_id("rsa-2048")]);
        succeeds(tool.args(["--input-file", long, "--output-file", "signature"]));
        assert_eq!(bench.signers(), [bench.user()]);
        bench.expect_requests(&[LIST, SIGN]);
    });
}

#[test]
fn what_is_no_digest_info_is_refused_without_a_signing_request() {
    with_each_credentials(|bench| {
        let [short, _] = write_data(bench);
        let mut tool = pkcs11_tool(bench);
        tool.args(["--sign", "--mechanism", "RSA-PKCS", "--id", &hex_id("rsa-2048")]);
        fails(tool.args(["--input-file", short, "--output-file", "signature"]));
        bench.expect_requests(&[LIST]);
    });
}

#[test]
fn its_own_test_finds_no_errors() {
    with_each_credentials(|bench| {
        let mut tool = pkcs11_tool(bench);
        let text = succeeds(tool.arg("--test").env("SIGNPATH_SIGNING_POLICY_SLUG", "rsa-2048"));
        assert!(text.contains(&format!("testing key 0 ({})", label("rsa-2048"))), "{text}");
        assert!(text.ends_with("\nNo errors\n"), "{text}");
        assert!(!bench.signers().is_empty());
    });
}

#[test]
fn its_own_test_of_fork_passes() {
    with_each_credentials(|bench| {
        let text = succeeds(logged_out(bench).arg("--test-fork"));
        assert_eq!(text, "*** Calling C_Initialize in forked child process ***\n");
    });
}
