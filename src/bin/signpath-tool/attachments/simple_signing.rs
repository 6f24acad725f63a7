//! Signatures as cosign 2 keeps them: a manifest in a tag of its own, each layer a payload, with the signature in an
//! annotation. Byte for byte what `cosign attach signature` makes.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Found, Signed, decode};
use crate::images::{Digest, Image};
use crate::metadata::Format;
use crate::outcome::Result;
use crate::registry::Registry;
use crate::registry::manifest::{self, Descriptor, IMAGE_CONFIG, IMAGE_MANIFEST, Manifest, Stored};
use crate::registry::tags::{self, Addition};

const LAYER: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// The time of everything in the configuration: cosign wants the same bytes each time.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// Attaches a signature; the manifest that holds it, and its tag. One that is attached already is left as it is.
pub(super) async fn attach(registry: &Registry, signed: &Signed<'_>) -> Result<(Digest, String)> {
    registry.push_blob(signed.payload).await?;
    let tag = tags::of_signatures(&signed.image.digest);
    let layer = Layer { payload: signed.payload, signature: BASE64_STANDARD.encode(&signed.signature) };
    Ok((tags::add(registry, &tag, &layer).await?, tag))
}

/// The signatures under the image's tag.
pub(super) async fn find(registry: &Registry, image: &Image) -> Result<Vec<Found>> {
    let Some(stored) = registry.manifest(&tags::of_signatures(&image.digest)).await? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for layer in Manifest::read(&stored)?.layers {
        let signature = layer.annotation(SIGNATURE).and_then(decode);
        if let (LAYER, Some(signature)) = (layer.media_type.as_str(), signature) {
            let payload = registry.blob(&layer).await?;
            found.push(Found {
                format: Format::SimpleSigning,
                manifest: stored.digest.clone(),
                payload,
                signature,
            });
        }
    }
    Ok(found)
}

/// A layer that is to be in the manifest.
struct Layer<'a> {
    payload: &'a [u8],
    signature: String,
}

impl Layer<'_> {
    fn descriptor(&self) -> Descriptor {
        let annotations = BTreeMap::from([(SIGNATURE.to_owned(), self.signature.clone())]);
        Descriptor { annotations: Some(annotations), ..Descriptor::of(LAYER, self.payload) }
    }
}

impl Addition for Layer<'_> {
    const MEDIA_TYPE: &'static str = IMAGE_MANIFEST;

    fn is_in(&self, current: &Stored) -> Result<bool> {
        let layer = self.descriptor();
        let is_it = |other: &Descriptor| {
            other.digest == layer.digest && other.annotation(SIGNATURE) == layer.annotation(SIGNATURE)
        };
        Ok(Manifest::read(current)?.layers.iter().any(is_it))
    }

    async fn added_to(&self, current: Option<&Stored>, registry: &Registry) -> Result<Vec<u8>> {
        let (mut manifest, mut configuration) = match current {
            Some(current) => {
                let manifest = Manifest::read(current)?;
                let configuration = registry.blob(&manifest.config).await?;
                (manifest, manifest::read(&configuration, "configuration")?)
            }
            None => (empty_manifest(), Configuration::empty()),
        };
        let layer = self.descriptor();
        configuration.add(&layer.digest);
        manifest.layers.push(layer);
        let configuration = manifest::write(&configuration)?;
        registry.push_blob(&configuration).await?;
        manifest.config = Descriptor::of(&manifest.config.media_type, &configuration);
        manifest::write(&manifest)
    }
}

fn empty_manifest() -> Manifest {
    Manifest {
        schema_version: 2,
        media_type: Some(IMAGE_MANIFEST.to_owned()),
        config: Descriptor { media_type: IMAGE_CONFIG.to_owned(), ..Descriptor::default() },
        ..Manifest::default()
    }
}

/// The configuration of an image that runs nowhere.
#[derive(Serialize, Deserialize)]
struct Configuration {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    created: String,
    #[serde(default)]
    history: Vec<Value>,
    #[serde(default)]
    os: String,
    rootfs: FileSystem,
    #[serde(default)]
    config: Value,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct FileSystem {
    #[serde(rename = "type")]
    kind: String,
    diff_ids: Vec<String>,
}

impl Configuration {
    fn empty() -> Self {
        Self {
            architecture: String::new(),
            created: NO_TIME.to_owned(),
            history: Vec::new(),
            os: String::new(),
            rootfs: FileSystem { kind: "layers".to_owned(), diff_ids: Vec::new() },
            config: json!({}),
            rest: BTreeMap::new(),
        }
    }

    fn add(&mut self, layer: &str) {
        self.history.push(json!({ "created": NO_TIME }));
        self.rootfs.diff_ids.push(layer.to_owned());
    }
}
