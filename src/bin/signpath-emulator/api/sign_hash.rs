//! `POST SigningRequests/SignHash`: hash signing as servers have it since 1.196.0. JSON, camelCase.
//!
//! Stricter than the service can be assumed to be: unknown fields, other case, and options of another algorithm are
//! refused, so that a misspelling in a client does not pass for a default. Messages of those refusals are UNKNOWN.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Call;
use super::hash_signing::{self, HashSigningRequest, SignedHash};
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::identifiers::Uuid;
use crate::organization::signing_policy::PolicyPath;
use crate::shapes::WrongContentType;
use crate::signing::algorithm::{EcdsaSignatureFormat, HashAlgorithm, RsaPadding, SignatureScheme};

/// Signs the hash in the body and answers with the signature.
pub(crate) async fn answer(call: &Call<'_>) -> Result<Answer, Problem> {
    require_json(call)?;
    let submitted: SubmittedRequest = serde_json::from_slice(&call.request.body)
        .map_err(|reason| Problem::invalid("$", reason.to_string()))?;
    let request = HashSigningRequest::try_from(submitted)?;
    let hash = request.hash.clone();
    let signed = hash_signing::sign(call, request).await?;
    let answer = Answer::json(StatusCode::OK, &SignedResponse::new(call, &hash, &signed));
    Ok(hash_signing::success(call, &signed, answer))
}

