//! Scenes with digests and signatures: what comes out, what ends an operation and what does not, what is refused.

use cryptoki_sys::*;
use sha2::{Digest, Sha256, Sha384, Sha512};
use signpath_pkcs11::token::names::MechanismType as M;

use super::host::{Host, Object, Room, Session};
use super::mechanism::Mechanism;
use super::operations::{Data, Signing};
use super::script::DATA;
use crate::support::bench::{EC_KEYS, RSA_KEYS};

const DIGESTS: [(M, usize); 4] = [(M::SHA_1, 20), (M::SHA256, 32), (M::SHA384, 48), (M::SHA512, 64)];

/// The DER of `AlgorithmIdentifier` and `OCTET STRING` before a SHA-256 digest (RFC 8017 section 9.2).
const SHA256_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];

pub fn digests(host: &mut Host<'_>) {
    host.digest_init(Session::NONE, &Mechanism::bare(M::SHA256));
    host.digest(Session::NONE, Data::Bytes(DATA), Room::For(32));
    let session = host.open(CKF_SERIAL_SESSION, "");
    host.digest(session, Data::Bytes(DATA), Room::For(32));
    host.digest_update(session, Data::Bytes(DATA));
    host.digest_final(session, Room::For(32));
    for (kind, length) in DIGESTS {
        digest_in_every_way(host, session, &Mechanism::bare(kind), length);
    }
    host.digest_init_null(session);
    host.digest_init(session, &Mechanism::bare(M::RSA_PKCS));
    host.digest_init(session, &Mechanism::bare(M::SHA256));
    host.digest_init(session, &Mechanism::bare(M::SHA256));
    host.digest(session, Data::Null(5), Room::For(32));
    host.digest(session, Data::Bytes(DATA), Room::For(32));
}

fn digest_in_every_way(host: &mut Host<'_>, session: Session, mechanism: &Mechanism, length: usize) {
    host.digest_init(session, mechanism);
    for room in [Room::Query, Room::For(0), Room::For(length - 1), Room::For(length + 1)] {
        host.digest(session, Data::Bytes(DATA), room);
    }
    host.digest(session, Data::Bytes(DATA), Room::For(length));
    host.digest_init(session, mechanism);
    host.digest(session, Data::Bytes(&[]), Room::For(length));
    host.digest_init(session, mechanism);
    host.digest_in_place(session, &[7; 64]);
    host.digest_init(session, mechanism);
    for part in DATA.chunks(7) {
        host.digest_update(session, Data::Bytes(part));
    }
    for room in [Room::Query, Room::For(length - 1), Room::For(length)] {
        host.digest_final(session, room);
    }
    host.digest_final(session, Room::For(length));
}

pub fn signatures(host: &mut Host<'_>) {
    let session = host.logged_in();
    let info = [&SHA256_INFO[..], &Sha256::digest(DATA)].concat();
    for key in RSA_KEYS {
        for kind in [M::SHA256_RSA_PKCS, M::SHA384_RSA_PKCS, M::SHA512_RSA_PKCS] {
            sign(host, session, key, &Mechanism::bare(kind), DATA);
            sign_in_parts(host, session, key, &Mechanism::bare(kind));
        }
        sign(host, session, key, &Mechanism::bare(M::RSA_PKCS), &info);
        for (hashing, bare, hash, mgf, digest) in pss() {
            let salt = digest.len() as CK_ULONG;
            sign(host, session, key, &Mechanism::pss(hashing, hash, mgf, salt), DATA);
            sign_in_parts(host, session, key, &Mechanism::pss(hashing, hash, mgf, salt));
            sign(host, session, key, &Mechanism::pss(bare, hash, mgf, salt), &digest);
        }
    }
    for key in EC_KEYS {
        for length in [20, 32, 48, 64] {
            sign(host, session, key, &Mechanism::bare(M::ECDSA), &Sha512::digest(DATA)[..length]);
        }
        for kind in [M::ECDSA_SHA256, M::ECDSA_SHA384, M::ECDSA_SHA512] {
            sign(host, session, key, &Mechanism::bare(kind), DATA);
        }
    }
}

