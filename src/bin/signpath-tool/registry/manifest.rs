//! Manifests and indexes of the OCI image format (image-spec 1.1), in the order of members that Go programs write, so
//! that a manifest made here has the digest of one that cosign makes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::images::Digest;
use crate::outcome::{Ending, Exit, Result};

pub(crate) const IMAGE_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const IMAGE_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const IMAGE_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(crate) const EMPTY: &str = "application/vnd.oci.empty.v1+json";
pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(crate) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// A manifest as the registry has it.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) digest: Digest,
    pub(crate) bytes: Vec<u8>,
}

impl Stored {
    /// The media type: what the manifest says, or what its members tell where it says nothing, as OCI allows.
    pub(crate) fn media_type(&self) -> String {
        let value: Value = serde_json::from_slice(&self.bytes).unwrap_or_default();
        let default = if value.get("manifests").is_some() { IMAGE_INDEX } else { IMAGE_MANIFEST };
        value.get("mediaType").and_then(Value::as_str).unwrap_or(default).to_owned()
    }

    /// Whether it is one at all (image-spec, "Image Manifest" and "Image Index").
    pub(crate) fn is_manifest(&self) -> bool {
        let value: Value = serde_json::from_slice(&self.bytes).unwrap_or_default();
        value.get("schemaVersion").and_then(Value::as_u64) == Some(2)
    }

    /// What refers to it.
    pub(crate) fn descriptor(&self) -> Descriptor {
        let size = self.bytes.len() as u64;
        Descriptor {
            media_type: self.media_type(),
            size,
            digest: self.digest.to_string(),
            ..Descriptor::default()
        }
    }
}

/// Refers to something by digest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) size: u64,
    pub(crate) digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) artifact_type: Option<String>,
    #[serde(flatten)]
    pub(crate) rest: BTreeMap<String, Value>,
}

impl Descriptor {
    /// Refers to bytes.
    pub(crate) fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            size: bytes.len() as u64,
            digest: Digest::of(bytes).to_string(),
            ..Self::default()
        }
    }

    /// The digest, which the registry may have made up.
    pub(crate) fn digest(&self) -> Result<Digest> {
        let refused =
            || Ending::new(Exit::Registry, format!("the registry refers to the digest {:?}", self.digest));
        Digest::parse(&self.digest).ok_or_else(refused)
    }

    /// An annotation.
    pub(crate) fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(name).map(String::as_str)
    }

    /// Whether it refers to an index of further manifests.
    pub(crate) fn is_index(&self) -> bool {
        [IMAGE_INDEX, DOCKER_LIST].contains(&self.media_type.as_str())
    }
}

/// A manifest with layers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) schema_version: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<String>,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<Descriptor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) artifact_type: Option<String>,
    #[serde(flatten)]
    pub(crate) rest: BTreeMap<String, Value>,
}

impl Manifest {
    /// Reads what is under a tag or a digest.
    pub(crate) fn read(stored: &Stored) -> Result<Self> {
        read(&stored.bytes, "manifest")
    }
}

/// An index of manifests.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Index {
    pub(crate) schema_version: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<String>,
    pub(crate) manifests: Vec<Descriptor>,
    #[serde(flatten)]
    pub(crate) rest: BTreeMap<String, Value>,
}

impl Index {
    /// Reads an index; `None` for a manifest of another kind.
    pub(crate) fn read(stored: &Stored) -> Option<Self> {
        serde_json::from_slice(&stored.bytes).ok()
    }
}

/// Reads JSON that the registry sent.
pub(crate) fn read<T: for<'a> Deserialize<'a>>(bytes: &[u8], what: &str) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|error| Ending::new(Exit::Registry, format!("reading a {what} of the registry: {error}")))
}

/// Writes JSON for the registry.
pub(crate) fn write(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Ending::new(Exit::Failed, format!("writing JSON: {error}")))
}
