//! Signing one hash, in the service's two contracts: `POST SigningRequests/SignHash` (JSON, SignPath 1.196.0 and
//! later), and the fast signing request of earlier servers (`POST SigningRequests`, a form with a `payload.json`).

pub(crate) mod current;
pub(crate) mod legacy;

use std::hash::{DefaultHasher, Hash as _, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use x509_cert::der::asn1::UintRef;
use x509_cert::der::{Decode, Reader, SliceReader};

use super::client::Client;
use super::policies::SigningPolicy;
use super::public_key::PublicKey;
use super::user::User;
use crate::config::HashSigningApi;
use crate::error::{Code, Failure};

/// An answer is the request with a signature in it, at most.
const LARGEST_ANSWER: usize = 1 << 20;

/// A hash, and how it is to be signed.
pub struct HashToSign<'a> {
    /// The policy whose key signs.
    pub policy: &'a SigningPolicy,
    /// How.
    pub algorithm: SignatureAlgorithm,
    /// The bare digest: for RSA as long as the hash algorithm's, for ECDSA as long as the caller thinks right.
    pub hash: &'a [u8],
}

/// The signature algorithms of the service that a PKCS#11 mechanism can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5; the service puts the digest into a DigestInfo.
    RsaPkcs1(HashAlgorithm),
    /// RSASSA-PSS, salt as long as the digest, MGF1 with the same hash.
    RsaPss(HashAlgorithm),
    /// ECDSA.
    Ecdsa,
}

/// The hash algorithms of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashAlgorithm {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HashAlgorithm {
    /// The object identifier, by which both contracts know it.
    pub fn oid(self) -> &'static str {
        match self {
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        }
    }
}

/// A signature as PKCS#11 wants it, and where SignPath shows its signing request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// As many bytes as the key says; ECDSA as `r ‖ s`.
    pub signature: Vec<u8>,
    /// The signing request's page, or its id, if the service tells.
    pub request: Option<String>,
}

impl Client {
    /// Has a hash signed by the contract that the server knows: one request, two where an older server has to be found
    /// out.
    ///
    /// # Errors
    ///
    /// The service refuses, fails or cannot be reached, or its answer holds no signature of this hash.
    pub fn sign_hash(&self, user: &User, hash: &HashToSign<'_>) -> Result<Signed, Failure> {
        let asked = format!("signing with {} at {}", hash.policy.label(), self.api);
        if self.hash_signing_api == HashSigningApi::Legacy || is_known_as_legacy(self) {
            return self.sign_hash_legacy(user, hash, &asked);
        }
        let answer = self.exchange(&asked, &current::request(self, user, hash, &asked)?, user)?;
        if answer.has_no_such_route() {
            if self.hash_signing_api == HashSigningApi::Current {
                return Err(answer.failure(&asked).known_as(Code::HashSigningUnknown, OLDER_SERVER));
            }
            let signed = self.sign_hash_legacy(user, hash, &asked)?;
            self.log
                .info(&format!("{} has no SignHash; using its fast signing requests from now on", self.api));
            remember_as_legacy(self);
            return Ok(signed);
        }
        let body = answer.into_success_or(&asked, Code::HashRefused, FOR_HASHES)?;
        read(&body, hash, current::read).ok_or_else(|| not_a_signature(&asked))
    }

    fn sign_hash_legacy(&self, user: &User, hash: &HashToSign<'_>, asked: &str) -> Result<Signed, Failure> {
        let request = legacy::request(self, user, hash, asked)?;
        let answer = self.exchange(asked, &request, user)?;
        let body = answer.into_success_or(asked, Code::HashRefused, FOR_HASHES)?;
        read(&body, hash, legacy::read).ok_or_else(|| not_a_signature(asked))
    }
}

const FOR_HASHES: &str = "correct what SignPath names; hash signing needs a signing policy without approval process, \
                          in a project whose default artifact configuration is of type Hash signing data";

