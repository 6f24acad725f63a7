//! Verifying a signature over a digest with the public key, in the cryptographic library of the TLS stack.

use std::sync::OnceLock;

use aws_lc_rs::digest::Digest;
use aws_lc_rs::signature::{self as schemes, ParsedPublicKey, VerificationAlgorithm};

use super::encoding::fitted_to_curve;
use crate::signpath::{Curve, HashAlgorithm, PublicKey, SignatureAlgorithm};

/// Whether `signature` is one of `hash` by `key`. `hash` is as long as the algorithm's digest for RSA, of any length
/// for ECDSA; an ECDSA signature is `r ‖ s`.
pub fn verifies(key: &PublicKey, algorithm: SignatureAlgorithm, hash: &[u8], signature: &[u8]) -> bool {
    prepared(key, algorithm).is_some_and(|prepared| is_of(&prepared, key, algorithm, hash, signature))
}

/// The verification by one key, which is prepared once: to read an RSA key takes as long as half a verification.
#[derive(Debug, Default)]
pub struct Verifier {
    /// A host signs with a key in one way; what is verified in another is prepared each time.
    first: OnceLock<Box<(SignatureAlgorithm, Option<ParsedPublicKey>)>>,
}

impl Verifier {
    /// As [`verifies`], for the key that this is the verifier of.
    pub fn verifies(
        &self,
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
        hash: &[u8],
        signature: &[u8],
    ) -> bool {
        let first = self.first.get_or_init(|| Box::new((algorithm, prepared(key, algorithm))));
        match &**first {
            (known, Some(prepared)) if *known == algorithm => {
                is_of(prepared, key, algorithm, hash, signature)
            }
            _ => verifies(key, algorithm, hash, signature),
        }
    }
}

fn prepared(key: &PublicKey, algorithm: SignatureAlgorithm) -> Option<ParsedPublicKey> {
    let (scheme, bytes): (&'static dyn VerificationAlgorithm, Vec<u8>) = match (key, algorithm) {
        (PublicKey::Rsa(key), SignatureAlgorithm::RsaPkcs1(hash)) => (pkcs1(hash), key.to_pkcs1()),
        (PublicKey::Rsa(key), SignatureAlgorithm::RsaPss(hash)) => (pss(hash)?, key.to_pkcs1()),
        (PublicKey::Ec(key), SignatureAlgorithm::Ecdsa) => (ecdsa(key.curve), key.point.clone()),
        _ => return None,
    };
    ParsedPublicKey::new(scheme, bytes).ok()
}

fn is_of(
    prepared: &ParsedPublicKey,
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    hash: &[u8],
    signature: &[u8],
) -> bool {
    let digest = match (key, algorithm) {
        (PublicKey::Ec(key), _) => imported(&fitted_to_curve(hash, key.curve), key.curve.digest()),
        (_, SignatureAlgorithm::RsaPkcs1(algorithm) | SignatureAlgorithm::RsaPss(algorithm)) => {
            imported(hash, algorithm)
        }
        _ => None,
    };
    digest.is_some_and(|digest| prepared.verify_digest_sig(&digest, signature).is_ok())
}

fn imported(hash: &[u8], algorithm: HashAlgorithm) -> Option<Digest> {
    Digest::import_less_safe(hash, algorithm.implementation()).ok()
}

fn pkcs1(algorithm: HashAlgorithm) -> &'static dyn VerificationAlgorithm {
    match algorithm {
        HashAlgorithm::Sha1 => &schemes::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        HashAlgorithm::Sha256 => &schemes::RSA_PKCS1_2048_8192_SHA256,
        HashAlgorithm::Sha384 => &schemes::RSA_PKCS1_2048_8192_SHA384,
        HashAlgorithm::Sha512 => &schemes::RSA_PKCS1_2048_8192_SHA512,
    }
}

