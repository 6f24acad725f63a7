//! What the host means when it signs, worked out by other means than the module's.

use std::collections::HashMap;

use aws_lc_rs::digest;
use cryptoki_sys::*;

use super::host::Arguments;
use super::service::Signed;
use crate::fuzzing::keys::written;
use crate::signpath::HashAlgorithm;

/// The signatures that were begun, by session.
#[derive(Default)]
pub(super) struct Model {
    begun: HashMap<CK_SESSION_HANDLE, Meant>,
}

/// A signature that was begun.
pub(super) struct Meant {
    pub(super) label: String,
    pub(super) mechanism: CK_MECHANISM_TYPE,
    /// The hash algorithm of the parameter.
    pub(super) pss_hash: Option<CK_MECHANISM_TYPE>,
    pub(super) parts: Vec<u8>,
}

impl Model {
    pub(super) fn clear(&mut self) {
        self.begun.clear();
    }

    pub(super) fn begin(&mut self, session: CK_SESSION_HANDLE, meant: Meant) {
        self.begun.insert(session, meant);
    }

    pub(super) fn add_part(&mut self, session: CK_SESSION_HANDLE, part: &[u8]) {
        if let Some(meant) = self.begun.get_mut(&session) {
            meant.parts.extend_from_slice(part);
        }
    }

    /// `signed` signatures were made during a call: none, except one for a host that gets it, or whose signature did
    /// not verify.
    pub(super) fn check(
        &mut self,
        name: &str,
        value: CK_RV,
        signed: u64,
        arguments: &Arguments,
        last: Option<&Signed>,
    ) {
        let is_signing = matches!(name, "C_Sign" | "C_SignFinal");
        let is_delivered = is_signing && value == CKR_OK && arguments.has_output;
        if signed == 0 {
            assert!(!is_delivered, "{name} returned a signature that nobody made");
            return;
        }
        assert!(is_signing && signed == 1, "{name} had {signed} signatures made");
        let (meant, last) = (self.begun.remove(&arguments.session).unwrap(), last.unwrap());
        assert!(is_delivered || value == CKR_DEVICE_ERROR && last.hash.len() == 20, "{name}: {value:#x}");
        let data = if name == "C_Sign" { &arguments.data } else { &meant.parts };
        meant.check(data, last);
    }
}

impl Meant {
    fn check(&self, data: &[u8], signed: &Signed) {
        let [algorithm, padding, oid] = signed.algorithm.each_ref().map(Option::as_deref);
        assert_eq!(self.label, signed.label);
        let hash = self.hash();
        let digest = hash.map_or(data.to_owned(), |hash| hashed(hash, data));
        match self.mechanism {
            CKM_RSA_PKCS => {
                let known = HashAlgorithm::ALL.into_iter().find(|known| Some(known.oid()) == oid).unwrap();
                assert_eq!((algorithm, padding), (Some("Rsa"), Some("Pkcs1")));
                assert_eq!(written(known, &signed.hash), data);
            }
            CKM_SHA256_RSA_PKCS | CKM_SHA384_RSA_PKCS | CKM_SHA512_RSA_PKCS => {
                assert_eq!(
                    (algorithm, padding, oid),
                    (Some("Rsa"), Some("Pkcs1"), hash.map(HashAlgorithm::oid))
                );
                assert_eq!(signed.hash, digest);
            }
            CKM_ECDSA | CKM_ECDSA_SHA256 | CKM_ECDSA_SHA384 | CKM_ECDSA_SHA512 => {
                assert_eq!((algorithm, padding, oid), (Some("Ecdsa"), None, None));
                let length = if self.label == "p/p-256" { 32 } else { 48 };
                assert_eq!(signed.hash, fitted(&digest, length));
            }
            _ => {
                let pss_hash = self.pss_hash.and_then(of_digest).map(HashAlgorithm::oid);
                assert_eq!((algorithm, padding, oid), (Some("Rsa"), Some("Pss"), pss_hash));
                assert_eq!(signed.hash, digest);
            }
        }
    }

    /// The hash algorithm of a mechanism that hashes.
    fn hash(&self) -> Option<HashAlgorithm> {
        match self.mechanism {
            CKM_SHA256_RSA_PKCS | CKM_SHA256_RSA_PKCS_PSS | CKM_ECDSA_SHA256 => Some(HashAlgorithm::Sha256),
            CKM_SHA384_RSA_PKCS | CKM_SHA384_RSA_PKCS_PSS | CKM_ECDSA_SHA384 => Some(HashAlgorithm::Sha384),
            CKM_SHA512_RSA_PKCS | CKM_SHA512_RSA_PKCS_PSS | CKM_ECDSA_SHA512 => Some(HashAlgorithm::Sha512),
            _ => None,
        }
    }
}

fn of_digest(mechanism: CK_MECHANISM_TYPE) -> Option<HashAlgorithm> {
    match mechanism {
        CKM_SHA256 => Some(HashAlgorithm::Sha256),
        CKM_SHA384 => Some(HashAlgorithm::Sha384),
        CKM_SHA512 => Some(HashAlgorithm::Sha512),
        _ => None,
    }
}

fn hashed(hash: HashAlgorithm, data: &[u8]) -> Vec<u8> {
    let algorithm = match hash {
        HashAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        HashAlgorithm::Sha256 => &digest::SHA256,
        HashAlgorithm::Sha384 => &digest::SHA384,
        HashAlgorithm::Sha512 => &digest::SHA512,
    };
    digest::digest(algorithm, data).as_ref().to_owned()
}

/// The leftmost bytes, as ECDSA takes them; a shorter number stays the same number.
fn fitted(digest: &[u8], length: usize) -> Vec<u8> {
    let kept = &digest[..digest.len().min(length)];
    [&vec![0; length - kept.len()], kept].concat()
}
