//! Whether a signature is one of a key over exactly these bytes, in the way in which cosign verifies: SHA-256, and
//! PKCS#1 v1.5 or ECDSA in DER.

use std::path::PathBuf;

use aws_lc_rs::signature::{self as schemes, UnparsedPublicKey, VerificationAlgorithm};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use signpath_pkcs11::signpath::{Certificate, Curve, PublicKey};
use x509_cert::der::asn1::{AnyRef, UintRef};
use x509_cert::der::{Encode, Tag};

use crate::command_line::words;
use crate::files;
use crate::outcome::{Ending, Exit, Result};

/// Whose signature it must be.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct SignerOptions {
    /// The public key, PEM or DER
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,

    /// A certificate with the public key, PEM or DER
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
}

impl SignerOptions {
    /// These options as they are typed.
    pub(crate) fn words(&self) -> Vec<String> {
        words("--key", self.key.as_ref()).chain(words("--certificate", self.certificate.as_ref())).collect()
    }
}

/// Whose signature it must be, where SignPath's word on that is not enough.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct PinnedSigner {
    /// The public key that the signatures must be of, PEM or DER [default: that of the signing request's certificate]
    #[arg(long = "key", id = "pinned key", value_name = "FILE")]
    key: Option<PathBuf>,

    /// A certificate with that public key, PEM or DER
    #[arg(long = "certificate", id = "pinned certificate", value_name = "FILE")]
    certificate: Option<PathBuf>,
}

impl PinnedSigner {
    /// The same as options of a command that needs one; `None` where none is given.
    pub(crate) fn given(&self) -> Option<SignerOptions> {
        let is_given = self.key.is_some() || self.certificate.is_some();
        is_given.then(|| SignerOptions { key: self.key.clone(), certificate: self.certificate.clone() })
    }
}

/// A key whose signatures are accepted.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    key: PublicKey,
}

impl Signer {
    /// The key of the command line.
    pub(crate) fn of(options: &SignerOptions) -> Result<Self> {
        let (path, what, signer) = match (&options.key, &options.certificate) {
            (Some(path), _) => (path, "public key", Self::of_public_key(&files::read(path)?)),
            (None, Some(path)) => (path, "certificate", Self::of_certificate(&files::read(path)?)),
            (None, None) => return Err(unusable("neither --key nor --certificate is given".to_owned())),
        };
        let refused = || {
            let path = path.display();
            unusable(format!("{path} holds no {what} that can be used; expected is RSA or EC, PEM or DER"))
        };
        signer.ok_or_else(refused)
    }

    /// The key in a certificate, DER or PEM; of a chain, the first certificate is the signer's.
    pub(crate) fn of_certificate(bytes: &[u8]) -> Option<Self> {
        let (_, key) = match CertificateDer::from_pem_slice(bytes) {
            Ok(certificate) => Certificate::from_der(&certificate),
            Err(_) => Certificate::from_der(bytes),
        }?;
        Some(Self { key })
    }

    /// A key that SignPath listed.
    pub(crate) fn of_key(key: PublicKey) -> Self {
        Self { key }
    }

    fn of_public_key(bytes: &[u8]) -> Option<Self> {
        let key = match SubjectPublicKeyInfoDer::from_pem_slice(bytes) {
            Ok(spki) => PublicKey::from_spki(&spki),
            Err(_) => PublicKey::from_spki(bytes),
        }?;
        Some(Self { key })
    }

    /// The signature in the encoding that cosign needs, if it is one over these bytes. An EC signature may come in
    /// either encoding, since SignPath's documentation does not say which one it makes.
    pub(crate) fn accept(&self, content: &[u8], signature: &[u8]) -> Result<Vec<u8>> {
        let as_der = match &self.key {
            PublicKey::Ec(key) => to_der(signature, key.curve.field_bytes()),
            PublicKey::Rsa(_) => None,
        };
        let candidates = [Some(signature.to_owned()), as_der];
        let accepted = candidates.into_iter().flatten().find(|candidate| self.verifies(content, candidate));
        accepted.ok_or_else(|| {
            let key = self.key.description();
            let message = format!(
                "the signature ({} bytes) does not verify over the metadata ({} bytes) with this {key} key; check \
                 that key, metadata and signature belong together, and that the artifact configuration says sha256 \
                 and pkcs1",
                signature.len(),
                content.len()
            );
            Ending::new(Exit::NotVerified, message)
        })
    }

