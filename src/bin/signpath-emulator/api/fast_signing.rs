//! `POST SigningRequests` with `IsFastSigningRequest=true`: hash signing as it was before SignHash, and still is.
//!
//! A multipart form whose artifact is a small JSON file, PascalCase; the answer is the same file with the signature in
//! it. Signing requests for files (without `IsFastSigningRequest`) came to the same route once and are left to the
//! routes that replaced it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Call;
use super::hash_signing::{self, HashSigningRequest, SignedHash};
use super::multipart_form::{ExpectedParts, MultipartForm};
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::identifiers::Uuid;
use crate::organization::signing_policy::PolicyPath;
use crate::shapes::{FastSigningResponse, SignedArtifactContentType};
use crate::signing::algorithm::{EcdsaSignatureFormat, HashAlgorithm, RsaPadding, SignatureScheme};

const KNOWN_PARTS: [&str; 6] = [
    "ProjectSlug",
    "SigningPolicySlug",
    "ArtifactConfigurationSlug",
    "Description",
    "IsFastSigningRequest",
    "Artifact",
];

/// Signs the hash in the artifact and answers with the signed artifact.
pub(crate) async fn answer(call: &Call<'_>) -> Result<Answer, Problem> {
    let form = MultipartForm::read(call, ExpectedParts::Named(&KNOWN_PARTS)).await?;
    require_fast_signing(&form)?;
    let path = PolicyPath::new(form.required_text("ProjectSlug")?, form.required_text("SigningPolicySlug")?);
    let artifact = form.bytes("Artifact").ok_or_else(|| Problem::missing("Artifact"))?;
    let artifact = Artifact::read(artifact)?;
    let request = HashSigningRequest {
        path,
        artifact_configuration_slug: form.text("ArtifactConfigurationSlug")?,
        description: form.text("Description")?,
        scheme: artifact.scheme()?,
        hash: artifact.hash()?,
        metadata: artifact.metadata.clone(),
    };
    let signed = hash_signing::sign(call, request).await?;
    let content_type = match call.conditions.shapes.signed_artifact_content_type {
        SignedArtifactContentType::Json => "application/json; charset=utf-8",
        SignedArtifactContentType::OctetStream => "application/octet-stream",
    };
    let body = SignedArtifact::new(call, artifact, &signed);
    Ok(hash_signing::success(call, &signed, Answer::json_with_type(StatusCode::OK, content_type, &body)))
}

/// .NET reads `True` as well as `true`.
fn require_fast_signing(form: &MultipartForm) -> Result<(), Problem> {
    const FIELD: &str = "IsFastSigningRequest";
    match form.text(FIELD)? {
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(()),
        Some(text) if !text.eq_ignore_ascii_case("false") => {
            Err(Problem::invalid(FIELD, format!("The value '{text}' is not valid.")))
        }
        _ => Err(Problem::missing(FIELD)
            .caused_by("the emulator does not take files on this route, only fast signing requests")),
    }
}