const OLDER_SERVER: &str =
    "set HashSigningApi to auto if the server is older than SignPath 1.196.0, or check ApiUrl";

/// The last server that turned out to have no SignHash, as a hash of its address: the one thing that outlives a run,
/// and needs no lock that a fork could leave closed.
static LEGACY_SERVER: AtomicU64 = AtomicU64::new(0);

fn is_known_as_legacy(client: &Client) -> bool {
    client.hash_signing_api == HashSigningApi::Auto
        && LEGACY_SERVER.load(Ordering::Relaxed) == address_hash(client)
}

fn remember_as_legacy(client: &Client) {
    LEGACY_SERVER.store(address_hash(client), Ordering::Relaxed);
}

fn address_hash(client: &Client) -> u64 {
    let mut hasher = DefaultHasher::new();
    client.api.to_string().hash(&mut hasher);
    hasher.finish() | 1
}

fn json(body: &impl Serialize, asked: &str) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(body).map_err(|error| Failure::impossible(asked, error.to_string()))
}

/// What an answer of either contract says.
pub(crate) struct Said {
    hash: Option<String>,
    signature: String,
    request: Option<String>,
}

/// The signature in an answer; `None` if there is none, or if it is of another hash.
pub(crate) fn read(body: &[u8], hash: &HashToSign<'_>, said: fn(&[u8]) -> Option<Said>) -> Option<Signed> {
    let said = said(body)?;
    let is_of_this_hash =
        said.hash.is_none_or(|echo| BASE64_STANDARD.decode(echo).is_ok_and(|echo| echo == hash.hash));
    let signature = BASE64_STANDARD.decode(&said.signature).ok()?;
    is_of_this_hash
        .then(|| Signed { signature: fixed_width(signature, &hash.policy.key), request: said.request })
}

/// An ECDSA signature as `r ‖ s`, also where the service answered in DER although it was asked for this.
fn fixed_width(signature: Vec<u8>, key: &PublicKey) -> Vec<u8> {
    match key {
        PublicKey::Ec(key) if signature.len() != 2 * key.curve.field_bytes() => {
            from_der(&signature, key.curve.field_bytes()).unwrap_or(signature)
        }
        _ => signature,
    }
}

/// Reads an Ecdsa-Sig-Value (RFC 3279 section 2.2.3).
pub(crate) fn from_der(der: &[u8], width: usize) -> Option<Vec<u8>> {
    let mut reader = SliceReader::new(der).ok()?;
    let (r, s) = reader
        .sequence(|sequence| {
            let r: UintRef<'_> = UintRef::decode(sequence)?;
            Ok((r, UintRef::decode(sequence)?))
        })
        .ok()?;
    let padded = |number: UintRef<'_>| {
        let zeros = width.checked_sub(number.as_bytes().len())?;
        Some([vec![0; zeros], number.as_bytes().to_owned()].concat())
    };
    Some([padded(r)?, padded(s)?].concat())
}

fn not_a_signature(asked: &str) -> Failure {
    let answered = "the answer holds no signature of this hash";
    let remedy = "check ApiUrl; if it is right, tell SignPath's support";
    Failure::new(Code::SignatureNotUnderstood, asked, answered, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ecdsa_signature_in_der_becomes_two_numbers_of_fixed_width() {
        // r = 1, s = 0x80: the one needs padding, the other has DER's leading zero
        let der = [0x30, 0x07, 0x02, 0x01, 0x01, 0x02, 0x02, 0x00, 0x80];

        assert_eq!(from_der(&der, 3), Some(vec![0, 0, 1, 0, 0, 0x80]));
    }

    #[test]
    fn numbers_wider_than_the_curve_are_no_signature() {
        assert_eq!(from_der(&[0x30, 0x08, 0x02, 0x02, 0x01, 0x01, 0x02, 0x02, 0x01, 0x01], 1), None);
    }
}