fn pss() -> [(M, M, M, CK_ULONG, Vec<u8>); 3] {
    let (sha256, sha384, sha512) =
        (Sha256::digest(DATA).to_vec(), Sha384::digest(DATA).to_vec(), Sha512::digest(DATA).to_vec());
    [
        (M::SHA256_RSA_PKCS_PSS, M::RSA_PKCS_PSS, M::SHA256, CKG_MGF1_SHA256, sha256),
        (M::SHA384_RSA_PKCS_PSS, M::RSA_PKCS_PSS, M::SHA384, CKG_MGF1_SHA384, sha384),
        (M::SHA512_RSA_PKCS_PSS, M::RSA_PKCS_PSS, M::SHA512, CKG_MGF1_SHA512, sha512),
    ]
}

fn length_of_signature(key: &str) -> usize {
    match key {
        "rsa-2048" => 256,
        "rsa-3072" => 384,
        "rsa-4096" => 512,
        "p-256" => 64,
        "p-384" => 96,
        _ => 132,
    }
}

fn sign(host: &mut Host<'_>, session: Session, key: &'static str, mechanism: &Mechanism, data: &[u8]) {
    let private = host.object(&format!("private {key}"));
    host.sign_init(session, mechanism, &private);
    let signing = Some(Signing { key, mechanism, data });
    host.sign(session, Data::Bytes(data), Room::For(length_of_signature(key)), signing);
}

fn sign_in_parts(host: &mut Host<'_>, session: Session, key: &'static str, mechanism: &Mechanism) {
    let private = host.object(&format!("private {key}"));
    host.sign_init(session, mechanism, &private);
    for part in DATA.chunks(25) {
        host.sign_update(session, Data::Bytes(part));
    }
    let signing = Some(Signing { key, mechanism, data: DATA });
    host.sign_final(session, Room::For(length_of_signature(key)), signing);
}

pub fn operations_of_a_signature(host: &mut Host<'_>) {
    let mechanism = Mechanism::bare(M::SHA256_RSA_PKCS);
    host.sign_init(Session::NONE, &mechanism, &Object::none());
    host.sign(Session::NONE, Data::Bytes(DATA), Room::For(256), None);
    let session = host.logged_in();
    let key = host.object("private rsa-2048");
    let signing = Some(Signing { key: "rsa-2048", mechanism: &mechanism, data: DATA });
    host.sign(session, Data::Bytes(DATA), Room::For(256), None);
    host.sign_update(session, Data::Bytes(DATA));
    host.sign_final(session, Room::For(256), None);
    host.sign_init(session, &mechanism, &key);
    host.sign_init(session, &mechanism, &key);
    for room in [Room::Query, Room::For(0), Room::For(255)] {
        host.sign(session, Data::Bytes(DATA), room, None);
    }
    host.sign(session, Data::Bytes(DATA), Room::For(300), signing);
    host.sign(session, Data::Bytes(DATA), Room::For(256), None);
    host.sign_init(session, &mechanism, &key);
    host.sign_update(session, Data::Bytes(DATA));
    for room in [Room::Query, Room::For(255), Room::For(256)] {
        host.sign_final(session, room, signing);
    }
    host.sign_final(session, Room::For(256), None);
    host.sign_init(session, &mechanism, &key);
    host.sign_final(session, Room::For(256), None);
    host.sign_init(session, &mechanism, &key);
    host.sign(session, Data::Bytes(&[]), Room::For(256), None);
    what_ends_a_signature(host, session, &key);
}

fn what_ends_a_signature(host: &mut Host<'_>, session: Session, key: &Object) {
    let mechanism = Mechanism::bare(M::SHA256_RSA_PKCS);
    host.sign_init(session, &mechanism, key);
    host.sign(session, Data::Null(5), Room::For(256), None);
    host.sign(session, Data::Bytes(DATA), Room::For(256), None);
    host.sign_init(session, &mechanism, key);
    host.sign_update(session, Data::Bytes(DATA));
    host.sign(session, Data::Bytes(DATA), Room::For(256), None);
    host.sign_final(session, Room::For(256), None);
    host.sign_init(session, &Mechanism::bare(M::RSA_PKCS), key);
    host.sign(session, Data::Bytes(&[1; 246]), Room::For(256), None);
    host.sign_final(session, Room::For(256), None);
    host.sign_init(session, &mechanism, key);
    host.close(session);
    host.sign(session, Data::Bytes(DATA), Room::For(256), None);
    let session = host.logged_in();
    host.sign(session, Data::Bytes(DATA), Room::For(256), None);
}

