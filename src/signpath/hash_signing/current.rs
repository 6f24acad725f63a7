//! The wire format of `POST SigningRequests/SignHash`, as documented since SignPath 1.196.0.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::{HashToSign, LARGEST_ANSWER, Said, SignatureAlgorithm, json};
use crate::error::Failure;
use crate::signpath::client::Client;
use crate::signpath::connection::{Body, Request};
use crate::signpath::user::{SourceProcess, User};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CurrentRequest<'a> {
    project_slug: &'a str,
    signing_policy_slug: &'a str,
    hash_signing_data: HashSigningData<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HashSigningData<'a> {
    hash: String,
    signature_algorithm: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rsa_options: Option<RsaOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ecdsa_options: Option<EcdsaOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RsaOptions {
    hash_algorithm_oid: &'static str,
    padding_mode: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EcdsaOptions {
    signature_format: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    source_process: &'a SourceProcess,
}

/// The request.
pub(super) fn request(
    client: &Client,
    user: &User,
    hash: &HashToSign<'_>,
    asked: &str,
) -> Result<Request, Failure> {
    let rsa = |oid, padding_mode| Some(RsaOptions { hash_algorithm_oid: oid, padding_mode });
    let (signature_algorithm, rsa_options, ecdsa_options) = match hash.algorithm {
        SignatureAlgorithm::RsaPkcs1(algorithm) => ("Rsa", rsa(algorithm.oid(), "Pkcs1"), None),
        SignatureAlgorithm::RsaPss(algorithm) => ("Rsa", rsa(algorithm.oid(), "Pss"), None),
        SignatureAlgorithm::Ecdsa => ("Ecdsa", None, Some(EcdsaOptions { signature_format: "Ieee" })),
    };
    let body = CurrentRequest {
        project_slug: hash.policy.project.as_str(),
        signing_policy_slug: hash.policy.policy.as_str(),
        hash_signing_data: HashSigningData {
            hash: BASE64_STANDARD.encode(hash.hash),
            signature_algorithm,
            rsa_options,
            ecdsa_options,
            metadata: user.process().map(|source_process| Metadata { source_process }),
        },
    };
    let url = client.api.route(&[user.credentials().organization.as_str(), "SigningRequests", "SignHash"]);
    Ok(Request::post(url, Body::Json(json(&body, asked)?), LARGEST_ANSWER))
}

/// What an answer says; `None` if it is none.
pub(crate) fn read(body: &[u8]) -> Option<Said> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct CurrentAnswer {
        // SignPath's own documentation spells it both ways
        #[serde(alias = "signingRequestid")]
        signing_request_id: Option<String>,
        web_link: Option<String>,
        hash_signing_data: Option<Echo>,
        hash_signing_result: HashSigningResult,
    }
    #[derive(Deserialize)]
    struct Echo {
        hash: Option<String>,
    }
    #[derive(Deserialize)]
    struct HashSigningResult {
        signature: String,
    }
    let answer: CurrentAnswer = serde_json::from_slice(body).ok()?;
    Some(Said {
        hash: answer.hash_signing_data.and_then(|data| data.hash),
        signature: answer.hash_signing_result.signature,
        request: answer.web_link.or(answer.signing_request_id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_the_request_id_are_read_and_the_web_link_is_preferred() {
        let answer = |rest: &str| format!(r#"{{{rest},"hashSigningResult":{{"signature":"AA=="}}}}"#);
        let request = |rest: &str| read(answer(rest).as_bytes()).unwrap().request;

        assert_eq!(request(r#""signingRequestId":"i""#).as_deref(), Some("i"));
        assert_eq!(request(r#""signingRequestid":"i""#).as_deref(), Some("i"));
        assert_eq!(request(r#""signingRequestId":"i","webLink":"w""#).as_deref(), Some("w"));
    }
}
