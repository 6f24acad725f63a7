//! `signpath-tool public-key` and `signpath-tool certificate`: what others verify with.

use signpath_pkcs11::signpath::{PublicKey, SigningPolicy};
use ssh_key::Mpint;
use ssh_key::public::{EcdsaPublicKey, KeyData, RsaPublicKey};
use x509_cert::der::pem::{LineEnding, encode_string};

use super::print_or_write;
use crate::arguments::{self, CertificateFormat, PublicKeyFormat};
use crate::outcome::{Ending, Exit, Result};
use crate::service::Service;

pub(crate) fn public_key(arguments: &arguments::PublicKey) -> Result<()> {
    let policy = Service::configured()?.key(&arguments.key.name()?)?;
    let spki = policy.key.to_spki();
    let result = match arguments.format {
        PublicKeyFormat::Pem => pem("PUBLIC KEY", &spki)?,
        PublicKeyFormat::Der => spki,
        PublicKeyFormat::Ssh => openssh(&policy)?.into_bytes(),
    };
    print_or_write(&arguments.out, &result)
}

pub(crate) fn certificate(arguments: &arguments::Certificate) -> Result<()> {
    let name = arguments.key.name()?;
    let certificate = Service::configured()?.key(&name)?.certificate.ok_or_else(|| {
        let message = format!("{name} has no certificate, as GPG keys have none; use public-key");
        Ending::new(Exit::Failed, message)
    })?;
    let result = match arguments.format {
        CertificateFormat::Pem => pem("CERTIFICATE", &certificate.der)?,
        CertificateFormat::Der => certificate.der,
    };
    print_or_write(&arguments.out, &result)
}

fn pem(label: &'static str, der: &[u8]) -> Result<Vec<u8>> {
    encode_string(label, LineEnding::LF, der).map(String::into_bytes).map_err(|error| cannot(label, &error))
}

/// A line as in `authorized_keys` (RFC 4253 section 6.6, RFC 5656 section 3.1), with the key's name as its comment.
fn openssh(policy: &SigningPolicy) -> Result<String> {
    let data = match &policy.key {
        PublicKey::Rsa(key) => {
            let number = |bytes| Mpint::from_positive_bytes(bytes);
            number(&key.exponent).and_then(|e| Ok(KeyData::Rsa(RsaPublicKey { e, n: number(&key.modulus)? })))
        }
        PublicKey::Ec(key) => EcdsaPublicKey::from_sec1_bytes(&key.point).map(KeyData::Ecdsa),
    };
    let line = data.and_then(|data| ssh_key::PublicKey::new(data, policy.label()).to_openssh());
    line.map(|line| format!("{line}\n")).map_err(|error| cannot("ssh public key", &error))
}

fn cannot(what: &str, error: &dyn std::fmt::Display) -> Ending {
    Ending::new(Exit::Failed, format!("writing the key as {what}: {error}"))
}