pub fn keys_and_mechanisms(host: &mut Host<'_>) {
    let session = host.logged_in();
    let (rsa, ec) = (host.object("private rsa-2048"), host.object("private p-256"));
    let (public, certificate) = (host.object("public rsa-2048"), host.object("certificate rsa-2048"));
    let pkcs1 = Mechanism::bare(M::SHA256_RSA_PKCS);
    for key in [&Object::none(), &public, &certificate, &ec] {
        begin_anew(host, &pkcs1, key);
    }
    begin_anew(host, &Mechanism::bare(M::ECDSA), &rsa);
    for mechanism in refused_mechanisms() {
        begin_anew(host, &mechanism, &rsa);
    }
    host.sign_init_null(session, &rsa);
    for (mechanism, key, data) in
        [(M::RSA_PKCS, &rsa, &b"no digest"[..]), (M::ECDSA, &ec, &[7; 19]), (M::ECDSA, &ec, &[7; 65])]
    {
        host.sign_init(session, &Mechanism::bare(mechanism), key);
        host.sign(session, Data::Bytes(data), Room::For(256), None);
    }
    let pss = Mechanism::pss(M::RSA_PKCS_PSS, M::SHA256, CKG_MGF1_SHA256, 32);
    host.sign_init(session, &pss, &rsa);
    host.sign(session, Data::Bytes(&[7; 31]), Room::For(256), None);
}

/// In a session of its own, which ends what begins where it should not.
fn begin_anew(host: &mut Host<'_>, mechanism: &Mechanism, key: &Object) {
    let session = host.open(CKF_SERIAL_SESSION, "anew");
    host.sign_init(session, mechanism, key);
    host.close(session);
}

fn refused_mechanisms() -> [Mechanism; 9] {
    [
        Mechanism::bare(M(0x8000_0001)),
        Mechanism::bare(M::SHA256),
        Mechanism::with_bytes(M::SHA256_RSA_PKCS, &[1; 8]),
        Mechanism::bare(M::RSA_PKCS_PSS),
        Mechanism::with_bytes(M::RSA_PKCS_PSS, &[1; 8]),
        Mechanism::with_null(M::RSA_PKCS_PSS, 24),
        Mechanism::pss(M::RSA_PKCS_PSS, M::SHA256, CKG_MGF1_SHA384, 32),
        Mechanism::pss(M::SHA256_RSA_PKCS_PSS, M::SHA384, CKG_MGF1_SHA384, 48),
        Mechanism::pss(M::RSA_PKCS_PSS, M(0x8000_0001), CKG_MGF1_SHA256, 32),
    ]
}

pub fn verification(host: &mut Host<'_>) {
    let session = host.logged_in();
    let signature = fixed_signature(host, session);
    let (public, private) = (host.object("public rsa-2048"), host.object("private rsa-2048"));
    let mechanism = Mechanism::bare(M::SHA256_RSA_PKCS);
    let mut wrong = signature.clone();
    wrong[100] ^= 1;
    host.verify(session, Data::Bytes(DATA), Data::Bytes(&signature));
    host.verify_init(session, &mechanism, &private);
    host.verify_init(session, &mechanism, &Object::none());
    let anew = host.open(CKF_SERIAL_SESSION, "anew");
    host.verify_init(anew, &Mechanism::bare(M::ECDSA), &public);
    for (data, signature) in [
        (DATA, &signature[..]),
        (&DATA[1..], &signature),
        (DATA, &wrong),
        (DATA, &signature[..255]),
        (DATA, &[]),
    ] {
        host.verify_init(session, &mechanism, &public);
        host.verify(session, Data::Bytes(data), Data::Bytes(signature));
        host.verify(session, Data::Bytes(data), Data::Bytes(signature));
        host.verify_init(session, &mechanism, &public);
        host.verify_update(session, Data::Bytes(&data[..20]));
        host.verify_update(session, Data::Bytes(&data[20..]));
        host.verify_final(session, Data::Bytes(signature));
    }
    host.verify_init(session, &mechanism, &public);
    host.verify_init(session, &mechanism, &public);
    host.verify_update(session, Data::Bytes(DATA));
    host.verify(session, Data::Bytes(DATA), Data::Bytes(&signature));
    host.verify_final(session, Data::Bytes(&signature));
}

/// A signature that is the same for both modules.
fn fixed_signature(host: &mut Host<'_>, session: Session) -> Vec<u8> {
    sign(host, session, "rsa-2048", &Mechanism::bare(M::SHA256_RSA_PKCS), DATA);
    host.signatures.last().unwrap().bytes.clone()
}
