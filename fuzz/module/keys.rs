//! DER: public keys, certificates, DigestInfo, signatures.

use x509_cert::der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef, UintRef};
use x509_cert::der::{Decode, Encode, Reader, SliceReader, Tag};
use x509_cert::spki::AlgorithmIdentifierRef;

use super::choice;
use crate::signpath::hash_signing::from_der;
use crate::signpath::{Certificate, Curve, HashAlgorithm, PublicKey};
use crate::token::encoding::{digest_info as read_digest_info, ec_params, ec_point};

/// A key that is read in any way is one that can be verified with, and comes back from the one way of writing it.
pub(super) fn key(input: &[u8]) {
    let Some((way, rest)) = choice(input) else { return };
    let key = match way % 6 {
        0 => PublicKey::from_spki(rest),
        1 => PublicKey::from_pkcs1(rest),
        2 => PublicKey::from_bare_point(rest),
        3 => PublicKey::from_rsa(rest, &[1, 0, 1]),
        4 => Curve::named(&String::from_utf8_lossy(rest)).and_then(check_name),
        _ => Curve::ALL.get(way / 6 % 3).and_then(|curve| PublicKey::from_point(*curve, rest)),
    };
    if let Some(key) = key {
        check_key(&key);
    }
}

fn check_name(curve: Curve) -> Option<PublicKey> {
    assert_eq!(Curve::named(&curve.oid().to_string()), Some(curve));
    None
}

pub(super) fn check_key(key: &PublicKey) {
    assert_eq!(PublicKey::from_spki(&key.to_spki()).as_ref(), Some(key));
    match key {
        PublicKey::Rsa(rsa) => {
            assert!((2048..=8192).contains(&rsa.bits()) && rsa.modulus.first() != Some(&0));
            assert_eq!(key.signature_bytes(), rsa.bits().div_ceil(8));
            assert_eq!(PublicKey::from_pkcs1(&rsa.to_pkcs1()).as_ref(), Some(key));
        }
        PublicKey::Ec(ec) => {
            assert_eq!(key.signature_bytes() + 1, ec.point.len());
            assert_eq!(ObjectIdentifier::from_der(&ec_params(ec.curve)), Ok(ec.curve.oid()));
            assert_eq!(OctetStringRef::from_der(&ec_point(&ec.point)).unwrap().as_bytes(), ec.point);
        }
    }
}

/// The parts that PKCS#11 shows of a certificate stand in it, byte for byte, and its days are days.
pub(super) fn certificate(input: &[u8]) {
    let Some((certificate, key)) = Certificate::from_der(input) else { return };
    check_key(&key);
    assert_eq!(certificate.der, input);
    for part in [certificate.subject(), certificate.issuer(), certificate.serial_number()] {
        assert!(!part.is_empty() && input.windows(part.len()).any(|window| window == part), "{part:02x?}");
    }
    for date in [certificate.start_date, certificate.end_date] {
        assert!(date.iter().all(u8::is_ascii_digit) && date > *b"19491231", "{date:?}");
    }
}

/// What is taken apart is, put together again, the same; and nothing that should be taken apart is not.
pub(super) fn digest_info(input: &[u8]) {
    let read = read_digest_info(input);
    if let Some((algorithm, digest)) = read {
        assert_eq!(written(algorithm, digest), input);
    }
    assert_eq!(read, usual(input));
}

/// A DigestInfo as RFC 8017 section 9.2 has it, taken apart by DER's own rules.
fn usual(input: &[u8]) -> Option<(HashAlgorithm, &[u8])> {
    let mut reader = SliceReader::new(input).ok()?;
    let (algorithm, digest) = reader
        .sequence(|sequence| {
            Ok((AlgorithmIdentifierRef::decode(sequence)?, OctetStringRef::decode(sequence)?))
        })
        .ok()?;
    let known = HashAlgorithm::ALL.into_iter().find(|known| known.oid() == algorithm.oid.to_string())?;
    let is_usual = reader.is_finished()
        && algorithm.parameters == Some(AnyRef::NULL)
        && digest.as_bytes().len() == known.length();
    is_usual.then_some((known, digest.as_bytes()))
}

pub(super) fn written(algorithm: HashAlgorithm, digest: &[u8]) -> Vec<u8> {
    let oid = ObjectIdentifier::new_unwrap(algorithm.oid());
    let algorithm = AlgorithmIdentifierRef { oid, parameters: Some(AnyRef::NULL) }.to_der().unwrap();
    sequence(&[algorithm, OctetStringRef::new(digest).unwrap().to_der().unwrap()].concat())
}

fn sequence(content: &[u8]) -> Vec<u8> {
    AnyRef::new(Tag::Sequence, content).unwrap().to_der().unwrap()
}

/// The two numbers of a signature in DER are those of the result, which is as wide as was asked for.
pub(super) fn ecdsa_signature(input: &[u8]) {
    let Some((width, der)) = choice(input) else { return };
    let Some(signature) = from_der(der, width) else { return };
    assert_eq!(signature.len(), 2 * width);
    let (r, s) = signature.split_at(width);
    let numbers = [UintRef::new(r).unwrap().to_der().unwrap(), UintRef::new(s).unwrap().to_der().unwrap()];
    assert!(der.starts_with(&sequence(&numbers.concat())));
}
