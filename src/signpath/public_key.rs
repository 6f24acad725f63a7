//! Public keys and certificates as SignPath lists them: read in every encoding that the service is known or likely to
//! use, kept in one.
//!
//! What the keys verify is `token`'s business.

use std::ops::Range;

use p256::elliptic_curve::sec1::{FromEncodedPoint, ModulusSize, ToEncodedPoint};
use p256::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, PublicKey as CurvePoint};
use rsa::pkcs1::RsaPublicKey;
use x509_cert::der::asn1::{BitStringRef, ContextSpecific, ObjectIdentifier, UintRef};
use x509_cert::der::{self, AnyRef, Decode, Encode, NestedReader, Reader, SliceReader, TagNumber};
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use x509_cert::time::Validity;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const SECP521R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// RSA keys of other sizes are refused by SignPath and by the verification alike.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A public key of a kind that SignPath's HSMs hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA.
    Rsa(RsaKey),
    /// A key on one of the NIST curves.
    Ec(EcKey),
}

/// An RSA public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaKey {
    /// Unsigned, big-endian, without leading zero.
    pub modulus: Vec<u8>,
    /// Unsigned, big-endian, without leading zero.
    pub exponent: Vec<u8>,
}

/// A public key on a curve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcKey {
    /// The curve.
    pub curve: Curve,
    /// The point on it, uncompressed: `04 ‖ X ‖ Y` (SEC 1 section 2.3.3).
    pub point: Vec<u8>,
}

/// The NIST curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// secp256r1.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
}

impl Curve {
    /// All curves.
    pub const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    /// The object identifier (RFC 5480).
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => SECP256R1,
            Self::P384 => SECP384R1,
            Self::P521 => SECP521R1,
        }
    }

    /// Bits of the curve's order.
    pub fn bits(self) -> usize {
        match self {
            Self::P256 => 256,
            Self::P384 => 384,
            Self::P521 => 521,
        }
    }

    /// Bytes of a coordinate, and of each half of a signature.
    pub fn field_bytes(self) -> usize {
        self.bits().div_ceil(8)
    }

    /// The curve of a name in one of its many spellings, or of an object identifier.
    pub fn named(name: &str) -> Option<Self> {
        let plain: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let by_oid = Self::ALL.into_iter().find(|curve| curve.oid().to_string() == name);
        by_oid.or(match plain.as_str() {
            "p256" | "nistp256" | "ecdsap256" | "secp256r1" | "prime256v1" => Some(Self::P256),
            "p384" | "nistp384" | "ecdsap384" | "secp384r1" => Some(Self::P384),
            "p521" | "nistp521" | "ecdsap521" | "secp521r1" => Some(Self::P521),
            _ => None,
        })
    }
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo (RFC 5280 section 4.1).
    pub fn from_spki(der: &[u8]) -> Option<Self> {
        Self::from_spki_ref(SubjectPublicKeyInfoRef::from_der(der).ok()?)
    }

    /// Reads a PKCS#1 RSAPublicKey (RFC 8017 section A.1.1), as SignPath sends it.
    pub fn from_pkcs1(der: &[u8]) -> Option<Self> {
        let key = RsaPublicKey::from_der(der).ok()?;
        Self::from_rsa(key.modulus.as_bytes(), key.public_exponent.as_bytes())
    }

    /// Takes an RSA key's two numbers, unsigned and big-endian.
    pub fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let key = RsaKey { modulus: without_zeros(modulus), exponent: without_zeros(exponent) };
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
        let usable = RSA_BITS.contains(&key.bits())
            && is_odd(&key.modulus)
            && is_odd(&key.exponent)
            && key.exponent.len() <= 4
            && key.exponent != [1];
        usable.then_some(Self::Rsa(key))
    }

    /// Takes a point, compressed or not; it must lie on the curve.
    pub fn from_point(curve: Curve, point: &[u8]) -> Option<Self> {
        let point = match curve {
            Curve::P256 => uncompressed::<p256::NistP256>(point),
            Curve::P384 => uncompressed::<p384::NistP384>(point),
            Curve::P521 => uncompressed::<p521::NistP521>(point),
        }?;
        Some(Self::Ec(EcKey { curve, point }))
    }

    /// Takes an uncompressed point whose length tells the curve.
    pub fn from_bare_point(point: &[u8]) -> Option<Self> {
        let curve = Curve::ALL.into_iter().find(|curve| point.len() == 1 + 2 * curve.field_bytes())?;
        Self::from_point(curve, point)
    }

    fn from_spki_ref(spki: SubjectPublicKeyInfoRef<'_>) -> Option<Self> {
        let bits = spki.subject_public_key.as_bytes()?;
        match spki.algorithm.oid {
            RSA_ENCRYPTION => Self::from_pkcs1(bits),
            EC_PUBLIC_KEY => {
                let oid = spki.algorithm.parameters_oid().ok()?;
                let curve = Curve::ALL.into_iter().find(|curve| curve.oid() == oid)?;
                Self::from_point(curve, bits)
            }
            _ => None,
        }
    }

    /// The key as SubjectPublicKeyInfo, DER.
    pub fn to_spki(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => spki(RSA_ENCRYPTION, AnyRef::NULL, &key.to_pkcs1()),
            Self::Ec(key) => spki(EC_PUBLIC_KEY, AnyRef::from(&key.curve.oid()), &key.point),
        }
    }

    /// Whether a SubjectPublicKeyInfo, DER, holds this key as [`Self::to_spki`] writes it: cheaper than reading it again.
    fn is_in(&self, spki: &[u8]) -> bool {
        let Ok(SubjectPublicKeyInfoRef { algorithm, subject_public_key }) =
            SubjectPublicKeyInfoRef::from_der(spki)
        else {
            return false;
        };
        let bits = subject_public_key.as_bytes();
        match self {
            Self::Rsa(key) => algorithm.oid == RSA_ENCRYPTION && bits == Some(&key.to_pkcs1()),
            Self::Ec(key) => {
                algorithm.assert_oids(EC_PUBLIC_KEY, key.curve.oid()).is_ok() && bits == Some(&key.point)
            }
        }
    }

    /// Kind and size for people: `RSA 3072`, `EC P-256`.
    pub fn description(&self) -> String {
        match self {
            Self::Rsa(key) => format!("RSA {}", key.bits()),
            Self::Ec(key) => format!("EC P-{}", key.curve.bits()),
        }
    }

    /// Bytes of a signature: those of the modulus, or twice those of the curve's order.
    pub fn signature_bytes(&self) -> usize {
        match self {
            Self::Rsa(key) => key.modulus.len(),
            Self::Ec(key) => 2 * key.curve.field_bytes(),
        }
    }
}

