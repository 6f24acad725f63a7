//! The table of mechanisms is that of the code.

use signpath_pkcs11::signpath::HashAlgorithm;
use signpath_pkcs11::token::mechanism::{self, DIGESTS, MECHANISMS, Mechanism, Scheme};

use crate::markdown::document;

fn table() -> String {
    let mut table = "| mechanism | what it does | keys |\n| --- | --- | --- |\n".to_owned();
    for mechanism in &MECHANISMS {
        let info = mechanism::info(mechanism.kind).unwrap();
        let (kind, does) = (mechanism.kind, does(mechanism));
        let keys = match mechanism.scheme {
            Scheme::Ecdsa => "P-256, P-384, P-521".to_owned(),
            Scheme::RsaPkcs1 | Scheme::RsaPss => {
                format!("RSA, {} to {} bits", info.min_key_size, info.max_key_size)
            }
        };
        table.push_str(&format!("| `{kind}` | {does} | {keys} |\n"));
    }
    for (kind, hash) in DIGESTS {
        table.push_str(&format!("| `{kind}` | digests with {} | |\n", name(hash)));
    }
    table
}

fn does(mechanism: &Mechanism) -> String {
    match (mechanism.hash, mechanism.scheme) {
        (Some(hash), _) => format!("hashes with {}, signs and verifies", name(hash)),
        (None, Scheme::RsaPkcs1) => "signs and verifies a DigestInfo".to_owned(),
        (None, Scheme::RsaPss | Scheme::Ecdsa) => "signs and verifies a digest".to_owned(),
    }
}

fn name(hash: HashAlgorithm) -> &'static str {
    match hash {
        HashAlgorithm::Sha1 => "SHA-1",
        HashAlgorithm::Sha256 => "SHA-256",
        HashAlgorithm::Sha384 => "SHA-384",
        HashAlgorithm::Sha512 => "SHA-512",
    }
}

#[test]
fn the_table_of_mechanisms_is_that_of_the_code() {
    let document = document("docs/how-it-works.md");
    let documented = document.between("<!-- mechanisms:", "<!-- end of mechanisms -->");

    assert!(documented == table(), "the table must be:\n{}", table());
}