fn pss(algorithm: HashAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
    match algorithm {
        HashAlgorithm::Sha1 => None,
        HashAlgorithm::Sha256 => Some(&schemes::RSA_PSS_2048_8192_SHA256),
        HashAlgorithm::Sha384 => Some(&schemes::RSA_PSS_2048_8192_SHA384),
        HashAlgorithm::Sha512 => Some(&schemes::RSA_PSS_2048_8192_SHA512),
    }
}

fn ecdsa(curve: Curve) -> &'static dyn VerificationAlgorithm {
    match curve {
        Curve::P256 => &schemes::ECDSA_P256_SHA256_FIXED,
        Curve::P384 => &schemes::ECDSA_P384_SHA384_FIXED,
        Curve::P521 => &schemes::ECDSA_P521_SHA512_FIXED,
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::hazmat::PrehashSigner;
    use p256::elliptic_curve::sec1::ToEncodedPoint;

    use super::*;

    fn key() -> (p256::ecdsa::SigningKey, PublicKey) {
        let private = p256::ecdsa::SigningKey::from_slice(&[3; 32]).unwrap();
        let point = private.verifying_key().as_affine().to_encoded_point(false);
        (private, PublicKey::from_bare_point(point.as_bytes()).unwrap())
    }

    #[test]
    fn a_signature_verifies_over_its_hash_and_no_other() {
        let (private, public) = key();
        let signature: p256::ecdsa::Signature = private.sign_prehash(&[7; 32]).unwrap();

        assert!(verifies(&public, SignatureAlgorithm::Ecdsa, &[7; 32], &signature.to_bytes()));
        assert!(!verifies(&public, SignatureAlgorithm::Ecdsa, &[8; 32], &signature.to_bytes()));
    }

    #[test]
    fn a_verifier_knows_the_key_and_not_the_last_answer() {
        let (private, public) = key();
        let verifier = Verifier::default();
        let signature: p256::ecdsa::Signature = private.sign_prehash(&[7; 32]).unwrap();
        let verifies =
            |algorithm, hash: &[u8]| verifier.verifies(&public, algorithm, hash, &signature.to_bytes());

        assert!(verifies(SignatureAlgorithm::Ecdsa, &[7; 32]));
        assert!(!verifies(SignatureAlgorithm::Ecdsa, &[8; 32]));
        assert!(!verifies(SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256), &[7; 32]));
        assert!(verifies(SignatureAlgorithm::Ecdsa, &[7; 32]));
    }

    #[test]
    fn a_verifier_that_was_first_asked_for_what_the_key_cannot_do_verifies_what_it_can() {
        let (private, public) = key();
        let verifier = Verifier::default();
        let signature: p256::ecdsa::Signature = private.sign_prehash(&[7; 32]).unwrap();
        let pkcs1 = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256);

        assert!(!verifier.verifies(&public, pkcs1, &[7; 32], &signature.to_bytes()));
        assert!(verifier.verifies(&public, SignatureAlgorithm::Ecdsa, &[7; 32], &signature.to_bytes()));
    }

    #[test]
    fn a_hash_longer_than_the_curve_counts_with_its_first_bytes() {
        let (private, public) = key();
        let hash: Vec<u8> = (0..64).collect();
        let signature: p256::ecdsa::Signature = private.sign_prehash(&hash).unwrap();

        assert!(verifies(&public, SignatureAlgorithm::Ecdsa, &hash, &signature.to_bytes()));
    }

    #[test]
    fn a_signature_of_another_scheme_or_length_does_not_verify() {
        let (private, public) = key();
        let signature: p256::ecdsa::Signature = private.sign_prehash(&[7; 32]).unwrap();

        assert!(!verifies(
            &public,
            SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256),
            &[7; 32],
            &signature.to_bytes()
        ));
        assert!(!verifies(&public, SignatureAlgorithm::Ecdsa, &[7; 32], &signature.to_bytes()[..63]));
        assert!(!verifies(&public, SignatureAlgorithm::Ecdsa, &[7; 32], &[]));
    }
}
