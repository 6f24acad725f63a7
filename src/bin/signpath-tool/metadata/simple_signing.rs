//! The metadata of cosign 2: the payload of "simple signing", which names the repository and the digest.
//!
//! Made byte for byte as cosign makes it, since everything that reads signatures compares digests of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Claim, Format, annotations};
use crate::images::{Digest, Image};
use crate::outcome::{Ending, Exit, Result};

const TYPE: &str = "cosign container image signature";

#[derive(Serialize, Deserialize)]
struct Payload {
    critical: Critical,
    optional: Option<BTreeMap<String, Value>>,
}

#[derive(Serialize, Deserialize)]
struct Critical {
    identity: Identity,
    image: ImageDigest,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Identity {
    docker_reference: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ImageDigest {
    docker_manifest_digest: String,
}

/// The payload of an image.
pub(crate) fn payload(image: &Image, annotations: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let optional = annotations::to_json(annotations);
    let payload = Payload {
        critical: Critical {
            identity: Identity { docker_reference: image.repository.to_string() },
            image: ImageDigest { docker_manifest_digest: image.digest.to_string() },
            kind: TYPE.to_owned(),
        },
        optional: (!optional.is_empty()).then_some(optional),
    };
    let text = serde_json::to_string(&payload)
        .map_err(|error| Ending::new(Exit::Failed, format!("writing the metadata of {image}: {error}")))?;
    Ok(as_go_escapes(&text).into_bytes())
}

/// What a payload says, or what is wrong with it.
pub(super) fn read(content: &[u8]) -> std::result::Result<Claim, String> {
    let payload: Payload = serde_json::from_slice(content).map_err(|error| error.to_string())?;
    if payload.critical.kind != TYPE {
        return Err(format!("its type is {:?}, not {TYPE:?}", payload.critical.kind));
    }
    let digest = payload.critical.image.docker_manifest_digest;
    Ok(Claim {
        format: Format::SimpleSigning,
        digest: Digest::parse(&digest).ok_or_else(|| format!("{digest:?} is no digest"))?,
        identity: Some(payload.critical.identity.docker_reference),
        annotations: annotations::of_json(&payload.optional.unwrap_or_default()),
    })
}

/// Go escapes these so that JSON can stand in HTML and in JavaScript; outside strings they do not occur.
fn as_go_escapes(json: &str) -> String {
    let escapes = [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ];
    escapes.iter().fold(json.to_owned(), |text, (character, escape)| text.replace(*character, escape))
}
