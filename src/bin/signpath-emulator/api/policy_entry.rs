//! One entry of MySigningPolicies on the wire.
//!
//! For RSA keys with an X.509 certificate the entry is documented and was recorded; this file writes that one, key
//! order included. Entries of elliptic curve keys and of GPG keys were never seen outside SignPath: what stands in them
//! is chosen by shapes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::identifiers::Uuid;
use crate::organization::signing_policy::{CertificateType, SigningPolicy};
use crate::shapes::{
    CertificateIssuer, CertificateTypeMember, EcKeySize, EcKeyType, EcPublicKeyBytes, EcdsaParametersMember,
    GpgCertificate, GpgCertificateType, Shapes,
};
use crate::signing::public_key::{EcPublicKey, PublicKey, RsaPublicKey};

/// An entry; members that are None are left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PolicyEntry<'a> {
    signing_policy_slug: &'a str,
    project_slug: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_size_in_bits: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rsa_parameters: Option<RsaParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ecdsa_parameters: Option<EcdsaParameters>,
    signing_policy_id: Uuid,
    #[serde(skip_serializing_if = "CertificateBytes::is_absent")]
    certificate_bytes: CertificateBytes,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key_bytes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_type: Option<&'static str>,
}

/// As .NET's `RSAParameters`: unsigned, big-endian, no leading zero; base64.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RsaParameters {
    public_exponent: String,
    modulus: String,
}

#[derive(Serialize)]
#[serde(untagged)]
enum EcdsaParameters {
    #[serde(rename_all = "camelCase")]
    NamedCurve { named_curve: &'static str },
    /// As .NET's `ECParameters` would be serialised; coordinates base64, as long as the field.
    DotNet { curve: DotNetCurve, q: DotNetPoint },
}

#[derive(Serialize)]
struct DotNetCurve {
    oid: DotNetOid,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DotNetOid {
    value: &'static str,
    friendly_name: &'static str,
}

#[derive(Serialize)]
struct DotNetPoint {
    x: String,
    y: String,
}

/// Only the leaf, DER in base64; the service has no member for a chain here.
#[derive(Serialize)]
#[serde(untagged)]
enum CertificateBytes {
    Absent,
    Null,
    Base64(String),
}

impl CertificateBytes {
    fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<'a> PolicyEntry<'a> {
    /// The entry for `policy` in the given shapes.
    pub(crate) fn new(policy: &'a SigningPolicy, shapes: &Shapes) -> Self {
        let entry = Self {
            signing_policy_slug: &policy.path.signing_policy_slug,
            project_slug: &policy.path.project_slug,
            key_size_in_bits: Some(policy.key.public_key.size_in_bits()),
            rsa_parameters: None,
            ecdsa_parameters: None,
            signing_policy_id: policy.id,
            certificate_bytes: certificate_bytes(policy, shapes),
            key_type: None,
            public_key_bytes: None,
            certificate_type: certificate_type(policy, shapes),
        };
        match &policy.key.public_key {
            PublicKey::Rsa(key) => entry.with_rsa_key(key),
            PublicKey::Ec(key) => entry.with_ec_key(key, shapes),
        }
    }

    fn with_rsa_key(self, key: &RsaPublicKey) -> Self {
        Self {
            rsa_parameters: Some(RsaParameters {
                public_exponent: STANDARD.encode(&key.public_exponent),
                modulus: STANDARD.encode(&key.modulus),
            }),
            key_type: Some("Rsa"),
            public_key_bytes: Some(STANDARD.encode(&key.pkcs1)),
            ..self
        }
    }

    /// UNKNOWN in every member.
    fn with_ec_key(self, key: &EcPublicKey, shapes: &Shapes) -> Self {
        Self {
            key_size_in_bits: self.key_size_in_bits.filter(|_| shapes.ec_key_size == EcKeySize::Present),
            ecdsa_parameters: ecdsa_parameters(key, shapes.ec_parameters),
            key_type: ec_key_type(shapes.ec_key_type),
            public_key_bytes: ec_public_key_bytes(key, shapes.ec_public_key),
            ..self
        }
    }
}

fn ec_key_type(shape: EcKeyType) -> Option<&'static str> {
    (shape != EcKeyType::Absent).then(|| shape.name())
}

fn ec_public_key_bytes(key: &EcPublicKey, shape: EcPublicKeyBytes) -> Option<String> {
    match shape {
        EcPublicKeyBytes::Spki => Some(STANDARD.encode(&key.subject_public_key_info)),
        EcPublicKeyBytes::Point => Some(STANDARD.encode(&key.point)),
        EcPublicKeyBytes::Absent => None,
    }
}

fn ecdsa_parameters(key: &EcPublicKey, shape: EcdsaParametersMember) -> Option<EcdsaParameters> {
    let (x, y) = key.coordinates();
    match shape {
        EcdsaParametersMember::Absent => None,
        EcdsaParametersMember::NamedCurve => {
            Some(EcdsaParameters::NamedCurve { named_curve: key.curve.dotnet_name() })
        }
        EcdsaParametersMember::DotNet => Some(EcdsaParameters::DotNet {
            curve: DotNetCurve {
                oid: DotNetOid { value: key.curve.oid(), friendly_name: key.curve.dotnet_name() },
            },
            q: DotNetPoint { x: STANDARD.encode(x), y: STANDARD.encode(y) },
        }),
    }
}

/// A GPG key has no X.509 certificate; whether the member is then null, empty or missing is UNKNOWN.
fn certificate_bytes(policy: &SigningPolicy, shapes: &Shapes) -> CertificateBytes {
    let certificates = &policy.key.certificates;
    match (policy.certificate_type, shapes.gpg_certificate, shapes.certificate) {
        (CertificateType::X509, _, CertificateIssuer::SelfSigned) => {
            CertificateBytes::Base64(STANDARD.encode(&certificates.self_signed))
        }
        (CertificateType::X509, _, CertificateIssuer::CaIssued) => {
            CertificateBytes::Base64(STANDARD.encode(&certificates.ca_issued))
        }
        (CertificateType::Gpg, GpgCertificate::Null, _) => CertificateBytes::Null,
        (CertificateType::Gpg, GpgCertificate::Absent, _) => CertificateBytes::Absent,
        (CertificateType::Gpg, GpgCertificate::Empty, _) => CertificateBytes::Base64(String::new()),
    }
}

/// `X509` was recorded as the last member and is not in the documentation; the name for GPG keys is UNKNOWN.
fn certificate_type(policy: &SigningPolicy, shapes: &Shapes) -> Option<&'static str> {
    match (policy.certificate_type, shapes.gpg_certificate_type) {
        (CertificateType::X509, _) => {
            (shapes.certificate_type == CertificateTypeMember::Present).then_some("X509")
        }
        (CertificateType::Gpg, GpgCertificateType::Absent) => None,
        (CertificateType::Gpg, name) => Some(name.name()),
    }
}
