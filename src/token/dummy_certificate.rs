//! The certificate without meaning that `IncludeDummyX509CertificateForGpgKeys` asks for: gnupg-pkcs11-scd finds keys
//! by their certificates, and a GPG key has none.
//!
//! It is always the same for the same key, names the key as its subject, and its signature is all zeros: nothing that
//! verifies certificates will take it for one.

use std::str::FromStr;
use std::time::Duration;

use x509_cert::certificate::{CertificateInner, TbsCertificateInner, Version};
use x509_cert::der::asn1::{BitString, ObjectIdentifier, UtcTime};
use x509_cert::der::{Decode, Encode};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

use super::encoding::fingerprint;
use crate::signpath::{Certificate, SigningPolicy};

const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");

/// 2000-01-01, in seconds since 1970.
const START: u64 = 946_684_800;
/// 2049-12-31, the last year that a UTCTime can tell.
const END: u64 = 2_524_521_600;

/// The certificate for a policy's key; `None` if the key's name cannot stand in a certificate.
pub fn for_policy(policy: &SigningPolicy) -> Option<Certificate> {
    let algorithm = AlgorithmIdentifierOwned { oid: SHA256_WITH_RSA, parameters: None };
    let name = Name::from_str(&format!("CN={}", policy.label())).ok()?;
    let spki = policy.key.to_spki();
    let serial_number = fingerprint(&[&spki]).into_bytes();
    let certificate: CertificateInner = CertificateInner {
        tbs_certificate: TbsCertificateInner {
            version: Version::V3,
            serial_number: SerialNumber::new(serial_number.get(..16)?).ok()?,
            signature: algorithm.clone(),
            issuer: name.clone(),
            validity: Validity { not_before: time(START)?, not_after: time(END)? },
            subject: name,
            subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(&spki).ok()?,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: None,
        },
        signature_algorithm: algorithm,
        signature: BitString::from_bytes(&[0; 32]).ok()?,
    };
    Certificate::from_der(&certificate.to_der().ok()?).map(|(certificate, _)| certificate)
}

fn time(seconds: u64) -> Option<Time> {
    UtcTime::from_unix_duration(Duration::from_secs(seconds)).ok().map(Time::UtcTime)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Slug;
    use crate::signpath::PublicKey;

    fn policy() -> SigningPolicy {
        SigningPolicy {
            project: Slug::parse("project").unwrap(),
            policy: Slug::parse("policy").unwrap(),
            id: None,
            key: PublicKey::from_rsa(&[0xff; 256], &[1, 0, 1]).unwrap(),
            certificate: None,
        }
    }

    #[test]
    fn it_holds_the_key_and_its_name_and_is_always_the_same() {
        let certificate = for_policy(&policy()).unwrap();
        let (_, key) = Certificate::from_der(&certificate.der).unwrap();

        assert_eq!(key, policy().key);
        assert_eq!(Name::from_der(certificate.subject()).unwrap().to_string(), "CN=project/policy");
        assert_eq!((&certificate.start_date, &certificate.end_date), (b"20000101", b"20491231"));
        assert_eq!(for_policy(&policy()), Some(certificate));
    }
}
