//! A signing operation: from C_SignInit to the hash that goes to SignPath.
//!
//! Data is hashed as it arrives. A mechanism that takes a digest gets it in one piece: two of the standard's three
//! define no parts (PKCS#11 v3.1 sections 6.1.6, 6.1.10 and 6.3.12), and a host that repeats a failed C_Sign in parts,
//! as pkcs11-tool does, must not have the same digest signed twice.

use std::sync::Arc;

use aws_lc_rs::digest::{self, Context};

use super::encoding::{digest_info, fitted_to_curve};
use super::error::{Result, refused};
use super::mechanism::{Mechanism, MechanismParameter, Scheme};
use super::names::ReturnValue;
use super::object::Key;
use crate::signpath::{HashAlgorithm, PublicKey, SignatureAlgorithm, User};

/// Bytes that ECDSA signs: from SHA-1's digest to SHA-512's.
const ECDSA_INPUT: std::ops::RangeInclusive<usize> = 20..=64;

/// A signature being made in a session.
pub struct SigningOperation {
    /// The key.
    pub key: Arc<Key>,
    /// In whose name it signs.
    pub user: Arc<User>,
    mechanism: &'static Mechanism,
    hash: Option<HashAlgorithm>,
    parts: Option<Context>,
}

/// What goes to SignPath.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSign {
    /// How it is signed.
    pub algorithm: SignatureAlgorithm,
    /// The bare digest; for ECDSA in the length of the curve's own.
    pub hash: Vec<u8>,
}

impl SigningOperation {
    /// Begins an operation.
    ///
    /// # Errors
    ///
    /// `CKR_MECHANISM_PARAM_INVALID`; `CKR_KEY_TYPE_INCONSISTENT`: the mechanism is for keys of another type.
    pub fn new(
        key: Arc<Key>,
        user: Arc<User>,
        mechanism: &'static Mechanism,
        parameter: MechanismParameter,
    ) -> Result<Self> {
        let hash = mechanism.check_parameter(parameter)?;
        if !mechanism.fits(key.public_key()) {
            let reason = format!("{} is not for {}", mechanism.kind, key.public_key().description());
            return Err(refused(ReturnValue::KEY_TYPE_INCONSISTENT, reason));
        }
        Ok(Self { key, user, mechanism, hash, parts: None })
    }

    /// Bytes of the signature to come.
    pub fn signature_length(&self) -> usize {
        self.key.public_key().signature_bytes()
    }

    /// Takes a part of the data.
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_NOT_INITIALIZED`: the mechanism takes its input in one piece.
    pub fn update(&mut self, data: &[u8]) -> Result<()> {
        let hash = self.mechanism.hash.ok_or_else(|| self.has_no_parts())?;
        self.parts.get_or_insert_with(|| Context::new(hash.implementation())).update(data);
        Ok(())
    }

    /// Ends the data that came in parts.
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_NOT_INITIALIZED`: the mechanism takes its input in one piece.
    pub fn end_of_parts(self) -> Result<ToSign> {
        let hash = self.mechanism.hash.ok_or_else(|| self.has_no_parts())?;
        let context = self.parts.clone().unwrap_or_else(|| Context::new(hash.implementation()));
        Ok(self.to_sign(hash, context.finish().as_ref()))
    }

    /// Takes all of the data at once.
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_NOT_INITIALIZED`: parts came before (PKCS#11 v3.1 section 5.13.2). `CKR_DATA_LEN_RANGE` or
    /// `CKR_DATA_INVALID`: not a digest, or not one that SignPath can express.
    pub fn whole(self, data: &[u8]) -> Result<ToSign> {
        if self.parts.is_some() {
            let reason = "C_SignFinal ends an operation whose data came in parts";
            return Err(refused(ReturnValue::OPERATION_NOT_INITIALIZED, reason));
        }
        match (self.mechanism.hash, self.mechanism.scheme) {
            (Some(hash), _) => Ok(self.to_sign(hash, digest::digest(hash.implementation(), data).as_ref())),
            (None, Scheme::RsaPkcs1) => self.digest_info(data),
            (None, Scheme::RsaPss) => self.pss_digest(data),
            (None, Scheme::Ecdsa) => self.ecdsa_digest(data),
        }
    }

    fn digest_info(&self, data: &[u8]) -> Result<ToSign> {
        // PKCS#1 needs eleven bytes of padding (RFC 8017 section 9.2)
        let longest = self.signature_length() - 11;
        if data.len() > longest {
            return Err(wrong_length(data.len(), &format!("this key signs at most {longest}")));
        }
        let (hash, digest) = digest_info(data).ok_or_else(|| {
            let reason = "the data is not a DigestInfo of SHA-1, SHA-256, SHA-384 or SHA-512; SignPath signs no other, \
                          hash the data or use a mechanism that does";
            refused(ReturnValue::DATA_INVALID, reason)
        })?;
        Ok(self.to_sign(hash, digest))
    }

    fn pss_digest(&self, data: &[u8]) -> Result<ToSign> {
        let hash =
            self.hash.ok_or_else(|| refused(ReturnValue::MECHANISM_PARAM_INVALID, "no hash was named"))?;
        if data.len() != hash.length() {
            return Err(wrong_length(data.len(), &format!("{} needs {}", hash.name(), hash.length())));
        }
        Ok(self.to_sign(hash, data))
    }

    fn ecdsa_digest(&self, data: &[u8]) -> Result<ToSign> {
        if !ECDSA_INPUT.contains(&data.len()) {
            let (shortest, longest) = (ECDSA_INPUT.start(), ECDSA_INPUT.end());
            return Err(wrong_length(data.len(), &format!("ECDSA signs {shortest} to {longest}")));
        }
        Ok(ToSign { algorithm: SignatureAlgorithm::Ecdsa, hash: self.fitted(data) })
    }

    fn to_sign(&self, hash: HashAlgorithm, digest: &[u8]) -> ToSign {
        let algorithm = match self.mechanism.scheme {
            Scheme::RsaPkcs1 => SignatureAlgorithm::RsaPkcs1(hash),
            Scheme::RsaPss => SignatureAlgorithm::RsaPss(hash),
            Scheme::Ecdsa => SignatureAlgorithm::Ecdsa,
        };
        ToSign { algorithm, hash: self.fitted(digest) }
    }

    fn fitted(&self, digest: &[u8]) -> Vec<u8> {
        match self.key.public_key() {
            PublicKey::Ec(key) => fitted_to_curve(digest, key.curve),
            PublicKey::Rsa(_) => digest.to_vec(),
        }
    }

    fn has_no_parts(&self) -> super::error::Error {
        let reason = format!("{} takes its input in one piece", self.mechanism.kind);
        refused(ReturnValue::OPERATION_NOT_INITIALIZED, reason)
    }
}

fn wrong_length(length: usize, needed: &str) -> super::error::Error {
    refused(ReturnValue::DATA_LEN_RANGE, format!("the data is {length} bytes, {needed}"))
}
