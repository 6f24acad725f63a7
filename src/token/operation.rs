//! Operations on data: from an Init function to the digest, to what SignPath signs, to what a signature is checked
//! against.
//!
//! Data is hashed as it arrives. A mechanism that takes a digest gets it in one piece: two of the standard's three
//! define no parts (PKCS#11 v3.1 sections 6.1.6, 6.1.10 and 6.3.12), and a host that repeats a failed C_Sign in parts,
//! as pkcs11-tool does, must not have the same digest signed twice.

use std::sync::Arc;

use aws_lc_rs::digest::{self, Context};

use super::encoding::{digest_info, fitted_to_curve};
use super::error::{Result, refused};
use super::mechanism::{self, Mechanism, MechanismParameter, Scheme};
use super::names::{MechanismType, ReturnValue};
use super::object::Key;
use crate::signpath::{HashAlgorithm, PublicKey, SignatureAlgorithm, User};

/// Bytes that ECDSA signs: from SHA-1's digest to SHA-512's.
const ECDSA_INPUT: std::ops::RangeInclusive<usize> = 20..=64;

/// A signature being made.
pub struct SigningOperation {
    /// What is signed, by which key.
    pub input: SignatureInput,
    /// In whose name.
    pub user: Arc<User>,
}

/// A signature being checked.
pub struct VerifyingOperation {
    /// What was signed, by which key.
    pub input: SignatureInput,
    /// The signature, where it came first (C_VerifySignatureInit).
    pub signature: Option<Vec<u8>>,
}

/// A digest being made.
pub struct DigestingOperation {
    hash: HashAlgorithm,
    context: Option<Context>,
}

/// The data of a signature, on its way to a hash.
pub struct SignatureInput {
    /// The key.
    pub key: Arc<Key>,
    mechanism: &'static Mechanism,
    hash: Option<HashAlgorithm>,
    /// Where the mechanism hashes.
    digesting: Option<DigestingOperation>,
}

/// What is signed in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSign {
    /// How it is signed.
    pub algorithm: SignatureAlgorithm,
    /// The bare digest; for ECDSA in the length of the curve's own.
    pub hash: Vec<u8>,
}

impl SignatureInput {
    /// Begins with nothing.
    ///
    /// # Errors
    ///
    /// `CKR_MECHANISM_PARAM_INVALID`; `CKR_KEY_TYPE_INCONSISTENT`: the mechanism is for keys of another type.
    pub fn new(key: Arc<Key>, mechanism: &'static Mechanism, parameter: MechanismParameter) -> Result<Self> {
        let hash = mechanism.check_parameter(parameter)?;
        if !mechanism.fits(key.public_key()) {
            let reason = format!("{} is not for {}", mechanism.kind, key.public_key().description());
            return Err(refused(ReturnValue::KEY_TYPE_INCONSISTENT, reason));
        }
        Ok(Self { key, mechanism, hash, digesting: mechanism.hash.map(DigestingOperation::of) })
    }

    /// Bytes of the signature.
    pub fn signature_length(&self) -> usize {
        self.key.public_key().signature_bytes()
    }

    /// Takes a part of the data.
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_NOT_INITIALIZED`: the mechanism takes its input in one piece.
    pub fn update(&mut self, data: &[u8]) -> Result<()> {
        match &mut self.digesting {
            Some(digesting) => digesting.update(data),
            None => return Err(self.has_no_parts()),
        }
        Ok(())
    }

    /// Ends the data that came in parts.
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_NOT_INITIALIZED`: the mechanism takes its input in one piece.
    pub fn end_of_parts(mut self) -> Result<ToSign> {
        let digesting = self.digesting.take().ok_or_else(|| self.has_no_parts())?;
        Ok(self.to_sign(digesting.hash, &digesting.end_of_parts()))
    }

    /// Takes all of the data at once.
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_NOT_INITIALIZED`: parts came before (PKCS#11 v3.1 section 5.13.2). `CKR_DATA_LEN_RANGE` or
    /// `CKR_DATA_INVALID`: not a digest, or not one that SignPath can express.
    pub fn whole(self, data: &[u8]) -> Result<ToSign> {
        match (&self.digesting, self.mechanism.scheme) {
            (Some(digesting), _) => Ok(self.to_sign(digesting.hash, &digesting.whole(data)?)),
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

impl DigestingOperation {
    /// Begins with nothing.
    ///
    /// # Errors
    ///
    /// `CKR_MECHANISM_INVALID`: the mechanism does not digest; `CKR_MECHANISM_PARAM_INVALID`.
    pub fn new(mechanism: MechanismType, parameter: MechanismParameter) -> Result<Self> {
        let no_digest =
            || refused(ReturnValue::MECHANISM_INVALID, format!("the token does not digest with {mechanism}"));
        let hash = mechanism::digest(mechanism).ok_or_else(no_digest)?;
        match parameter {
            MechanismParameter::Absent => Ok(Self::of(hash)),
            _ => Err(refused(ReturnValue::MECHANISM_PARAM_INVALID, "it takes no parameter")),
        }
    }

    fn of(hash: HashAlgorithm) -> Self {
        Self { hash, context: None }
    }

    /// Bytes of the digest.
    pub fn length(&self) -> usize {
        self.hash.length()
    }

    /// Takes a part of the data.
    pub fn update(&mut self, data: &[u8]) {
        self.context.get_or_insert_with(|| Context::new(self.hash.implementation())).update(data);
    }

    /// The digest of data that comes whole.
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_NOT_INITIALIZED`: parts came before (PKCS#11 v3.1 section 5.12.2).
    pub fn whole(&self, data: &[u8]) -> Result<Vec<u8>> {
        match self.context {
            Some(_) => Err(refused(
                ReturnValue::OPERATION_NOT_INITIALIZED,
                "an operation whose data came in parts is ended by its Final function",
            )),
            None => Ok(digest::digest(self.hash.implementation(), data).as_ref().to_vec()),
        }
    }

    /// The digest of the parts that came.
    pub fn end_of_parts(self) -> Vec<u8> {
        let context = self.context.unwrap_or_else(|| Context::new(self.hash.implementation()));
        context.finish().as_ref().to_vec()
    }
}
