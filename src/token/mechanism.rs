//! The mechanisms of the token, one row each: what it is called, what it hashes, how it signs.

use cryptoki_sys::{
    CK_FLAGS, CK_ULONG, CKF_DIGEST, CKF_EC_F_P, CKF_EC_OID, CKF_EC_UNCOMPRESS, CKF_HW, CKF_SIGN, CKF_VERIFY,
    CKG_MGF1_SHA256, CKG_MGF1_SHA384, CKG_MGF1_SHA512,
};

use super::error::{Result, refused};
use super::names::{MechanismType, ReturnValue};
use crate::signpath::{HashAlgorithm, PublicKey};

/// A mechanism of the token.
#[derive(Debug, PartialEq, Eq)]
pub struct Mechanism {
    /// Its number.
    pub kind: MechanismType,
    /// The signature scheme.
    pub scheme: Scheme,
    /// What it hashes the data with; `None` where the caller brings a digest.
    pub hash: Option<HashAlgorithm>,
}

/// A signature scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5 (PKCS#11 v3.1 sections 6.1.6 and 6.1.9).
    RsaPkcs1,
    /// RSASSA-PSS (PKCS#11 v3.1 sections 6.1.10 and 6.1.11).
    RsaPss,
    /// ECDSA (PKCS#11 v3.1 sections 6.3.12 and 6.3.13).
    Ecdsa,
}

use HashAlgorithm::{Sha1, Sha256, Sha384, Sha512};
use MechanismType as M;

/// The mechanisms that sign and verify, those that hash first: `pkcs11-tool --test` takes the first one that signs in
/// hardware and feeds it in parts.
pub static MECHANISMS: [Mechanism; 12] = [
    row(M::SHA256_RSA_PKCS, Scheme::RsaPkcs1, Some(Sha256)),
    row(M::SHA384_RSA_PKCS, Scheme::RsaPkcs1, Some(Sha384)),
    row(M::SHA512_RSA_PKCS, Scheme::RsaPkcs1, Some(Sha512)),
    row(M::SHA256_RSA_PKCS_PSS, Scheme::RsaPss, Some(Sha256)),
    row(M::SHA384_RSA_PKCS_PSS, Scheme::RsaPss, Some(Sha384)),
    row(M::SHA512_RSA_PKCS_PSS, Scheme::RsaPss, Some(Sha512)),
    row(M::ECDSA_SHA256, Scheme::Ecdsa, Some(Sha256)),
    row(M::ECDSA_SHA384, Scheme::Ecdsa, Some(Sha384)),
    row(M::ECDSA_SHA512, Scheme::Ecdsa, Some(Sha512)),
    row(M::RSA_PKCS, Scheme::RsaPkcs1, None),
    row(M::RSA_PKCS_PSS, Scheme::RsaPss, None),
    row(M::ECDSA, Scheme::Ecdsa, None),
];

/// The mechanisms that digest, which is done here (PKCS#11 v3.1 sections 6.20 to 6.24). Java makes PSS signatures only
/// where they are listed.
pub const DIGESTS: [(MechanismType, HashAlgorithm); 4] =
    [(M::SHA256, Sha256), (M::SHA384, Sha384), (M::SHA512, Sha512), (M::SHA_1, Sha1)];

const fn row(kind: MechanismType, scheme: Scheme, hash: Option<HashAlgorithm>) -> Mechanism {
    Mechanism { kind, scheme, hash }
}

/// What `CK_MECHANISM_INFO` says of a mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MechanismInfo {
    /// Smallest key, in bits.
    pub min_key_size: CK_ULONG,
    /// Largest key, in bits.
    pub max_key_size: CK_ULONG,
    /// `CKF_…`.
    pub flags: CK_FLAGS,
}

/// The numbers of all mechanisms, in the order of the list.
pub fn all() -> impl Iterator<Item = MechanismType> {
    let signing = MECHANISMS.iter().map(|mechanism| mechanism.kind);
    signing.chain(DIGESTS.into_iter().map(|(kind, _)| kind))
}

/// Sizes and flags of a mechanism.
///
/// # Errors
///
/// `CKR_MECHANISM_INVALID`: the token has none of this number.
pub fn info(kind: MechanismType) -> Result<MechanismInfo> {
    match digest(kind) {
        Some(_) => Ok(MechanismInfo { min_key_size: 0, max_key_size: 0, flags: CKF_DIGEST }),
        None => Mechanism::find(kind).map(Mechanism::info),
    }
}

/// The hash algorithm of a mechanism that digests.
pub fn digest(kind: MechanismType) -> Option<HashAlgorithm> {
    DIGESTS.into_iter().find_map(|(digest, hash)| (digest == kind).then_some(hash))
}

/// The parameter of a mechanism, as the door read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MechanismParameter {
    /// None was given.
    Absent,
    /// `CK_RSA_PKCS_PSS_PARAMS`.
    Pss(PssParameter),
    /// Anything else.
    Other,
}

/// `CK_RSA_PKCS_PSS_PARAMS` (PKCS#11 v3.1 section 6.1.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PssParameter {
    /// The hash algorithm, as a digest mechanism.
    pub hash: MechanismType,
    /// The mask generation function, `CKG_MGF1_…`.
    pub mask_generation: CK_ULONG,
    /// Bytes of salt.
    pub salt_length: CK_ULONG,
}

