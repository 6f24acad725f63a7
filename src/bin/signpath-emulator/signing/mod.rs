//! The keys behind the signing policies, and what they sign.
//!
//! A [`SigningKey`] is what SignPath keeps in its HSM: a public key, the certificates issued for it, and a private
//! half that signs hashes, either in this process ([`software`]) or in a PKCS#11 token ([`hardware`]). Who may use a
//! key, and which requests are well-formed, is decided elsewhere; nothing here holds a lock while it computes, except
//! that a PKCS#11 session serves one signature at a time.

pub(crate) mod algorithm;
pub(crate) mod hardware;
pub(crate) mod key_store;
pub(crate) mod public_key;
pub(crate) mod software;

use std::fmt;

use x509_cert::der::Encode as _;
use x509_cert::der::asn1::{SequenceOf, UintRef};

use algorithm::{Curve, EcdsaSignatureFormat, SignatureScheme};
use hardware::HardwareKey;
use public_key::PublicKey;
use software::SoftwareKey;

/// A key with everything that SignPath shows of it.
pub(crate) struct SigningKey {
    /// The name in `softhsm-fixtures`, such as `rsa-2048`; also the CKA_LABEL in a token.
    pub(crate) name: &'static str,
    pub(crate) public_key: PublicKey,
    pub(crate) certificates: Certificates,
    private_key: PrivateKey,
}

/// The certificates that the fixtures hold for one key, DER.
pub(crate) struct Certificates {
    pub(crate) self_signed: Vec<u8>,
    pub(crate) ca_issued: Vec<u8>,
}

/// Where the private half is.
pub(crate) enum PrivateKey {
    Software(SoftwareKey),
    Hardware(HardwareKey),
}

impl SigningKey {
    /// Signs `hash` as `scheme` says. Takes milliseconds: never call it on a thread that serves connections.
    ///
    /// An RSA signature is as long as the modulus; an ECDSA signature is in the format that the scheme names. The
    /// caller has checked that scheme and hash fit the key; a misfit is an error here, not a signature.
    pub(crate) fn sign(&self, scheme: SignatureScheme, hash: &[u8]) -> Result<Vec<u8>, SigningError> {
        match (scheme, &self.public_key) {
            (SignatureScheme::Rsa { hash_algorithm, padding }, PublicKey::Rsa(_)) => {
                match &self.private_key {
                    PrivateKey::Software(key) => key.sign_rsa(hash_algorithm, padding, hash),
                    PrivateKey::Hardware(key) => key.sign_rsa(hash_algorithm, padding, hash),
                }
            }
            (SignatureScheme::Ecdsa { format }, PublicKey::Ec(public_key)) => {
                let signature = self.sign_ecdsa(public_key.curve, hash)?;
                format.write(signature)
            }
            _ => Err(SigningError::SchemeDoesNotFitKey),
        }
    }

    /// r and s, each as long as the field.
    fn sign_ecdsa(&self, curve: Curve, hash: &[u8]) -> Result<Vec<u8>, SigningError> {
        match &self.private_key {
            PrivateKey::Software(key) => key.sign_ecdsa(curve, hash),
            PrivateKey::Hardware(key) => key.sign_ecdsa(curve, hash),
        }
    }
}

impl EcdsaSignatureFormat {
    /// Writes r and s, given one after the other, in this format.
    fn write(self, r_and_s: Vec<u8>) -> Result<Vec<u8>, SigningError> {
        match self {
            Self::Ieee => Ok(r_and_s),
            Self::Asn1 => to_asn1(&r_and_s).map_err(SigningError::encoding),
        }
    }
}

fn to_asn1(r_and_s: &[u8]) -> Result<Vec<u8>, x509_cert::der::Error> {
    let (r, s) = r_and_s.split_at_checked(r_and_s.len() / 2).unwrap_or_default();
    let mut sequence = SequenceOf::<UintRef<'_>, 2>::new();
    sequence.add(UintRef::new(r)?)?;
    sequence.add(UintRef::new(s)?)?;
    sequence.to_der()
}

/// Why there is no signature, or no key.
#[derive(Debug)]
pub(crate) enum SigningError {
    /// A key or certificate is not what its file should hold.
    Encoding(String),
    /// RSA was asked of a curve, or the reverse.
    SchemeDoesNotFitKey,
    /// The arithmetic refused.
    Arithmetic(String),
    /// The PKCS#11 token refused.
    Token(String),
}

impl SigningError {
    fn encoding(reason: impl fmt::Display) -> Self {
        Self::Encoding(reason.to_string())
    }

    fn arithmetic(reason: impl fmt::Display) -> Self {
        Self::Arithmetic(reason.to_string())
    }

    fn unsupported_key(algorithm: impl fmt::Display) -> Self {
        Self::Encoding(format!("algorithm or curve {algorithm} is neither RSA nor P-256, P-384, P-521"))
    }
}

impl fmt::Display for SigningError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding(reason) => write!(formatter, "a key or certificate cannot be read: {reason}"),
            Self::SchemeDoesNotFitKey => formatter.write_str("the signature algorithm does not fit the key"),
            Self::Arithmetic(reason) => write!(formatter, "the key cannot sign this hash: {reason}"),
            Self::Token(reason) => formatter.write_str(reason),
        }
    }
}

impl std::error::Error for SigningError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asn1_drops_leading_zeros_and_keeps_integers_positive() {
        let r_and_s = [0x00, 0x01, 0x80, 0x00];
        assert_eq!(to_asn1(&r_and_s).unwrap(), [0x30, 0x08, 0x02, 0x01, 0x01, 0x02, 0x03, 0x00, 0x80, 0x00]);
    }

    #[test]
    fn ieee_is_left_as_it_is() {
        assert_eq!(EcdsaSignatureFormat::Ieee.write(vec![0, 1, 0, 2]).unwrap(), [0, 1, 0, 2]);
    }
}
