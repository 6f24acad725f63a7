//! The public half of a signing key, in every encoding that MySigningPolicies may need.

use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::traits::PublicKeyParts as _;
use x509_cert::spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

use super::SigningError;
use super::algorithm::{Curve, SignatureScheme};

/// `rsaEncryption` (RFC 8017, appendix A.1).
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// A public key.
#[derive(Debug, Clone)]
pub(crate) enum PublicKey {
    Rsa(RsaPublicKey),
    Ec(EcPublicKey),
}

/// An RSA public key.
#[derive(Debug, Clone)]
pub(crate) struct RsaPublicKey {
    /// Unsigned, big-endian, no leading zero.
    pub(crate) modulus: Vec<u8>,
    /// Unsigned, big-endian, no leading zero.
    pub(crate) public_exponent: Vec<u8>,
    /// DER `RSAPublicKey` (RFC 8017, appendix A.1.1).
    pub(crate) pkcs1: Vec<u8>,
}

/// A public key on a curve of FIPS 186.
#[derive(Debug, Clone)]
pub(crate) struct EcPublicKey {
    pub(crate) curve: Curve,
    /// The uncompressed point: 04, x, y (SEC 1, section 2.3.3).
    pub(crate) point: Vec<u8>,
    /// DER `SubjectPublicKeyInfo` (RFC 5480).
    pub(crate) subject_public_key_info: Vec<u8>,
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo`.
    ///
    /// Fails when it is not one, or when the key is neither RSA nor on one of the three curves.
    pub(crate) fn from_subject_public_key_info(der: &[u8]) -> Result<Self, SigningError> {
        let info = SubjectPublicKeyInfoRef::try_from(der).map_err(SigningError::encoding)?;
        let key = info.subject_public_key.as_bytes().unwrap_or_default();
        if info.algorithm.oid == RSA_ENCRYPTION {
            return RsaPublicKey::from_pkcs1(key).map(Self::Rsa);
        }
        let parameters: ObjectIdentifier = match info.algorithm.parameters {
            Some(parameters) => parameters.decode_as().map_err(SigningError::encoding)?,
            None => return Err(SigningError::unsupported_key(info.algorithm.oid)),
        };
        let curve = Curve::from_oid(&parameters.to_string())
            .ok_or_else(|| SigningError::unsupported_key(parameters))?;
        Ok(Self::Ec(EcPublicKey { curve, point: key.to_vec(), subject_public_key_info: der.to_vec() }))
    }

    /// What `keySizeInBits` says: bits of the modulus, or of the curve.
    pub(crate) fn size_in_bits(&self) -> usize {
        match self {
            // A modulus has no leading zero, and the generators set its topmost bit.
            Self::Rsa(key) => key.modulus.len() * 8,
            Self::Ec(key) => key.curve.bits(),
        }
    }

    /// Whether signatures of this key can follow `scheme`.
    pub(crate) fn fits(&self, scheme: SignatureScheme) -> bool {
        matches!(
            (self, scheme),
            (Self::Rsa(_), SignatureScheme::Rsa { .. }) | (Self::Ec(_), SignatureScheme::Ecdsa { .. })
        )
    }
}

impl RsaPublicKey {
    fn from_pkcs1(der: &[u8]) -> Result<Self, SigningError> {
        let key = rsa::RsaPublicKey::from_pkcs1_der(der).map_err(SigningError::encoding)?;
        Ok(Self {
            modulus: key.n().to_bytes_be(),
            public_exponent: key.e().to_bytes_be(),
            pkcs1: der.to_vec(),
        })
    }
}

impl EcPublicKey {
    /// The coordinates x and y, each as long as the field.
    pub(crate) fn coordinates(&self) -> (&[u8], &[u8]) {
        let both = self.point.get(1..).unwrap_or_default();
        both.split_at_checked(self.curve.field_length()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::key_store::KeyStore;

    fn public_key(name: &str) -> PublicKey {
        KeyStore::in_process().unwrap().get(name).unwrap().public_key.clone()
    }

    #[test]
    fn sizes_are_those_in_the_names_of_the_fixtures() {
        for (name, bits) in [("rsa-2048", 2048), ("rsa-4096", 4096), ("p-256", 256), ("p-521", 521)] {
            assert_eq!(public_key(name).size_in_bits(), bits, "{name}");
        }
    }

    #[test]
    fn the_coordinates_of_a_point_are_as_long_as_the_field() {
        let PublicKey::Ec(key) = public_key("p-521") else { panic!("p-521 is a curve") };
        let (x, y) = key.coordinates();
        assert_eq!((x.len(), y.len()), (66, 66));
        assert_eq!([&[4], x, y].concat(), key.point);
    }

    #[test]
    fn what_is_no_key_is_refused_with_a_reason() {
        let refusal = PublicKey::from_subject_public_key_info(b"no key").unwrap_err();
        assert!(refusal.to_string().starts_with("a key or certificate cannot be read: "), "{refusal}");
    }
}
