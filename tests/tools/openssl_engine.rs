//! openssl with libp11's engine: the key is on the token, and plain openssl verifies what it signs.

use std::process::Command;

use crate::openssl::{PSS, digest, get_by_tls, tls_certificate, verify, verify_cms, verify_self_signed};
use crate::openssl_conf::{openssl_conf, require_engine};
use crate::server::Server;
use crate::support::bench::{
    Bench, EC_KEYS, LIST, RSA_KEYS, SIGN, fails, fixture, module, succeeds, uri, with_each_credentials,
};

const HASHES: [&str; 3] = ["sha256", "sha384", "sha512"];

/// openssl with a command, by whose option `key` it takes a key of the token.
fn engine(bench: &Bench, command: &str, key: [&str; 2]) -> Command {
    let mut openssl = configured(bench);
    let [option, key] = key;
    openssl.args([command, "-engine", "pkcs11", "-keyform", "engine", option, &uri(key, "private")]);
    openssl
}

/// openssl that knows where the module is, by a variable. A PIN needs a configuration: libp11 takes no more than 32
/// bytes of one that comes by URI, by `-passin` or from a terminal.
fn configured(bench: &Bench) -> Command {
    require_engine(bench);
    let mut openssl = bench.command("openssl", "openssl");
    match bench.pin() {
        None => openssl.env("OPENSSL_CONF", "/dev/null").env("PKCS11_MODULE_PATH", module()),
        Some(_) => openssl.env("OPENSSL_CONF", openssl_conf(bench)),
    };
    openssl
}

fn write_data(bench: &Bench) -> &'static str {
    bench.write("data", vec![b'x'; 50_000]);
    "data"
}

/// Fails unless the user made one signature, with one list request.
fn expect_one_signature(bench: &Bench) {
    assert_eq!(bench.signers(), [bench.user()]);
    bench.expect_requests(&[LIST, SIGN]);
}

#[test]
fn dgst_signs_with_pkcs1_and_with_pss() {
    with_each_credentials(|bench| {
        let data = write_data(bench);
        for (key, hash) in each(RSA_KEYS) {
            for options in [&[][..], &PSS] {
                let mut openssl = engine(bench, "dgst", ["-sign", key]);
                openssl.arg(format!("-{hash}")).args(options).args(["-out", "signature", data]);
                succeeds(&mut openssl);
                verify(bench, key, hash, options, data, "signature");
                expect_one_signature(bench);
            }
        }
    });
}

#[test]
fn dgst_signs_with_ecdsa() {
    with_each_credentials(|bench| {
        let data = write_data(bench);
        for (key, hash) in each(EC_KEYS) {
            let mut openssl = engine(bench, "dgst", ["-sign", key]);
            succeeds(openssl.args([&format!("-{hash}"), "-out", "signature", data]));
            verify(bench, key, hash, &[], data, "signature");
            expect_one_signature(bench);
        }
    });
}

/// Each key with each hash.
fn each(keys: [&'static str; 3]) -> impl Iterator<Item = (&'static str, &'static str)> {
    keys.into_iter().flat_map(|key| HASHES.map(|hash| (key, hash)))
}

#[test]
fn pkeyutl_signs_hashes_with_pkcs1_and_with_pss() {
    with_each_credentials(|bench| {
        let data = write_data(bench);
        for hash in HASHES {
            digest(bench, hash, data);
            pkeyutl(bench, "rsa-2048", &["-pkeyopt", &format!("digest:{hash}")]);
            verify(bench, "rsa-2048", hash, &[], data, "signature");
            expect_one_signature(bench);

            pkeyutl(bench, "rsa-2048", &pss_options(hash, "digest").each_ref().map(String::as_str));
            verify(bench, "rsa-2048", hash, &PSS, data, "signature");
            expect_one_signature(bench);
        }
    });
}

#[test]
fn pkeyutl_signs_hashes_with_ecdsa() {
    with_each_credentials(|bench| {
        let data = write_data(bench);
        for (key, hash) in each(EC_KEYS) {
            digest(bench, hash, data);
            pkeyutl(bench, key, &[]);
            verify(bench, key, hash, &[], data, "signature");
            expect_one_signature(bench);
        }
    });
}

/// Signs the file `digest`.
fn pkeyutl(bench: &Bench, key: &str, options: &[&str]) {
    let mut openssl = engine(bench, "pkeyutl", ["-inkey", key]);
    succeeds(openssl.args(["-sign", "-in", "digest", "-out", "signature"]).args(options));
}

fn pss_options(hash: &str, salt: &str) -> [String; 6] {
    let options =
        [format!("digest:{hash}"), "rsa_padding_mode:pss".into(), format!("rsa_pss_saltlen:{salt}")];
    let [hash, padding, salt] = options;
    let option = || "-pkeyopt".to_owned();
    [option(), hash, option(), padding, option(), salt]
}

#[test]
fn a_salt_that_is_not_as_long_as_the_hash_is_refused_without_a_signing_request() {
    with_each_credentials(|bench| {
        digest(bench, "sha256", write_data(bench));
        let mut openssl = engine(bench, "pkeyutl", ["-inkey", "rsa-2048"]);
        fails(openssl.args(["-sign", "-in", "digest"]).args(pss_options("sha256", "max")));
        bench.expect_requests(&[LIST]);
    });
}

#[test]
fn req_makes_self_signed_certificates() {
    with_each_credentials(|bench| {
        for (key, hash, algorithm) in [
            ("rsa-2048", "sha256", "sha256WithRSAEncryption"),
            ("rsa-4096", "sha512", "sha512WithRSAEncryption"),
            ("p-256", "sha256", "ecdsa-with-SHA256"),
            ("p-384", "sha384", "ecdsa-with-SHA384"),
            ("p-521", "sha512", "ecdsa-with-SHA512"),
        ] {
            let mut openssl = engine(bench, "req", ["-key", key]);
            openssl.args(["-new", "-x509", "-subj", "/CN=signer", "-out", "certificate.pem"]);
            succeeds(openssl.arg(format!("-{hash}")));
            assert_eq!(verify_self_signed(bench, key, "certificate.pem"), algorithm);
            expect_one_signature(bench);
        }
    });
}

#[test]
fn cms_signs_files() {
    with_each_credentials(|bench| {
        let data = write_data(bench);
        for key in RSA_KEYS.iter().chain(&EC_KEYS) {
            let certificate = fixture(&format!("certificates/{key}.self-signed.pem"));
            let mut openssl = engine(bench, "cms", ["-inkey", key]);
            openssl.args(["-sign", "-binary", "-outform", "DER", "-signer", &certificate]);
            succeeds(openssl.args(["-in", data, "-out", "signed"]));
            verify_cms(bench, key, data, "signed");
            expect_one_signature(bench);
        }
    });
}

#[test]
fn s_server_serves_tls_1_2_and_1_3() {
    with_each_credentials(|bench| {
        for key in ["rsa-2048", "p-256", "p-384"] {
            let certificate = tls_certificate(bench, key);
            let arguments = ["-engine", "pkcs11", "-keyform", "engine", "-key", &uri(key, "private")];
            let arguments = [&arguments[..], &["-cert", &certificate]].concat();
            let server = Server::start_s_server(bench, &mut configured(bench), &arguments);
            for (option, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
                let page = get_by_tls(bench, server.port, &[option]);
                assert!(page.contains(&format!("Protocol  : {version}")), "{page}");
            }
            server.stop();
            bench.expect_requests(&[LIST, SIGN, SIGN]);
        }
    });
}
