//! The metadata of cosign 3: an in-toto statement, signed inside its DSSE envelope's encoding.
//!
//! cosign names no repository in it. Here `subject[0].name` is the repository (in-toto's ResourceDescriptor allows a
//! name), so that it is part of what SignPath sees and signs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Claim, Format, annotations};
use crate::images::{Digest, Image};
use crate::outcome::{Ending, Exit, Result};

/// The media type of the statement inside the envelope.
pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// What cosign calls the fact that an image was signed.
pub(crate) const PREDICATE_TYPE: &str = "https://sigstore.dev/cosign/sign/v1";
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct Subject {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    digest: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, Value>,
}

/// The statement about an image.
pub(crate) fn statement(image: &Image, annotations: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let subject = Subject {
        name: Some(image.repository.to_string()),
        digest: BTreeMap::from([("sha256".to_owned(), image.digest.digits().to_owned())]),
        annotations: annotations::to_json(annotations),
    };
    let statement = Statement {
        kind: STATEMENT_TYPE.to_owned(),
        subject: vec![subject],
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate: Map::new(),
    };
    serde_json::to_vec(&statement)
        .map_err(|error| Ending::new(Exit::Failed, format!("writing the metadata of {image}: {error}")))
}

/// The bytes that are signed for a statement: DSSE's pre-authentication encoding (DSSE v1 protocol, "Signature
/// Definition").
pub(crate) fn signed_bytes(statement: &[u8]) -> Vec<u8> {
    [prefix(statement.len()).as_bytes(), statement].concat()
}

/// The statement inside such bytes; `None` for anything else.
pub(crate) fn of_signed_bytes(content: &[u8]) -> Option<&[u8]> {
    let start = content.iter().position(|byte| *byte == b'{')?;
    let (prefix_found, statement) = content.split_at_checked(start)?;
    (prefix_found == prefix(statement.len()).as_bytes()).then_some(statement)
}

/// What a statement says, or what is wrong with it.
pub(super) fn read(statement: &[u8]) -> std::result::Result<Claim, String> {
    let statement: Statement = serde_json::from_slice(statement).map_err(|error| error.to_string())?;
    if statement.kind != STATEMENT_TYPE || statement.predicate_type != PREDICATE_TYPE {
        return Err(format!("it is a {} about {}", statement.kind, statement.predicate_type));
    }
    let [subject] = <[Subject; 1]>::try_from(statement.subject)
        .map_err(|subjects| format!("it has {} subjects, not 1", subjects.len()))?;
    let digits = subject.digest.get("sha256").map(String::as_str).unwrap_or_default();
    Ok(Claim {
        format: Format::Bundle,
        digest: Digest::parse(&format!("sha256:{digits}"))
            .ok_or_else(|| format!("{digits:?} is no digest"))?,
        identity: subject.name.filter(|name| !name.is_empty()),
        annotations: annotations::of_json(&subject.annotations),
    })
}

fn prefix(length: usize) -> String {
    format!("DSSEv1 {} {PAYLOAD_TYPE} {length} ", PAYLOAD_TYPE.len())
}
