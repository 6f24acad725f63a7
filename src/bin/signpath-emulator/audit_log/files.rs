//! What the audit log says of a signing request for files: all that was submitted, and every file that was signed.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;

use super::hex;
use crate::artifacts::processing::{Artifact, SignatureFile, SignedFile};
use crate::artifacts::raw_signature::digest;
use crate::artifacts::template::ParameterValues;
use crate::signing::algorithm::HashAlgorithm;
use crate::signing_requests::FileSubmission;
use crate::signing_requests::origin::Origin;

/// A submitted artifact.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileSubject {
    artifact: AuditedArtifact,
    /// As the client named it, or as it was found.
    artifact_configuration: Option<String>,
    parameters: ParameterValues,
    #[serde(skip_serializing_if = "Origin::is_empty")]
    origin: Origin,
    files: Vec<AuditedFile>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditedArtifact {
    file_name: String,
    bytes: usize,
    sha256: String,
}

/// A file that was signed.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditedFile {
    path: String,
    bytes: usize,
    sha256: String,
    content: AuditedContent,
    signatures: Vec<AuditedSignature>,
}

/// A whole file, in the form that says most.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
enum AuditedContent {
    Json(Box<RawValue>),
    Text(String),
    Base64(String),
}

#[derive(Clone, Serialize)]
struct AuditedSignature {
    path: String,
    algorithm: String,
}

impl FileSubject {
    /// Of a signing request that was accepted.
    pub(crate) fn new(submission: &FileSubmission, signed_files: &[SignedFile]) -> Self {
        Self {
            files: signed_files.iter().map(AuditedFile::from).collect(),
            ..Self::submitted(
                &submission.artifact,
                Some(submission.configuration.path.slug.clone()),
                submission.parameters.clone(),
                submission.origin.clone(),
            )
        }
    }

    /// Of what a client submitted.
    pub(crate) fn submitted(
        artifact: &Artifact,
        artifact_configuration: Option<String>,
        parameters: ParameterValues,
        origin: Origin,
    ) -> Self {
        let artifact = AuditedArtifact {
            file_name: artifact.file_name.clone(),
            bytes: artifact.bytes.len(),
            sha256: sha256(&artifact.bytes),
        };
        Self { artifact, artifact_configuration, parameters, origin, files: Vec::new() }
    }
}

/// The artifact and its files, with the beginning of their digests.
impl fmt::Display for FileSubject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { artifact, artifact_configuration, files, .. } = self;
        let configuration = artifact_configuration.as_deref().unwrap_or("default");
        write!(formatter, "{configuration} {} sha256 {}", artifact.file_name, artifact.sha256)?;
        files.iter().try_for_each(|file| write!(formatter, ", {} sha256 {}", file.path, file.sha256))
    }
}

impl From<&SignedFile> for AuditedFile {
    fn from(file: &SignedFile) -> Self {
        Self {
            path: file.path.clone(),
            bytes: file.content.len(),
            sha256: sha256(&file.content),
            content: AuditedContent::of(&file.content),
            signatures: file.signatures.iter().map(AuditedSignature::from).collect(),
        }
    }
}

impl AuditedContent {
    fn of(content: &[u8]) -> Self {
        if let Ok(json) = serde_json::from_slice(content) {
            return Self::Json(json);
        }
        match std::str::from_utf8(content) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(STANDARD.encode(content)),
        }
    }
}

impl From<&SignatureFile> for AuditedSignature {
    fn from(signature: &SignatureFile) -> Self {
        let algorithm = format!("{} of {}", signature.scheme, signature.hash_algorithm.name());
        Self { path: signature.path.clone(), algorithm }
    }
}

fn sha256(content: &[u8]) -> String {
    hex(&digest(HashAlgorithm::Sha256, content))
}