/// The file `payload.json`: what is to be signed.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Artifact {
    signature_algorithm: SignatureAlgorithm,
    /// A dotted object identifier; RSA only.
    rsa_hash_algorithm: Option<String>,
    /// ECDSA only; since 1.173.0.
    ecdsa_signature_format: Option<SignatureFormat>,
    base64_encoded_hash: String,
    metadata: Option<Box<RawValue>>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum SignatureAlgorithm {
    RsaPkcs1,
    RsaPss,
    Ecdsa,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum SignatureFormat {
    Ieee,
    Asn1,
}

/// The recorded message for an artifact that cannot be understood, whatever is wrong with it.
fn invalid_format(cause: impl Into<String>) -> Problem {
    Problem::invalid("", "The file has an invalid format.").caused_by(cause)
}

impl Artifact {
    fn read(file: &[u8]) -> Result<Self, Problem> {
        serde_json::from_slice(file).map_err(|reason| invalid_format(reason.to_string()))
    }

    fn hash(&self) -> Result<Vec<u8>, Problem> {
        STANDARD
            .decode(&self.base64_encoded_hash)
            .map_err(|reason| invalid_format(format!("Base64EncodedHash: {reason}")))
    }

    fn scheme(&self) -> Result<SignatureScheme, Problem> {
        match self.signature_algorithm {
            SignatureAlgorithm::RsaPkcs1 => self.rsa_scheme(RsaPadding::Pkcs1),
            SignatureAlgorithm::RsaPss => self.rsa_scheme(RsaPadding::Pss),
            SignatureAlgorithm::Ecdsa if self.rsa_hash_algorithm.is_some() => {
                Err(invalid_format("RsaHashAlgorithm cannot be combined with Ecdsa"))
            }
            SignatureAlgorithm::Ecdsa => {
                let format = match self.ecdsa_signature_format {
                    None | Some(SignatureFormat::Ieee) => EcdsaSignatureFormat::Ieee,
                    Some(SignatureFormat::Asn1) => EcdsaSignatureFormat::Asn1,
                };
                Ok(SignatureScheme::Ecdsa { format })
            }
        }
    }

    fn rsa_scheme(&self, padding: RsaPadding) -> Result<SignatureScheme, Problem> {
        if self.ecdsa_signature_format.is_some() {
            return Err(invalid_format("EcdsaSignatureFormat cannot be combined with RSA"));
        }
        let oid = self.rsa_hash_algorithm.as_deref().unwrap_or_default();
        let hash_algorithm = HashAlgorithm::from_oid(oid)
            .ok_or_else(|| invalid_format(format!("RsaHashAlgorithm '{oid}' is not supported")))?;
        Ok(SignatureScheme::Rsa { hash_algorithm, padding })
    }
}

/// The answer, in the recorded order. Where `EcdsaSignatureFormat` and `Metadata` stand in it is UNKNOWN.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SignedArtifact {
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_request_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_link: Option<String>,
    base64_encoded_hash: String,
    signature_algorithm: SignatureAlgorithm,
    #[serde(skip_serializing_if = "Option::is_none")]
    rsa_hash_algorithm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ecdsa_signature_format: Option<SignatureFormat>,
    /// Echoed when sent, since 1.106.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Box<RawValue>>,
    signature: String,
}

impl SignedArtifact {
    fn new(call: &Call<'_>, artifact: Artifact, signed: &SignedHash) -> Self {
        let names_request =
            call.conditions.shapes.fast_signing_response == FastSigningResponse::WithSigningRequest;
        let signing_request_id = names_request.then_some(signed.signing_request_id);
        Self {
            signing_request_id,
            web_link: signing_request_id.map(|id| call.emulator.web_link(id)),
            base64_encoded_hash: artifact.base64_encoded_hash,
            signature_algorithm: artifact.signature_algorithm,
            rsa_hash_algorithm: artifact.rsa_hash_algorithm,
            ecdsa_signature_format: artifact.ecdsa_signature_format,
            metadata: artifact.metadata,
            signature: STANDARD.encode(&signed.signature),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheme(artifact: &str) -> Result<SignatureScheme, String> {
        Artifact::read(artifact.as_bytes())
            .and_then(|artifact| artifact.scheme())
            .map_err(|problem| problem.summary())
    }

    #[test]
    fn the_three_algorithms_are_read() {
        let pss = r#"{"SignatureAlgorithm":"RsaPss","RsaHashAlgorithm":"2.16.840.1.101.3.4.2.3","Base64EncodedHash":""}"#;
        let expected =
            SignatureScheme::Rsa { hash_algorithm: HashAlgorithm::Sha512, padding: RsaPadding::Pss };
        assert_eq!(scheme(pss), Ok(expected));
        let asn1 = r#"{"SignatureAlgorithm":"Ecdsa","EcdsaSignatureFormat":"Asn1","Base64EncodedHash":""}"#;
        assert_eq!(scheme(asn1), Ok(SignatureScheme::Ecdsa { format: EcdsaSignatureFormat::Asn1 }));
    }

    #[test]
    fn whatever_is_wrong_the_message_is_the_recorded_one() {
        for artifact in [
            "",
            "{}",
            r#"{"signatureAlgorithm":"Ecdsa","Base64EncodedHash":""}"#,
            r#"{"SignatureAlgorithm":"RsaPkcs1","Base64EncodedHash":""}"#,
            r#"{"SignatureAlgorithm":"RsaPkcs1","RsaHashAlgorithm":"1.2.840.113549.2.5","Base64EncodedHash":""}"#,
            r#"{"SignatureAlgorithm":"Ecdsa","RsaHashAlgorithm":"1.3.14.3.2.26","Base64EncodedHash":""}"#,
        ] {
            let message = scheme(artifact).unwrap_err();
            assert!(message.starts_with("The file has an invalid format. ("), "{artifact}: {message}");
        }
    }
}