impl RsaKey {
    /// Bits of the modulus.
    pub fn bits(&self) -> usize {
        let unused = self.modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        self.modulus.len() * 8 - unused
    }

    /// The key as PKCS#1 RSAPublicKey, DER.
    pub fn to_pkcs1(&self) -> Vec<u8> {
        let numbers =
            UintRef::new(&self.modulus).and_then(|modulus| Ok((modulus, UintRef::new(&self.exponent)?)));
        // fails for numbers longer than DER can tell, which cannot have been read from DER or JSON here
        let key =
            numbers.and_then(|(modulus, public_exponent)| RsaPublicKey { modulus, public_exponent }.to_der());
        key.unwrap_or_default()
    }
}

/// A certificate of one of the keys, with the parts that PKCS#11 shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The whole, DER.
    pub der: Vec<u8>,
    subject: Range<usize>,
    issuer: Range<usize>,
    serial_number: Range<usize>,
    /// First day of validity, `YYYYMMDD`.
    pub start_date: [u8; 8],
    /// Last day of validity, `YYYYMMDD`.
    pub end_date: [u8; 8],
}

impl Certificate {
    /// Reads an X.509 certificate, and the key in it.
    pub fn from_der(der: &[u8]) -> Option<(Self, PublicKey)> {
        Self::with_key(der.to_owned(), None)
    }

    /// Reads an X.509 certificate, and the key in it, which is nearly always the one that is known already. Names and
    /// extensions are not looked into: a list may have ten thousand of them, and nobody asks.
    pub(super) fn with_key(der: Vec<u8>, known: Option<&PublicKey>) -> Option<(Self, PublicKey)> {
        let fields = Fields::read(&der).ok()?;
        let known = known.filter(|key| key.is_in(fields.spki)).cloned();
        let key = known.or_else(|| PublicKey::from_spki(fields.spki))?;
        // each part is a piece of the whole
        let place = |part: &[u8]| {
            let start = part.as_ptr() as usize - der.as_ptr() as usize;
            start..start + part.len()
        };
        let [subject, issuer, serial_number] =
            [fields.subject, fields.issuer, fields.serial_number].map(place);
        let [start_date, end_date] = [fields.validity.not_before, fields.validity.not_after].map(date);
        Some((Self { der, subject, issuer, serial_number, start_date, end_date }, key))
    }

    /// The subject's name, DER.
    pub fn subject(&self) -> &[u8] {
        self.part(&self.subject)
    }

    /// The issuer's name, DER.
    pub fn issuer(&self) -> &[u8] {
        self.part(&self.issuer)
    }

    /// The serial number as an INTEGER, DER.
    pub fn serial_number(&self) -> &[u8] {
        self.part(&self.serial_number)
    }

    fn part(&self, place: &Range<usize>) -> &[u8] {
        self.der.get(place.clone()).unwrap_or_default()
    }
}

/// The fields of a TBSCertificate that matter here, as they stand in it (RFC 5280 section 4.1).
struct Fields<'a> {
    serial_number: &'a [u8],
    issuer: &'a [u8],
    validity: Validity,
    subject: &'a [u8],
    spki: &'a [u8],
}

