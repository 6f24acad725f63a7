//! Plain openssl, without the module and without configuration: it verifies what the programs under test made, makes
//! certificates, and is the other end of TLS connections.

use std::process::Command;

use crate::support::artifacts;
use crate::support::bench::{Bench, fixture, succeeds};

/// openssl in the bench's folder.
pub(crate) fn openssl(bench: &Bench) -> Command {
    bench.plain(artifacts::program("openssl", "openssl"))
}

/// The public half of a fixture key, PEM, as text.
pub(crate) fn public_key(key: &str) -> String {
    std::fs::read_to_string(artifacts::public_key(key)).unwrap()
}

/// Options of `openssl dgst` for PSS with a salt as long as the digest.
pub(crate) const PSS: [&str; 4] = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"];

/// The digest of a file.
pub(crate) fn digest(bench: &Bench, hash: &str, file: &str) -> Vec<u8> {
    succeeds(openssl(bench).args(["dgst", &format!("-{hash}"), "-binary", "-out", "digest", file]));
    bench.read("digest")
}

/// The DigestInfo of a file, as RSASSA-PKCS1-v1_5 signs it (RFC 8017 section 9.2, note 1).
pub(crate) fn digest_info(bench: &Bench, hash: &str, file: &str) -> Vec<u8> {
    let digest = digest(bench, hash, file);
    let (length, arc) = (u8::try_from(digest.len()).unwrap(), hash_arc(hash));
    let algorithm = [0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, arc, 5, 0];
    [&[0x30, 17 + length], &algorithm[..], &[4, length], &digest].concat()
}

/// The last number of the object identifier 2.16.840.1.101.3.4.2.n.
fn hash_arc(hash: &str) -> u8 {
    match hash {
        "sha256" => 1,
        "sha384" => 2,
        "sha512" => 3,
        _ => panic!("{hash} has no number here"),
    }
}

/// Fails unless the file `signature` is one of the file `data` by a key, hashed with `hash` (`sha256`, …).
pub(crate) fn verify(bench: &Bench, key: &str, hash: &str, options: &[&str], data: &str, signature: &str) {
    let mut openssl = openssl(bench);
    openssl.args(["dgst", &format!("-{hash}"), "-verify"]).arg(artifacts::public_key(key));
    assert_eq!(succeeds(openssl.args(options).args(["-signature", signature, data])), "Verified OK\n");
}

/// Fails unless the file holds a certificate request for a key that is signed by that key; its signature algorithm.
pub(crate) fn verify_request(bench: &Bench, key: &str, file: &str) -> String {
    let pem = succeeds(openssl(bench).args(["req", "-verify", "-pubkey", "-noout", "-in", file]));
    assert_eq!(pem, public_key(key));
    signature_algorithm(&succeeds(openssl(bench).args(["req", "-text", "-noout", "-in", file])))
}

/// Fails unless the file holds a certificate for a key that is signed by that key; its signature algorithm.
pub(crate) fn verify_self_signed(bench: &Bench, key: &str, file: &str) -> String {
    let verified = succeeds(openssl(bench).args(["verify", "-check_ss_sig", "-CAfile", file, file]));
    assert_eq!(verified, format!("{file}: OK\n"));
    assert_eq!(succeeds(openssl(bench).args(["x509", "-pubkey", "-noout", "-in", file])), public_key(key));
    signature_algorithm(&succeeds(openssl(bench).args(["x509", "-text", "-noout", "-in", file])))
}

fn signature_algorithm(text: &str) -> String {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("Signature Algorithm: "));
    line.expect("a signature algorithm").to_owned()
}

/// Fails unless the file `signed` is a CMS signature (DER) of the file `data` by a key with its self-signed
/// certificate.
pub(crate) fn verify_cms(bench: &Bench, key: &str, data: &str, signed: &str) {
    let authority = fixture(&format!("certificates/{key}.self-signed.pem"));
    succeeds(
        openssl(bench)
            .args(["cms", "-verify", "-binary", "-inform", "DER", "-in", signed])
            .args(["-content", data, "-CAfile", &authority, "-purpose", "any", "-out", "content"]),
    );
    assert_eq!(bench.read("content"), bench.read(data));
}

/// Makes a TLS certificate for 127.0.0.1 and a key of the token, in a file; the fixtures' TLS authority issues it,
/// which needs the public key only.
pub(crate) fn tls_certificate(bench: &Bench, key: &str) -> String {
    let (extensions, file) = ("extensions", format!("{key}.certificate.pem"));
    bench.write(extensions, b"subjectAltName = IP:127.0.0.1\nextendedKeyUsage = serverAuth, clientAuth\n");
    let mut openssl = openssl(bench);
    openssl.args(["x509", "-new", "-subj", &format!("/CN={key}"), "-days", "3"]);
    openssl.arg("-force_pubkey").arg(artifacts::public_key(key));
    openssl.args(["-CA", &fixture("tls/ca.pem"), "-CAkey", &fixture("tls/ca.key.pem")]);
    succeeds(openssl.args(["-extfile", extensions, "-out", &file]));
    file
}

/// Asks a TLS server for a page, as `s_client` with more options; it must have the certificate of
/// [`tls_certificate`]. What `s_client` printed.
pub(crate) fn get_by_tls(bench: &Bench, port: u16, options: &[&str]) -> String {
    let request = bench.write("request", b"GET / HTTP/1.0\r\n\r\n");
    let mut openssl = openssl(bench);
    openssl.args(["s_client", "-ign_eof", "-connect", &format!("127.0.0.1:{port}")]);
    openssl.args(["-CAfile", &fixture("tls/ca.pem"), "-verify_ip", "127.0.0.1", "-verify_return_error"]);
    succeeds(openssl.args(options).stdin(std::fs::File::open(request).unwrap()))
}
