//! The byte forms that PKCS#11 prescribes: padded strings, native integers, DER around points and digests, hashes cut
//! to a curve.

use aws_lc_rs::digest;
use cryptoki_sys::{CK_BBOOL, CK_FALSE, CK_TRUE, CK_ULONG};
use x509_cert::der::Encode;
use x509_cert::der::asn1::OctetStringRef;

use crate::signpath::{Curve, HashAlgorithm};

/// Text in a field of fixed length, padded with spaces (PKCS#11 v3.1 section 3.1). Text that does not fit is cut.
pub fn padded<const LENGTH: usize>(text: &str) -> [u8; LENGTH] {
    let mut field = [b' '; LENGTH];
    for (place, byte) in field.iter_mut().zip(text.bytes()) {
        *place = byte;
    }
    field
}

/// A `CK_ULONG` as an attribute's value.
pub fn ulong(number: CK_ULONG) -> Vec<u8> {
    number.to_ne_bytes().to_vec()
}

/// A `CK_BBOOL` as an attribute's value.
pub fn boolean(value: bool) -> Vec<u8> {
    let value: CK_BBOOL = if value { CK_TRUE } else { CK_FALSE };
    vec![value]
}

/// `CKA_EC_PARAMS`: the curve's object identifier, DER (PKCS#11 v3.1 section 6.3.3).
pub fn ec_params(curve: Curve) -> Vec<u8> {
    curve.oid().to_der().unwrap_or_default()
}

/// `CKA_EC_POINT`: the point in an OCTET STRING, DER (PKCS#11 v3.1 section 6.3.3).
pub fn ec_point(point: &[u8]) -> Vec<u8> {
    OctetStringRef::new(point).and_then(|string| string.to_der()).unwrap_or_default()
}

/// SHA-1, for `CKA_CHECK_VALUE` of a certificate.
pub fn sha1(data: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, data).as_ref().to_vec()
}

/// SHA-256 in hexadecimal, for identifiers.
pub fn fingerprint(parts: &[&[u8]]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    hexadecimal(context.finish().as_ref())
}

/// Bytes as two lower-case digits each.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

impl HashAlgorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The name as in `SHA-256`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// Bytes of a digest.
    pub fn length(self) -> usize {
        self.implementation().output_len()
    }

    /// The algorithm as the cryptographic library knows it.
    pub fn implementation(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    /// What stands before the digest in a DigestInfo (RFC 8017 section 9.2, note 1).
    fn digest_info_prefix(self) -> &'static [u8] {
        match self {
            Self::Sha1 => {
                &[0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14]
            }
            Self::Sha256 => SHA2_PREFIXES[0].as_slice(),
            Self::Sha384 => SHA2_PREFIXES[1].as_slice(),
            Self::Sha512 => SHA2_PREFIXES[2].as_slice(),
        }
    }
}

const SHA2_PREFIXES: [[u8; 19]; 3] =
    [sha2_prefix(0x31, 0x01, 0x20), sha2_prefix(0x41, 0x02, 0x30), sha2_prefix(0x51, 0x03, 0x40)];

const fn sha2_prefix(total: u8, algorithm: u8, digest: u8) -> [u8; 19] {
    [
        0x30, total, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, algorithm, 0x05,
        0x00, 0x04, digest,
    ]
}

/// Takes a DigestInfo apart. Only the exact form that the service will build again is accepted, its NULL parameters
/// included: any other would come back as a signature over something else.
pub fn digest_info(data: &[u8]) -> Option<(HashAlgorithm, &[u8])> {
    HashAlgorithm::ALL.into_iter().find_map(|algorithm| {
        let digest = data.strip_prefix(algorithm.digest_info_prefix())?;
        (digest.len() == algorithm.length()).then_some((algorithm, digest))
    })
}

/// A hash in the length of the curve's own digest (32, 48 or 64 bytes), with the number that ECDSA makes of it
/// unchanged (FIPS 186-5 section 6.4.1: the leftmost bits, as many as the order has): cut at the end, or filled with
/// zeros in front. The service's rule for the length is not documented; this length fits every plausible one.
pub fn fitted_to_curve(hash: &[u8], curve: Curve) -> Vec<u8> {
    let length = curve.digest().length();
    let zeros = length.saturating_sub(hash.len());
    let mut fitted = vec![0; zeros];
    fitted.extend(hash.iter().take(length));
    fitted
}

impl Curve {
    /// The hash algorithm that goes with the curve (RFC 5656 section 6.2.1).
    pub(crate) fn digest(self) -> HashAlgorithm {
        match self {
            Self::P256 => HashAlgorithm::Sha256,
            Self::P384 => HashAlgorithm::Sha384,
            Self::P521 => HashAlgorithm::Sha512,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_padded_with_spaces_and_cut_to_the_field() {
        assert_eq!(&padded::<6>("ab"), b"ab    ");
        assert_eq!(&padded::<2>("abc"), b"ab");
    }

    #[test]
    fn a_digest_info_of_each_algorithm_is_taken_apart() {
        for (algorithm, total) in [
            (HashAlgorithm::Sha1, 35),
            (HashAlgorithm::Sha256, 51),
            (HashAlgorithm::Sha384, 67),
            (HashAlgorithm::Sha512, 83),
        ] {
            let digest = vec![7; algorithm.length()];
            let info = [algorithm.digest_info_prefix(), &digest].concat();

            assert_eq!(info.len(), total);
            assert_eq!(digest_info(&info), Some((algorithm, digest.as_slice())));
        }
    }

    #[test]
    fn a_digest_info_that_is_not_exactly_that_of_the_standard_is_none() {
        let info = [HashAlgorithm::Sha256.digest_info_prefix(), &[7; 32]].concat();
        let without_null = [&[0x30, 0x2f, 0x30, 0x0b], &info[4..15], &info[17..]].concat();
        for other in [&info[..50], &[&info[..], &[0]].concat(), &info[19..], &without_null, &[]] {
            assert_eq!(digest_info(other), None, "{other:02x?}");
        }
    }

    #[test]
    fn a_hash_is_fitted_to_a_curve_without_changing_the_number() {
        assert_eq!(fitted_to_curve(&[1; 64], Curve::P256), [1; 32]);
        assert_eq!(fitted_to_curve(&[1; 20], Curve::P256), [vec![0; 12], vec![1; 20]].concat());
        assert_eq!(fitted_to_curve(&[1; 32], Curve::P384), [vec![0; 16], vec![1; 32]].concat());
        assert_eq!(fitted_to_curve(&[1; 64], Curve::P521), [1; 64]);
    }

    #[test]
    fn a_point_is_wrapped_in_an_octet_string_of_any_length() {
        assert_eq!(ec_point(&[4; 65])[..2], [0x04, 65]);
        assert_eq!(ec_point(&[4; 133])[..3], [0x04, 0x81, 133]);
    }

    #[test]
    fn a_curve_is_its_object_identifier() {
        assert_eq!(ec_params(Curve::P384), [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]);
    }
}