impl<'a> Fields<'a> {
    fn read(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let fields = reader.sequence(|certificate| {
            let fields = certificate.sequence(Self::of_tbs)?;
            AlgorithmIdentifierRef::decode(certificate)?;
            BitStringRef::decode(certificate)?;
            Ok(fields)
        })?;
        reader.finish(fields)
    }

    fn of_tbs<'r, R: Reader<'a>>(tbs: &mut NestedReader<'r, R>) -> der::Result<Self> {
        ContextSpecific::<u8>::decode_explicit(tbs, TagNumber::N0)?;
        let serial_number = tbs.tlv_bytes()?;
        AlgorithmIdentifierRef::decode(tbs)?;
        let issuer = tbs.tlv_bytes()?;
        let validity = Validity::decode(tbs)?;
        let (subject, spki) = (tbs.tlv_bytes()?, tbs.tlv_bytes()?);
        while !tbs.is_finished() {
            tbs.tlv_bytes()?;
        }
        Ok(Self { serial_number, issuer, validity, subject, spki })
    }
}

fn date(time: x509_cert::time::Time) -> [u8; 8] {
    let time = time.to_date_time();
    let number = u32::from(time.year()) * 10_000 + u32::from(time.month()) * 100 + u32::from(time.day());
    let digit = |power| b'0' + (number / 10_u32.pow(power) % 10) as u8;
    [7, 6, 5, 4, 3, 2, 1, 0].map(digit)
}

fn spki(oid: ObjectIdentifier, parameters: AnyRef<'_>, key: &[u8]) -> Vec<u8> {
    let algorithm = AlgorithmIdentifierRef { oid, parameters: Some(parameters) };
    let spki = BitStringRef::from_bytes(key)
        .and_then(|subject_public_key| SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der());
    spki.unwrap_or_default()
}

fn without_zeros(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default().to_vec()
}

fn uncompressed<C>(point: &[u8]) -> Option<Vec<u8>>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromEncodedPoint<C> + ToEncodedPoint<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let point = CurvePoint::<C>::from_sec1_bytes(point).ok()?;
    Some(point.to_encoded_point(false).as_bytes().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The generator of P-256 (SEC 2 section 2.4.2), a point like any other.
    fn generator() -> Vec<u8> {
        let point = p256::AffinePoint::GENERATOR;
        point.to_encoded_point(false).as_bytes().to_owned()
    }

    fn modulus(bits: usize) -> Vec<u8> {
        vec![0xff; bits / 8]
    }

    #[test]
    fn an_rsa_key_comes_back_from_each_encoding() {
        let key = PublicKey::from_rsa(&modulus(2048), &[1, 0, 1]).unwrap();
        let PublicKey::Rsa(rsa) = &key else { panic!("not RSA") };

        assert_eq!(PublicKey::from_pkcs1(&rsa.to_pkcs1()), Some(key.clone()));
        assert_eq!(PublicKey::from_spki(&key.to_spki()), Some(key.clone()));
    }

    #[test]
    fn leading_zeros_of_a_number_change_nothing() {
        let padded = [vec![0], modulus(2048)].concat();

        assert_eq!(
            PublicKey::from_rsa(&padded, &[0, 1, 0, 1]),
            PublicKey::from_rsa(&modulus(2048), &[1, 0, 1])
        );
    }

    #[test]
    fn an_rsa_key_of_a_size_that_cannot_be_verified_is_refused() {
        assert_eq!(PublicKey::from_rsa(&modulus(1024), &[1, 0, 1]), None);
        assert_eq!(PublicKey::from_rsa(&modulus(16384), &[1, 0, 1]), None);
    }

    #[test]
    fn a_point_is_read_compressed_and_uncompressed_and_as_spki() {
        let key = PublicKey::from_point(Curve::P256, &generator()).unwrap();
        let compressed = [&[0x02 | (generator()[64] & 1)], &generator()[1..33]].concat();

        assert_eq!(PublicKey::from_point(Curve::P256, &compressed), Some(key.clone()));
        assert_eq!(PublicKey::from_bare_point(&generator()), Some(key.clone()));
        assert_eq!(PublicKey::from_spki(&key.to_spki()), Some(key));
    }

    #[test]
    fn a_point_that_is_not_on_the_curve_is_refused() {
        let mut point = generator();
        point[64] ^= 1;

        assert_eq!(PublicKey::from_point(Curve::P256, &point), None);
    }

    #[test]
    fn curves_are_known_by_many_names() {
        for name in ["P-256", "nistP256", "ECDSA_P256", "secp256r1", "prime256v1", "1.2.840.10045.3.1.7"] {
            assert_eq!(Curve::named(name), Some(Curve::P256), "{name}");
        }
        assert_eq!(Curve::named("secp256k1"), None);
    }
}
