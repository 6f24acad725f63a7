//! The six test keys of `softhsm-fixtures`, embedded so that the binary runs anywhere.
//!
//! Private halves come from the same files, or from a PKCS#11 token that holds the same keys. That a token's keys are
//! really the same is left to its maker; the module under test verifies every signature and would say so.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};

use super::hardware::HardwareToken;
use super::public_key::PublicKey;
use super::software::SoftwareKey;
use super::{Certificates, PrivateKey, SigningError, SigningKey};

/// The files of one key, PEM.
struct Fixture {
    name: &'static str,
    private_key: &'static str,
    public_key: &'static str,
    self_signed_certificate: &'static str,
    ca_issued_certificate: &'static str,
}

macro_rules! fixture {
    ($name:literal) => {
        Fixture {
            name: $name,
            private_key: include_str!(concat!("../../../../softhsm-fixtures/keys/", $name, ".pem")),
            public_key: include_str!(concat!("../../../../softhsm-fixtures/keys/", $name, ".public.pem")),
            self_signed_certificate: include_str!(concat!(
                "../../../../softhsm-fixtures/certificates/",
                $name,
                ".self-signed.pem"
            )),
            ca_issued_certificate: include_str!(concat!(
                "../../../../softhsm-fixtures/certificates/",
                $name,
                ".ca-issued.pem"
            )),
        }
    };
}

const FIXTURES: [Fixture; 6] = [
    fixture!("rsa-2048"),
    fixture!("rsa-3072"),
    fixture!("rsa-4096"),
    fixture!("p-256"),
    fixture!("p-384"),
    fixture!("p-521"),
];

/// The keys by name. Policies share them: a key is made once.
pub(crate) struct KeyStore {
    keys: BTreeMap<&'static str, Arc<SigningKey>>,
}

impl KeyStore {
    /// Keys that sign in this process.
    pub(crate) fn in_process() -> Result<Self, SigningError> {
        Self::with_private_keys(|fixture, public_key| {
            let der = PrivatePkcs8KeyDer::from_pem_slice(fixture.private_key.as_bytes())
                .map_err(SigningError::encoding)?;
            SoftwareKey::from_pkcs8(der.secret_pkcs8_der(), public_key).map(PrivateKey::Software)
        })
    }

    /// Keys that sign in `token`, found there by their names.
    pub(crate) fn in_token(token: HardwareToken) -> Result<Self, SigningError> {
        let token = Arc::new(token);
        Self::with_private_keys(|fixture, _| token.key(fixture.name).map(PrivateKey::Hardware))
    }

    fn with_private_keys(
        private_key: impl Fn(&Fixture, &PublicKey) -> Result<PrivateKey, SigningError>,
    ) -> Result<Self, SigningError> {
        let entry = |fixture: &Fixture| {
            let public_key = fixture.public_key()?;
            let private_key = private_key(fixture, &public_key)?;
            let certificates = fixture.certificates()?;
            Ok((
                fixture.name,
                Arc::new(SigningKey { name: fixture.name, public_key, certificates, private_key }),
            ))
        };
        Ok(Self { keys: FIXTURES.iter().map(entry).collect::<Result<_, SigningError>>()? })
    }

    /// The key called `name`.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<SigningKey>> {
        self.keys.get(name).map(Arc::clone)
    }

    /// The names of all keys.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.keys.keys().copied()
    }
}

impl Fixture {
    fn public_key(&self) -> Result<PublicKey, SigningError> {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(self.public_key.as_bytes())
            .map_err(SigningError::encoding)?;
        PublicKey::from_subject_public_key_info(&der)
    }

    fn certificates(&self) -> Result<Certificates, SigningError> {
        let der = |pem: &str| {
            CertificateDer::from_pem_slice(pem.as_bytes())
                .map(|certificate| certificate.to_vec())
                .map_err(SigningError::encoding)
        };
        Ok(Certificates {
            self_signed: der(self.self_signed_certificate)?,
            ca_issued: der(self.ca_issued_certificate)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_cert::Certificate;
    use x509_cert::der::{Decode as _, Encode as _};

    #[test]
    fn both_certificates_of_a_key_are_for_that_key() {
        let store = KeyStore::in_process().unwrap();
        for name in store.names() {
            let key = store.get(name).unwrap();
            for der in [&key.certificates.self_signed, &key.certificates.ca_issued] {
                let certificate = Certificate::from_der(der).unwrap();
                let info = certificate.tbs_certificate.subject_public_key_info.to_der().unwrap();
                let certified = PublicKey::from_subject_public_key_info(&info).unwrap();
                assert_eq!(format!("{certified:?}"), format!("{:?}", key.public_key), "{name}");
            }
        }
    }
}