    /// Whether it is a signature over these bytes, in the encoding that cosign needs.
    pub(crate) fn verifies(&self, content: &[u8], signature: &[u8]) -> bool {
        let (scheme, bytes): (&'static dyn VerificationAlgorithm, _) = match &self.key {
            PublicKey::Rsa(key) => (&schemes::RSA_PKCS1_2048_8192_SHA256, key.to_pkcs1()),
            PublicKey::Ec(key) => (ecdsa(key.curve), key.point.clone()),
        };
        UnparsedPublicKey::new(scheme, bytes).verify(content, signature).is_ok()
    }

    /// What stands for the key in a bundle: base64 of the SHA-256 of its SubjectPublicKeyInfo.
    pub(crate) fn hint(&self) -> String {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.key.to_spki());
        BASE64_STANDARD.encode(digest)
    }
}

/// A signature file: as SignPath made it, or in base64, lines wrapped or not.
pub(crate) fn signature_of_file(content: &[u8]) -> Vec<u8> {
    let text: Vec<u8> = content.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    match BASE64_STANDARD.decode(&text) {
        Ok(signature) if !signature.is_empty() => signature,
        _ => content.to_owned(),
    }
}

fn ecdsa(curve: Curve) -> &'static dyn VerificationAlgorithm {
    match curve {
        Curve::P256 => &schemes::ECDSA_P256_SHA256_ASN1,
        Curve::P384 => &schemes::ECDSA_P384_SHA256_ASN1,
        Curve::P521 => &schemes::ECDSA_P521_SHA256_ASN1,
    }
}

/// `r ‖ s` as Ecdsa-Sig-Value (RFC 3279 section 2.2.3); `None` for a signature of another length.
pub(crate) fn to_der(signature: &[u8], field_bytes: usize) -> Option<Vec<u8>> {
    let (r, s) = signature.split_at_checked(field_bytes).filter(|(_, s)| s.len() == field_bytes)?;
    let integer = |number: &[u8]| UintRef::new(number).and_then(|number| number.to_der()).ok();
    let integers = [integer(r)?, integer(s)?].concat();
    AnyRef::new(Tag::Sequence, &integers).and_then(|sequence| sequence.to_der()).ok()
}

fn unusable(message: String) -> Ending {
    Ending::new(Exit::Configuration, message)
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Signer as _;
    use p256::elliptic_curve::sec1::ToEncodedPoint;

    use super::*;

    fn signed(content: &[u8]) -> (Signer, p256::ecdsa::Signature) {
        let private = p256::ecdsa::SigningKey::from_slice(&[3; 32]).unwrap();
        let point = private.verifying_key().as_affine().to_encoded_point(false);
        (Signer { key: PublicKey::from_bare_point(point.as_bytes()).unwrap() }, private.sign(content))
    }

    #[test]
    fn an_ec_signature_of_either_encoding_is_accepted_as_der() {
        let (signer, signature) = signed(b"content");
        let der = signature.to_der().as_bytes().to_owned();

        assert_eq!(signer.accept(b"content", &der).unwrap(), der);
        assert_eq!(signer.accept(b"content", &signature.to_bytes()).unwrap(), der);
    }

    #[test]
    fn a_signature_over_other_bytes_is_refused() {
        let (signer, signature) = signed(b"content");

        for (content, signature) in [(&b"content "[..], &signature.to_bytes()[..]), (b"content", &[1; 64])] {
            assert_eq!(signer.accept(content, signature).unwrap_err().exit(), Exit::NotVerified);
        }
    }

    #[test]
    fn a_signature_file_is_binary_or_base64_with_or_without_line_ends() {
        assert_eq!(signature_of_file(b"AQID\n"), [1, 2, 3]);
        assert_eq!(signature_of_file(b"AQ\r\nID"), [1, 2, 3]);
        assert_eq!(signature_of_file(&[0x30, 1, 2]), [0x30, 1, 2]);
    }
}