impl Mechanism {
    /// The mechanism of a number, to sign or verify with.
    ///
    /// # Errors
    ///
    /// `CKR_MECHANISM_INVALID`: the token has none.
    pub fn find(kind: MechanismType) -> Result<&'static Self> {
        let found = MECHANISMS.iter().find(|mechanism| mechanism.kind == kind);
        found.ok_or_else(|| {
            refused(ReturnValue::MECHANISM_INVALID, format!("the token does not sign with {kind}"))
        })
    }

    fn info(&self) -> MechanismInfo {
        let flags = CKF_HW | CKF_SIGN | CKF_VERIFY;
        match self.scheme {
            Scheme::RsaPkcs1 | Scheme::RsaPss => {
                MechanismInfo { min_key_size: 2048, max_key_size: 8192, flags }
            }
            Scheme::Ecdsa => MechanismInfo {
                min_key_size: 256,
                max_key_size: 521,
                flags: flags | CKF_EC_F_P | CKF_EC_OID | CKF_EC_UNCOMPRESS,
            },
        }
    }

    /// Whether a key is of the scheme's type.
    pub fn fits(&self, key: &PublicKey) -> bool {
        match self.scheme {
            Scheme::RsaPkcs1 | Scheme::RsaPss => matches!(key, PublicKey::Rsa(_)),
            Scheme::Ecdsa => matches!(key, PublicKey::Ec(_)),
        }
    }

    /// The hash algorithm of the signature, as far as mechanism and parameter tell.
    ///
    /// # Errors
    ///
    /// `CKR_MECHANISM_PARAM_INVALID`: the parameter is missing, superfluous, or asks for what SignPath cannot express
    /// (another salt length than that of the digest, another hash in the mask generation function).
    pub fn check_parameter(&self, parameter: MechanismParameter) -> Result<Option<HashAlgorithm>> {
        match (self.scheme, parameter) {
            (Scheme::RsaPss, MechanismParameter::Pss(pss)) => self.check_pss(pss).map(Some),
            (Scheme::RsaPkcs1 | Scheme::Ecdsa, MechanismParameter::Absent) => Ok(self.hash),
            (Scheme::RsaPss, _) => Err(parameter_refused("it needs CK_RSA_PKCS_PSS_PARAMS")),
            (Scheme::RsaPkcs1 | Scheme::Ecdsa, _) => Err(parameter_refused("it takes no parameter")),
        }
    }

    fn check_pss(&self, pss: PssParameter) -> Result<HashAlgorithm> {
        let hash = match (pss.hash, pss.mask_generation) {
            (M::SHA256, CKG_MGF1_SHA256) => Sha256,
            (M::SHA384, CKG_MGF1_SHA384) => Sha384,
            (M::SHA512, CKG_MGF1_SHA512) => Sha512,
            (hash, generation) => {
                let reason =
                    format!("SignPath cannot sign PSS with {hash} and mask generation function {generation}");
                return Err(parameter_refused(reason));
            }
        };
        if self.hash.is_some_and(|own| own != hash) {
            return Err(parameter_refused(format!("{} does not hash with {}", self.kind, hash.name())));
        }
        if pss.salt_length != hash.length() as CK_ULONG {
            let (asked, needed) = (pss.salt_length, hash.length());
            return Err(parameter_refused(format!(
                "the salt is {asked} bytes, SignPath makes one of {needed}"
            )));
        }
        Ok(hash)
    }
}

fn parameter_refused(reason: impl Into<std::borrow::Cow<'static, str>>) -> super::error::Error {
    refused(ReturnValue::MECHANISM_PARAM_INVALID, reason)
}

/// The mechanisms that a key can be used with, in the order of the list.
pub fn allowed_for(key: &PublicKey) -> impl Iterator<Item = MechanismType> + '_ {
    MECHANISMS.iter().filter(|mechanism| mechanism.fits(key)).map(|mechanism| mechanism.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pss(hash: MechanismType, mask_generation: CK_ULONG, salt_length: CK_ULONG) -> MechanismParameter {
        MechanismParameter::Pss(PssParameter { hash, mask_generation, salt_length })
    }

    fn check(kind: MechanismType, parameter: MechanismParameter) -> Option<Option<HashAlgorithm>> {
        Mechanism::find(kind).unwrap().check_parameter(parameter).ok()
    }

    #[test]
    fn mechanisms_that_hash_stand_before_those_that_do_not() {
        let hashes: Vec<bool> = MECHANISMS.iter().map(|mechanism| mechanism.hash.is_some()).collect();

        assert!(hashes.is_sorted_by(|before, after| before >= after));
    }

    #[test]
    fn pss_is_accepted_only_with_one_hash_throughout_and_its_length_of_salt() {
        assert_eq!(check(M::RSA_PKCS_PSS, pss(M::SHA256, CKG_MGF1_SHA256, 32)), Some(Some(Sha256)));
        for wrong in [
            pss(M::SHA256, CKG_MGF1_SHA384, 32),
            pss(M::SHA256, CKG_MGF1_SHA256, 20),
            pss(M::SHA256, CKG_MGF1_SHA256, CK_ULONG::MAX - 2),
            pss(M::SHA_1, 1, 20),
            MechanismParameter::Absent,
            MechanismParameter::Other,
        ] {
            assert_eq!(check(M::RSA_PKCS_PSS, wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_mechanism_that_hashes_takes_no_parameter_of_another_hash() {
        assert_eq!(check(M::SHA256_RSA_PKCS_PSS, pss(M::SHA384, CKG_MGF1_SHA384, 48)), None);
    }

    #[test]
    fn mechanisms_without_parameter_refuse_one() {
        assert_eq!(check(M::RSA_PKCS, MechanismParameter::Absent), Some(None));
        assert_eq!(check(M::RSA_PKCS, MechanismParameter::Other), None);
        assert_eq!(check(M::ECDSA, MechanismParameter::Other), None);
    }
}
