//! The wire format of a fast signing request, `POST SigningRequests`: deprecated since SignPath 1.196.0, the only one
//! before.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::{HashToSign, LARGEST_ANSWER, Said, SignatureAlgorithm, json};
use crate::error::Failure;
use crate::signpath::client::Client;
use crate::signpath::connection::{Body, File, Request};
use crate::signpath::user::User;

/// `payload.json` of a fast signing request.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Payload<'a> {
    signature_algorithm: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rsa_hash_algorithm: Option<&'static str>,
    base64_encoded_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<LegacyMetadata<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct LegacyMetadata<'a> {
    creating_process: CreatingProcess<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CreatingProcess<'a> {
    command_line: &'a str,
    user: &'a str,
}

/// The request.
pub(super) fn request(
    client: &Client,
    user: &User,
    hash: &HashToSign<'_>,
    asked: &str,
) -> Result<Request, Failure> {
    // EcdsaSignatureFormat exists since 1.173.0 and defaults to Ieee: not naming it fits older servers, too
    let (signature_algorithm, rsa_hash_algorithm) = match hash.algorithm {
        SignatureAlgorithm::RsaPkcs1(algorithm) => ("RsaPkcs1", Some(algorithm.oid())),
        SignatureAlgorithm::RsaPss(algorithm) => ("RsaPss", Some(algorithm.oid())),
        SignatureAlgorithm::Ecdsa => ("Ecdsa", None),
    };
    let creating_process = user
        .process()
        .map(|process| CreatingProcess { command_line: &process.command_line, user: &process.user });
    let payload = Payload {
        signature_algorithm,
        rsa_hash_algorithm,
        base64_encoded_hash: BASE64_STANDARD.encode(hash.hash),
        metadata: creating_process.map(|creating_process| LegacyMetadata { creating_process }),
    };
    let fields = vec![
        ("ProjectSlug".to_owned(), hash.policy.project.to_string()),
        ("SigningPolicySlug".to_owned(), hash.policy.policy.to_string()),
        ("IsFastSigningRequest".to_owned(), "true".to_owned()),
    ];
    let url = client.api.route(&[user.credentials().organization.as_str(), "SigningRequests"]);
    let artifact = File {
        name: "payload.json".to_owned(),
        media_type: "application/json",
        content: json(&payload, asked)?,
    };
    Ok(Request::post(url, Body::Form { fields, artifact }, LARGEST_ANSWER))
}

/// What an answer says; `None` if it is none.
pub(crate) fn read(body: &[u8]) -> Option<Said> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct LegacyAnswer {
        base64_encoded_hash: Option<String>,
        signature: String,
        // sent by some servers only
        signing_request_id: Option<String>,
        web_link: Option<String>,
    }
    let answer: LegacyAnswer = serde_json::from_slice(body).ok()?;
    Some(Said {
        hash: answer.base64_encoded_hash,
        signature: answer.signature,
        request: answer.web_link.or(answer.signing_request_id),
    })
}
