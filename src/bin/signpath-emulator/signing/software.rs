//! Private keys in this process, with the arithmetic of the RustCrypto crates.
//!
//! The module under test verifies with another implementation (AWS-LC), so a mistake on one side does not pass on both.

use p256::ecdsa::signature::SignatureEncoding;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::pkcs8::DecodePrivateKey as _;
use rsa::rand_core::OsRng;
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey};

use super::SigningError;
use super::algorithm::{Curve, HashAlgorithm, RsaPadding};
use super::public_key::PublicKey;

/// A private key in memory.
pub(crate) enum SoftwareKey {
    Rsa(Box<RsaPrivateKey>),
    P256(Box<p256::ecdsa::SigningKey>),
    P384(Box<p384::ecdsa::SigningKey>),
    P521(Box<p521::ecdsa::SigningKey>),
}

impl SoftwareKey {
    /// Reads the private half of `public_key` from DER PKCS#8 (RFC 5958).
    pub(crate) fn from_pkcs8(der: &[u8], public_key: &PublicKey) -> Result<Self, SigningError> {
        let PublicKey::Ec(public_key) = public_key else {
            let key = RsaPrivateKey::from_pkcs8_der(der).map_err(SigningError::encoding)?;
            return Ok(Self::Rsa(Box::new(key)));
        };
        match public_key.curve {
            Curve::P256 => p256::SecretKey::from_pkcs8_der(der).map(|key| Self::P256(Box::new(key.into()))),
            Curve::P384 => p384::SecretKey::from_pkcs8_der(der).map(|key| Self::P384(Box::new(key.into()))),
            Curve::P521 => return p521_from_pkcs8(der),
        }
        .map_err(SigningError::encoding)
    }

    /// An RSA signature as long as the modulus.
    pub(crate) fn sign_rsa(
        &self,
        hash_algorithm: HashAlgorithm,
        padding: RsaPadding,
        hash: &[u8],
    ) -> Result<Vec<u8>, SigningError> {
        let Self::Rsa(key) = self else { return Err(SigningError::SchemeDoesNotFitKey) };
        match padding {
            RsaPadding::Pkcs1 => key.sign(pkcs1_padding(hash_algorithm), hash),
            RsaPadding::Pss => key.sign_with_rng(&mut OsRng, pss_padding(hash_algorithm), hash),
        }
        .map_err(SigningError::arithmetic)
    }

    /// r and s, each as long as the field of `curve`.
    pub(crate) fn sign_ecdsa(&self, curve: Curve, hash: &[u8]) -> Result<Vec<u8>, SigningError> {
        let number = as_long_as_the_field(curve, hash);
        match self {
            Self::Rsa(_) => Err(SigningError::SchemeDoesNotFitKey),
            Self::P256(key) => r_and_s::<p256::ecdsa::Signature>(key.as_ref(), &number),
            Self::P384(key) => r_and_s::<p384::ecdsa::Signature>(key.as_ref(), &number),
            Self::P521(key) => r_and_s::<p521::ecdsa::Signature>(key.as_ref(), &number),
        }
    }
}

/// The crate's P-521 signing key is a type of its own that a secret key does not convert into.
fn p521_from_pkcs8(der: &[u8]) -> Result<SoftwareKey, SigningError> {
    let secret_key = p521::SecretKey::from_pkcs8_der(der).map_err(SigningError::encoding)?;
    let key = p521::ecdsa::SigningKey::from_bytes(&secret_key.to_bytes()).map_err(SigningError::encoding)?;
    Ok(SoftwareKey::P521(Box::new(key)))
}

fn pkcs1_padding(hash_algorithm: HashAlgorithm) -> Pkcs1v15Sign {
    Pkcs1v15Sign {
        hash_len: Some(hash_algorithm.length()),
        prefix: hash_algorithm.digest_info_prefix().into(),
    }
}

fn pss_padding(hash_algorithm: HashAlgorithm) -> Pss {
    let salt_length = hash_algorithm.length();
    match hash_algorithm {
        HashAlgorithm::Sha1 => Pss::new_with_salt::<sha1::Sha1>(salt_length),
        HashAlgorithm::Sha256 => Pss::new_with_salt::<rsa::sha2::Sha256>(salt_length),
        HashAlgorithm::Sha384 => Pss::new_with_salt::<rsa::sha2::Sha384>(salt_length),
        HashAlgorithm::Sha512 => Pss::new_with_salt::<rsa::sha2::Sha512>(salt_length),
    }
}

/// The integer of FIPS 186-5, section 6.4.1, as many bytes as the field has: the crates refuse a hash shorter than
/// half the field, which the standard does not.
fn as_long_as_the_field(curve: Curve, hash: &[u8]) -> Vec<u8> {
    let hash = curve.leftmost(hash);
    let mut number = vec![0; curve.field_length() - hash.len()];
    number.extend_from_slice(hash);
    number
}

fn r_and_s<Signature: SignatureEncoding>(
    key: &impl PrehashSigner<Signature>,
    number: &[u8],
) -> Result<Vec<u8>, SigningError> {
    key.sign_prehash(number).map(|signature| signature.to_vec()).map_err(SigningError::arithmetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_hash_is_padded_on_the_left() {
        let number = as_long_as_the_field(Curve::P521, &[1; 20]);
        assert_eq!(number.len(), 66);
        assert_eq!(number[..46], [0; 46]);
        assert_eq!(number[46..], [1; 20]);
    }

    #[test]
    fn a_long_hash_is_cut_on_the_right() {
        let hash: Vec<u8> = (0..64).collect();
        assert_eq!(as_long_as_the_field(Curve::P256, &hash), hash[..32]);
    }
}
