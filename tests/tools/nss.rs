//! NSS: modutil adds the module to a database, certutil lists what is on the token, cmsutil signs.

use std::process::Command;

use crate::openssl::openssl;
use crate::support::bench::{Bench, Credentials, LIST, SIGN, fixture, label, module, succeeds};

const DATABASE: &str = "sql:database";

/// NSS keeps certificates and not objects: the three policies with one certificate are one of its nicknames.
const CERTIFICATES: [&str; 6] = ["needs-approval", "p-256", "p-384", "p-521", "rsa-2048", "rsa-4096"];

/// A bench with a database that holds the module, and an authority whom NSS trusts for code signing: NSS signs with any
/// certificate, and verifies only with those that it finds valid.
fn bench(credentials: Credentials) -> Bench {
    let bench = Bench::with_authority(credentials);
    std::fs::create_dir(bench.path("database")).unwrap();
    bench.write("pin", bench.pin().unwrap_or_default());
    succeeds(nss(&bench, "certutil").args(["-N", "--empty-password"]));
    let authority = fixture("certificates/ca.pem");
    succeeds(nss(&bench, "certutil").args(["-A", "-n", "authority", "-t", ",,C", "-i", &authority]));
    let added = succeeds(modutil(&bench).args(["-add", "SignPath", "-libfile", &module()]));
    assert_eq!(added, "Module \"SignPath\" added to database.\n");
    bench
}

/// A program of NSS with the database.
fn nss(bench: &Bench, program: &str) -> Command {
    let mut command = bench.command(program, "libnss3-tools");
    command.args(["-d", DATABASE]);
    command
}

/// The one that names its options otherwise, and asks without `-force` whether a browser is running.
fn modutil(bench: &Bench) -> Command {
    let mut modutil = bench.command("modutil", "libnss3-tools");
    modutil.args(["-dbdir", DATABASE, "-force"]);
    modutil
}

/// certutil with the token; the file is read where the token wants a PIN.
fn certutil(bench: &Bench) -> Command {
    let mut certutil = nss(bench, "certutil");
    certutil.args(["-h", "SignPath", "-f", "pin"]);
    certutil
}

/// Signs a file. `-u 6`: with a certificate for code signing; `-Y NONE`: without one for encryption; `-G`: with a
/// signing time, since what NSS 3.87 signs with EC keys and no attributes is wrong whatever the token.
fn sign(bench: &Bench, key: &str, hash: &str) {
    let nickname = format!("SignPath:{}", label(key));
    let mut cmsutil = nss(bench, "cmsutil");
    cmsutil.args(["-S", "-G", "-u", "6", "-Y", "NONE", "-H", hash, "-N", &nickname, "-f", "pin"]);
    succeeds(cmsutil.args(["-i", "data", "-o", "signed"]));
}

/// Fails unless openssl finds the file signed by a key, with its certificate from the fixtures' authority.
fn verify_by_openssl(bench: &Bench, key: &str) {
    let mut openssl = openssl(bench);
    openssl.args(["cms", "-verify", "-binary", "-inform", "DER", "-in", "signed", "-out", "content"]);
    openssl.args(["-CAfile", &fixture("certificates/ca.pem"), "-purpose", "any", "-signer", "signer.pem"]);
    succeeds(&mut openssl);
    assert_eq!(bench.read("content"), bench.read("data"));
    assert_eq!(bench.read_text("signer.pem"), issued_certificate(key));
}

/// Fails unless NSS finds the same.
fn verify_by_nss(bench: &Bench, key: &str) {
    let mut cmsutil = nss(bench, "cmsutil");
    let verified = succeeds(cmsutil.args(["-D", "-n", "-h", "1", "-u", "6", "-f", "pin", "-i", "signed"]));
    let status = format!("signer0.id=\"{key}\"; signer0.status=GoodSignature; ");
    assert!(verified.contains(&status), "{verified}");
}

fn issued_certificate(key: &str) -> String {
    std::fs::read_to_string(fixture(&format!("certificates/{key}.ca-issued.pem"))).unwrap()
}

/// The words that begin with the token's name: nicknames of certificates.
fn nicknames(listing: &str) -> Vec<&str> {
    listing.split_whitespace().filter(|word| word.starts_with("SignPath:")).collect()
}

#[test]
fn modutil_adds_the_module_and_shows_its_token_without_a_request() {
    for credentials in Credentials::BOTH {
        let bench = bench(credentials);
        let shown = succeeds(modutil(&bench).args(["-list", "SignPath"]));
        let login = match credentials {
            Credentials::Configured => "Login Type: Public (no login required)\n",
            Credentials::Pin => "Login Type: Login required\n",
        };
        for line in ["PKCS #11 Version 3.2\n", "Token Name: SignPath  ", "Access: Write Protected\n", login] {
            assert!(shown.contains(line), "{line:?} is not in {shown}");
        }
        bench.expect_requests(&[]);
    }
}

#[test]
fn certutil_lists_certificates_with_their_keys() {
    for credentials in Credentials::BOTH {
        let bench = bench(credentials);
        let listed = succeeds(certutil(&bench).arg("-L"));
        let expected = CERTIFICATES.map(|key| format!("SignPath:{}", label(key)));
        assert_eq!(nicknames(&listed), expected);
        // u: the private key is there.
        assert_eq!(listed.matches(" u,u,u\n").count(), expected.len(), "{listed}");
        bench.expect_requests(&[LIST]);
    }
}

#[test]
fn certutil_reads_a_certificate() {
    for credentials in Credentials::BOTH {
        let bench = bench(credentials);
        let nickname = format!("SignPath:{}", label("p-384"));
        let pem = succeeds(certutil(&bench).args(["-L", "-a", "-n", &nickname]));
        assert_eq!(pem.replace("\r\n", "\n"), issued_certificate("p-384"));
    }
}

#[test]
fn cmsutil_signs_with_rsa_and_ec() {
    for credentials in Credentials::BOTH {
        let bench = bench(credentials);
        bench.write("data", "signed by NSS\n");
        for (key, hash) in
            [("rsa-2048", "SHA256"), ("rsa-4096", "SHA512"), ("p-256", "SHA256"), ("p-384", "SHA384")]
        {
            sign(&bench, key, hash);
            assert_eq!(bench.signers(), [bench.user()]);
            bench.expect_requests(&[LIST, SIGN]);
            verify_by_openssl(&bench, key);
            verify_by_nss(&bench, key);
            bench.emulator.tell("POST", "reset", serde_json::json!({}));
        }
    }
}
