//! The vocabulary of hash signing: hash algorithms, paddings, signature formats, curves, and the pair that is signed.
//!
//! Two spellings of the same things exist on the wire, one for each generation of the API. This file gives the names
//! that both share (`Sha256`, the object identifiers); which name stands where is left to the routes.

use std::fmt;

/// A hash algorithm that SignPath puts into an RSA signature.
///
/// MD5, which the older documentation lists as well, is left out: no key of this emulator signs it, and the newer
/// documentation no longer names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum HashAlgorithm {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl HashAlgorithm {
    const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The algorithm called `name` in `rsaOptions.hashAlgorithmName`, case included.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The algorithm with the dotted object identifier `oid`.
    pub(crate) fn from_oid(oid: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.oid() == oid)
    }

    /// The name in `rsaOptions.hashAlgorithmName`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "Sha1",
            Self::Sha256 => "Sha256",
            Self::Sha384 => "Sha384",
            Self::Sha512 => "Sha512",
        }
    }

    /// The object identifier, dotted (RFC 8017, appendix B.1).
    pub(crate) const fn oid(self) -> &'static str {
        match self {
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        }
    }

    /// Bytes of a hash.
    pub(crate) const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// What precedes the hash in a DER `DigestInfo` (RFC 8017, section 9.2, note 1).
    pub(crate) const fn digest_info_prefix(self) -> &'static [u8] {
        match self {
            Self::Sha1 => b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
            Self::Sha256 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
            Self::Sha384 => b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
            Self::Sha512 => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
        }
    }

    /// The DER `DigestInfo` around `hash`, which PKCS#1 v1.5 pads.
    pub(crate) fn digest_info(self, hash: &[u8]) -> Vec<u8> {
        [self.digest_info_prefix(), hash].concat()
    }
}

/// How an RSA signature is padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RsaPadding {
    /// PKCS#1 v1.5, around a `DigestInfo`.
    Pkcs1,
    /// PSS with MGF1 of the same hash and a salt as long as the hash. Neither contract has a field for the salt; this
    /// is what .NET's `RSASignaturePadding.Pss` does and what SignPath's OpenSSL samples verify.
    Pss,
}

/// How an ECDSA signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum EcdsaSignatureFormat {
    /// r and s one after the other, each as long as the curve's field (IEEE P1363). SignPath's default.
    Ieee,
    /// DER SEQUENCE of two INTEGERs (RFC 3279).
    Asn1,
}

/// Everything but the hash that decides what a signature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SignatureScheme {
    Rsa { hash_algorithm: HashAlgorithm, padding: RsaPadding },
    Ecdsa { format: EcdsaSignatureFormat },
}

impl fmt::Display for SignatureScheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { hash_algorithm, padding } => {
                write!(formatter, "Rsa{padding:?} {}", hash_algorithm.name())
            }
            Self::Ecdsa { format } => write!(formatter, "Ecdsa {format:?}"),
        }
    }
}

/// A curve of FIPS 186.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    /// The curve with the dotted object identifier `oid`.
    pub(crate) fn from_oid(oid: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.oid() == oid)
    }

    /// The object identifier, dotted (RFC 5480, section 2.1.1.1).
    pub(crate) const fn oid(self) -> &'static str {
        match self {
            Self::P256 => "1.2.840.10045.3.1.7",
            Self::P384 => "1.3.132.0.34",
            Self::P521 => "1.3.132.0.35",
        }
    }

    /// The name that .NET gives the curve (`ECCurve.NamedCurves`).
    pub(crate) const fn dotnet_name(self) -> &'static str {
        match self {
            Self::P256 => "nistP256",
            Self::P384 => "nistP384",
            Self::P521 => "nistP521",
        }
    }

    /// Bits of the order, which is what `keySizeInBits` says.
    pub(crate) const fn bits(self) -> usize {
        match self {
            Self::P256 => 256,
            Self::P384 => 384,
            Self::P521 => 521,
        }
    }

    /// Bytes of a coordinate, of r and of s.
    pub(crate) const fn field_length(self) -> usize {
        self.bits().div_ceil(8)
    }

    /// Bytes of the longest hash of SHA-2 that the curve takes whole.
    pub(crate) const fn matching_hash_length(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 64,
        }
    }

    /// The leftmost bytes of `hash` that count: what is longer than the order is cut (FIPS 186-5, section 6.4.1). No
    /// hash reaches the 521 bits of P-521, so cutting at bytes is enough.
    pub(crate) fn leftmost(self, hash: &[u8]) -> &[u8] {
        hash.get(..self.field_length()).unwrap_or(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_info_says_the_length_of_its_hash() {
        for algorithm in HashAlgorithm::ALL {
            let hash = vec![0xAB; algorithm.length()];
            let digest_info = algorithm.digest_info(&hash);
            assert_eq!(usize::from(digest_info[1]), digest_info.len() - 2, "{algorithm:?}");
            assert!(digest_info.ends_with(&hash));
        }
    }

    #[test]
    fn names_are_matched_with_their_case() {
        assert_eq!(HashAlgorithm::from_name("Sha256"), Some(HashAlgorithm::Sha256));
        assert_eq!(HashAlgorithm::from_name("SHA256"), None);
    }

    #[test]
    fn a_hash_is_cut_to_the_field_and_never_stretched() {
        assert_eq!(Curve::P256.leftmost(&[7; 64]), [7; 32]);
        assert_eq!(Curve::P384.leftmost(&[7; 20]), [7; 20]);
        assert_eq!(Curve::P521.leftmost(&[7; 64]), [7; 64]);
    }
}
