//! Detached raw signatures: what a key makes of a file's bytes, without anything around it.

use hyper::body::Bytes;
use rsa::sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::shapes::RawEcdsaSignature;
use crate::signing::SigningKey;
use crate::signing::algorithm::{EcdsaSignatureFormat, HashAlgorithm, RsaPadding, SignatureScheme};
use crate::signing::public_key::PublicKey;

/// What a `create-raw-signature` asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawSignatureParameters {
    pub(crate) hash_algorithm: HashAlgorithm,
    pub(crate) rsa_padding: Option<RsaPadding>,
}

/// A key that signs files.
pub(crate) struct FileSigner<'a> {
    pub(crate) key: &'a SigningKey,
    pub(crate) ecdsa_signature: RawEcdsaSignature,
    /// The bytes that are signed in place of a file's; the file's own, unless something shall go wrong.
    pub(crate) signed_bytes: fn(&Bytes) -> Bytes,
}

/// A signature and how it was made.
pub(crate) struct RawSignature {
    pub(crate) hash_algorithm: HashAlgorithm,
    pub(crate) scheme: SignatureScheme,
    pub(crate) bytes: Vec<u8>,
}

impl FileSigner<'_> {
    /// Signs the content of a file. The error says why the key cannot.
    pub(crate) fn sign(
        &self,
        content: &Bytes,
        parameters: RawSignatureParameters,
    ) -> Result<RawSignature, String> {
        let hash_algorithm = parameters.hash_algorithm;
        let scheme = self.scheme(parameters)?;
        let hash = digest(hash_algorithm, &(self.signed_bytes)(content));
        let bytes = self.key.sign(scheme, &hash).map_err(|failure| failure.to_string())?;
        Ok(RawSignature { hash_algorithm, scheme, bytes })
    }

    /// `rsa-padding` is mandatory for RSA keys and ignored for others (since 1.183.0). Whether an ECDSA signature is
    /// DER or r and s is UNKNOWN; that the documentation verifies it with openssl speaks for DER.
    fn scheme(&self, parameters: RawSignatureParameters) -> Result<SignatureScheme, String> {
        let hash_algorithm = parameters.hash_algorithm;
        match (&self.key.public_key, parameters.rsa_padding) {
            (PublicKey::Rsa(_), Some(padding)) => Ok(SignatureScheme::Rsa { hash_algorithm, padding }),
            (PublicKey::Rsa(_), None) => {
                Err("create-raw-signature needs the attribute 'rsa-padding' for an RSA key".to_owned())
            }
            (PublicKey::Ec(_), _) => Ok(SignatureScheme::Ecdsa {
                format: match self.ecdsa_signature {
                    RawEcdsaSignature::Asn1 => EcdsaSignatureFormat::Asn1,
                    RawEcdsaSignature::Ieee => EcdsaSignatureFormat::Ieee,
                },
            }),
        }
    }
}

/// The digest of `content`. SHA-1 is no choice of `hash-algorithm`; reading the configuration has refused it.
pub(crate) fn digest(algorithm: HashAlgorithm, content: &[u8]) -> Vec<u8> {
    match algorithm {
        HashAlgorithm::Sha1 => sha1::Sha1::digest(content).to_vec(),
        HashAlgorithm::Sha256 => Sha256::digest(content).to_vec(),
        HashAlgorithm::Sha384 => Sha384::digest(content).to_vec(),
        HashAlgorithm::Sha512 => Sha512::digest(content).to_vec(),
    }
}
