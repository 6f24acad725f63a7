//! Verifying a signature over a digest with the public key, in the cryptographic library of the TLS stack.

use aws_lc_rs::digest::Digest;
use aws_lc_rs::signature::{self as schemes, UnparsedPublicKey, VerificationAlgorithm};

use super::encoding::fitted_to_curve;
use crate::signpath::{Curve, HashAlgorithm, PublicKey, SignatureAlgorithm};

/// Whether `signature` is one of `hash` by `key`. `hash` is as long as the algorithm's digest for RSA, of any length
/// for ECDSA; an ECDSA signature is `r ‖ s`.
pub fn verifies(key: &PublicKey, algorithm: SignatureAlgorithm, hash: &[u8], signature: &[u8]) -> bool {
    let (scheme, digest_algorithm, bytes, hash): (&'static dyn VerificationAlgorithm, _, _, _) =
        match (key, algorithm) {
            (PublicKey::Rsa(key), SignatureAlgorithm::RsaPkcs1(algorithm)) => {
                (pkcs1(algorithm), algorithm, key.to_pkcs1(), hash.to_vec())
            }
            (PublicKey::Rsa(key), SignatureAlgorithm::RsaPss(algorithm)) => match pss(algorithm) {
                Some(scheme) => (scheme, algorithm, key.to_pkcs1(), hash.to_vec()),
                None => return false,
            },
            (PublicKey::Ec(key), SignatureAlgorithm::Ecdsa) => {
                (ecdsa(key.curve), key.curve.digest(), key.point.clone(), fitted_to_curve(hash, key.curve))
            }
            _ => return false,
        };
    let digest = Digest::import_less_safe(&hash, digest_algorithm.implementation());
    digest.is_ok_and(|digest| UnparsedPublicKey::new(scheme, bytes).verify_digest(&digest, signature).is_ok())
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