/// Another content type is refused since 1.206.0. ASP.NET Core says 415 by itself; UNKNOWN what SignPath says.
fn require_json(call: &Call<'_>) -> Result<(), Problem> {
    if call.request.has_json_body() {
        return Ok(());
    }
    let content_type = call.request.content_type();
    let problem = match call.conditions.shapes.wrong_content_type {
        WrongContentType::UnsupportedMediaType => Problem::of(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        WrongContentType::BadRequest => {
            Problem::invalid("", format!("The content type '{content_type}' is not supported."))
        }
    };
    Err(problem.caused_by("expected content type application/json"))
}

/// The body. Members are optional here so that a missing one is named in the service's words.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SubmittedRequest {
    project_slug: Option<String>,
    signing_policy_slug: Option<String>,
    artifact_configuration_slug: Option<String>,
    description: Option<String>,
    hash_signing_data: Option<HashSigningData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HashSigningData {
    hash: Option<String>,
    signature_algorithm: Option<SignatureAlgorithm>,
    rsa_options: Option<RsaOptions>,
    ecdsa_options: Option<EcdsaOptions>,
    /// The documentation lists one member, with "TODO" for its values. No key here would use it.
    mldsa_options: Option<Box<RawValue>>,
    metadata: Option<Box<RawValue>>,
}

#[derive(Deserialize, Debug, Clone, Copy)]
enum SignatureAlgorithm {
    Rsa,
    Ecdsa,
    Mldsa,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RsaOptions {
    hash_algorithm_name: Option<String>,
    hash_algorithm_oid: Option<String>,
    padding_mode: Option<PaddingMode>,
}

#[derive(Deserialize, Clone, Copy)]
enum PaddingMode {
    Pkcs1,
    Pss,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EcdsaOptions {
    signature_format: Option<SignatureFormat>,
}

#[derive(Deserialize, Clone, Copy)]
enum SignatureFormat {
    Ieee,
    Asn1,
}

impl TryFrom<SubmittedRequest> for HashSigningRequest {
    type Error = Problem;

    fn try_from(submitted: SubmittedRequest) -> Result<Self, Problem> {
        let project_slug = required("ProjectSlug", submitted.project_slug)?;
        let signing_policy_slug = required("SigningPolicySlug", submitted.signing_policy_slug)?;
        let data = submitted.hash_signing_data.ok_or_else(|| Problem::missing("HashSigningData"))?;
        Ok(Self {
            path: PolicyPath::new(project_slug, signing_policy_slug),
            artifact_configuration_slug: submitted.artifact_configuration_slug,
            description: submitted.description,
            scheme: data.scheme()?,
            hash: data.hash()?,
            metadata: data.metadata,
        })
    }
}

/// A text that is there and not empty.
fn required(field: &str, value: Option<String>) -> Result<String, Problem> {
    value.filter(|text| !text.is_empty()).ok_or_else(|| Problem::missing(field))
}

impl HashSigningData {
    fn hash(&self) -> Result<Vec<u8>, Problem> {
        const FIELD: &str = "HashSigningData.Hash";
        let text = self.hash.as_deref().ok_or_else(|| Problem::missing(FIELD))?;
        STANDARD
            .decode(text)
            .map_err(|reason| Problem::invalid(FIELD, format!("The hash is not base64: {reason}.")))
    }

    fn scheme(&self) -> Result<SignatureScheme, Problem> {
        const FIELD: &str = "HashSigningData.SignatureAlgorithm";
        let algorithm = self.signature_algorithm.ok_or_else(|| Problem::missing(FIELD))?;
        self.refuse_options_of_others(algorithm)?;
        match algorithm {
            SignatureAlgorithm::Rsa => {
                let options = self.rsa_options.as_ref();
                options.ok_or_else(|| Problem::missing("HashSigningData.RsaOptions"))?.scheme()
            }
            SignatureAlgorithm::Ecdsa => {
                let format = self.ecdsa_options.as_ref().and_then(|options| options.signature_format);
                Ok(SignatureScheme::Ecdsa { format: format.map_or(EcdsaSignatureFormat::Ieee, Into::into) })
            }
            SignatureAlgorithm::Mldsa => Err(Problem::invalid(FIELD, "There is no ML-DSA key.")),
        }
    }

    fn refuse_options_of_others(&self, algorithm: SignatureAlgorithm) -> Result<(), Problem> {
        let (rsa, ecdsa) = (self.rsa_options.is_some(), self.ecdsa_options.is_some());
        let mldsa = self.mldsa_options.is_some();
        let stray = match algorithm {
            SignatureAlgorithm::Rsa => [("EcdsaOptions", ecdsa), ("MldsaOptions", mldsa)],
            SignatureAlgorithm::Ecdsa => [("RsaOptions", rsa), ("MldsaOptions", mldsa)],
            SignatureAlgorithm::Mldsa => [("RsaOptions", rsa), ("EcdsaOptions", ecdsa)],
        };
        match stray.into_iter().find(|(_, is_there)| *is_there) {
            None => Ok(()),
            Some((options, _)) => Err(Problem::invalid(
                format!("HashSigningData.{options}"),
                format!("{options} cannot be combined with the signature algorithm {algorithm:?}."),
            )),
        }
    }
}

impl RsaOptions {
    fn scheme(&self) -> Result<SignatureScheme, Problem> {
        let padding = self.padding_mode.map_or(RsaPadding::Pkcs1, Into::into);
        Ok(SignatureScheme::Rsa { hash_algorithm: self.hash_algorithm()?, padding })
    }

    /// By name or by object identifier, and not by both.
    fn hash_algorithm(&self) -> Result<HashAlgorithm, Problem> {
        const FIELD: &str = "HashSigningData.RsaOptions";
        let unknown = |member: &str, value: &str| {
            Problem::invalid(
                format!("{FIELD}.{member}"),
                format!("The hash algorithm '{value}' is not supported."),
            )
        };
        match (self.hash_algorithm_name.as_deref(), self.hash_algorithm_oid.as_deref()) {
            (Some(name), None) => {
                HashAlgorithm::from_name(name).ok_or_else(|| unknown("HashAlgorithmName", name))
            }
            (None, Some(oid)) => HashAlgorithm::from_oid(oid).ok_or_else(|| unknown("HashAlgorithmOid", oid)),
            (None, None) | (Some(_), Some(_)) => Err(Problem::invalid(
                FIELD,
                "Either HashAlgorithmName or HashAlgorithmOid must be specified.",
            )),
        }
    }
}

impl From<PaddingMode> for RsaPadding {
    fn from(padding: PaddingMode) -> Self {
        match padding {
            PaddingMode::Pkcs1 => Self::Pkcs1,
            PaddingMode::Pss => Self::Pss,
        }
    }
}

impl From<SignatureFormat> for EcdsaSignatureFormat {
    fn from(format: SignatureFormat) -> Self {
        match format {
            SignatureFormat::Ieee => Self::Ieee,
            SignatureFormat::Asn1 => Self::Asn1,
        }
    }
}

/// The answer. The documentation's table spells the first member `signingRequestid`, its example as here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignedResponse {
    signing_request_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_link: Option<String>,
    hash_signing_data: EchoedHash,
    hash_signing_result: HashSigningResult,
}

#[derive(Serialize)]
struct EchoedHash {
    hash: String,
}

#[derive(Serialize)]
struct HashSigningResult {
    signature: String,
}

impl SignedResponse {
    fn new(call: &Call<'_>, hash: &[u8], signed: &SignedHash) -> Self {
        Self {
            signing_request_id: signed.signing_request_id,
            web_link: call.web_link(signed.signing_request_id),
            hash_signing_data: EchoedHash { hash: STANDARD.encode(hash) },
            hash_signing_result: HashSigningResult { signature: STANDARD.encode(&signed.signature) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &str) -> Result<HashSigningRequest, String> {
        let body = format!(r#"{{"projectSlug":"p","signingPolicySlug":"s","hashSigningData":{data}}}"#);
        let submitted: SubmittedRequest = serde_json::from_str(&body).map_err(|reason| reason.to_string())?;
        HashSigningRequest::try_from(submitted).map_err(|problem| problem.summary())
    }

    #[test]
    fn defaults_are_pkcs1_and_ieee() {
        let rsa =
            r#"{"hash":"AA==","signatureAlgorithm":"Rsa","rsaOptions":{"hashAlgorithmOid":"1.3.14.3.2.26"}}"#;
        let expected =
            SignatureScheme::Rsa { hash_algorithm: HashAlgorithm::Sha1, padding: RsaPadding::Pkcs1 };
        assert_eq!(read(rsa).unwrap().scheme, expected);
        let ecdsa = r#"{"hash":"AA==","signatureAlgorithm":"Ecdsa"}"#;
        let expected = SignatureScheme::Ecdsa { format: EcdsaSignatureFormat::Ieee };
        assert_eq!(read(ecdsa).unwrap().scheme, expected);
    }

    #[test]
    fn each_thing_that_is_wrong_is_named() {
        for (data, expected) in [
            (r#"{"signatureAlgorithm":"Ecdsa"}"#, "The HashSigningData.Hash field is required."),
            (r#"{"hash":"AA=="}"#, "The HashSigningData.SignatureAlgorithm field is required."),
            (
                r#"{"hash":"AA==","signatureAlgorithm":"Rsa"}"#,
                "The HashSigningData.RsaOptions field is required.",
            ),
            (r#"{"hash":"AA==","signatureAlgorithm":"Mldsa"}"#, "There is no ML-DSA key."),
            (
                r#"{"hash":"AA==","signatureAlgorithm":"Ecdsa","rsaOptions":{}}"#,
                "RsaOptions cannot be combined with the signature algorithm Ecdsa.",
            ),
            (
                r#"{"hash":"AA==","signatureAlgorithm":"Rsa","rsaOptions":{}}"#,
                "Either HashAlgorithmName or HashAlgorithmOid must be specified.",
            ),
            (
                r#"{"hash":"AA==","signatureAlgorithm":"Rsa","rsaOptions":{"hashAlgorithmName":"sha256"}}"#,
                "The hash algorithm 'sha256' is not supported.",
            ),
        ] {
            assert_eq!(read(data).err().as_deref(), Some(expected), "{data}");
        }
    }

    #[test]
    fn another_case_is_another_word() {
        assert!(read(r#"{"Hash":"AA=="}"#).err().unwrap().starts_with("unknown field `Hash`"));
        let lower_case = read(r#"{"hash":"AA==","signatureAlgorithm":"rsa"}"#).err().unwrap();
        assert!(lower_case.starts_with("unknown variant `rsa`"), "{lower_case}");
    }
}
