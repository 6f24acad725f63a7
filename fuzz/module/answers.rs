//! What the service says when it does as it was asked.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::choice;
use crate::config::Slug;
use crate::signpath::hash_signing::{current, legacy, read};
use crate::signpath::signing_request::{read_state, read_submitted};
use crate::signpath::{HashToSign, PublicKey, SignatureAlgorithm, SigningPolicy, SigningRequestId};

/// The answers to a hash, by both contracts, to a file, and to the question how its signing request stands.
pub(super) fn answer(input: &[u8]) {
    let Some((route, body)) = choice(input) else { return };
    match route % 4 {
        0 => check_hash(body, "/hashSigningData/hash", current::read),
        1 => check_hash(body, "/Base64EncodedHash", legacy::read),
        2 => drop(read_state(body)),
        _ => check_submitted(body),
    }
}

/// A signature of another hash is never taken for one of this.
fn check_hash(body: &[u8], place: &str, reader: fn(&[u8]) -> Option<crate::signpath::hash_signing::Said>) {
    let policy = SigningPolicy {
        project: Slug::parse("p").unwrap(),
        policy: Slug::parse("s").unwrap(),
        id: None,
        key: PublicKey::from_rsa(&[0xff; 256], &[1, 0, 1]).unwrap(),
        certificate: None,
    };
    let hash = HashToSign { policy: &policy, algorithm: SignatureAlgorithm::Ecdsa, hash: &[7; 32] };
    let Some(signed) = read(body, &hash, reader) else { return };
    assert!(signed.signature.len() <= body.len());
    // this reader refuses more: a member that nobody asks for may hold half a character
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return };
    if let Some(echo) = body.pointer(place).and_then(Value::as_str) {
        assert_eq!(BASE64_STANDARD.decode(echo).as_deref(), Ok(&[7; 32][..]));
    }
}

fn check_submitted(body: &[u8]) {
    let location = body.iter().position(|byte| *byte == b'\n').and_then(|end| body.get(..end));
    let location = location.and_then(|location| std::str::from_utf8(location).ok());
    if let Some(submitted) = read_submitted(body, location) {
        let id = submitted.id.to_string();
        assert_eq!(SigningRequestId::parse(&id), Some(submitted.id));
        assert_eq!(id.len(), 36);
    }
}
