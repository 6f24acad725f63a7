//! Signatures as cosign 3 keeps them: a Sigstore bundle (version 0.3) with a DSSE envelope, in a manifest that refers
//! to the image.
//!
//! Registries with the referrers API of OCI 1.1 list such manifests by themselves; for all others the list is kept
//! under a tag.

use std::collections::BTreeMap;
use std::time::SystemTime;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use x509_cert::der::DateTime;

use super::{Found, Signed, decode};
use crate::images::{Digest, Image};
use crate::metadata::Format;
use crate::metadata::statement::{self, PAYLOAD_TYPE, PREDICATE_TYPE};
use crate::outcome::{Ending, Exit, Result};
use crate::registry::Registry;
use crate::registry::manifest::{
    self, Descriptor, EMPTY, IMAGE_INDEX, IMAGE_MANIFEST, Index, Manifest, Stored,
};
use crate::registry::tags::{self, Addition};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The content of an empty configuration (image-spec 1.1, "Guidance for an Empty Descriptor").
const NOTHING: &[u8] = b"{}";

/// More signatures of one image are not looked at: each takes two requests.
const MOST_REFERRERS: usize = 500;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    media_type: String,
    verification_material: Material,
    dsse_envelope: Envelope,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<Hint>,
}

#[derive(Serialize, Deserialize)]
struct Hint {
    hint: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
struct Signature {
    sig: String,
}

/// Attaches a signature; the manifest that holds it, and the tag that lists it where the registry does not. One that is
/// attached already is left as it is.
pub(super) async fn attach(registry: &Registry, signed: &Signed<'_>) -> Result<(Digest, Option<String>)> {
    let image = registry.image(signed.image.digest.as_str()).await?;
    let attached = find(registry, signed.image).await?;
    let is_it = |found: &&Found| found.payload == signed.payload && found.signature == signed.signature;
    if let Some(found) = attached.iter().find(is_it) {
        return Ok((found.manifest.clone(), None));
    }
    let bundle = manifest::write(&bundle(signed)?)?;
    let referrer = manifest::write(&referrer(&bundle, &image))?;
    let digest = Digest::of(&referrer);
    registry.push_blob(&bundle).await?;
    registry.push_blob(NOTHING).await?;
    registry.push_manifest(digest.as_str(), IMAGE_MANIFEST, &referrer).await?;
    let listed = registry.referrers(&signed.image.digest).await?;
    if listed.iter().any(|entry| entry.digest == digest.as_str()) {
        return Ok((digest, None));
    }
    let tag = tags::of_referrers(&signed.image.digest);
    let entry =
        Descriptor { artifact_type: Some(BUNDLE.to_owned()), ..Descriptor::of(IMAGE_MANIFEST, &referrer) };
    tags::add(registry, &tag, &Entry(entry)).await?;
    Ok((digest, Some(tag)))
}

/// The signatures in the bundles that refer to the image.
pub(super) async fn find(registry: &Registry, image: &Image) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let referrers = registry.referrers(&image.digest).await?;
    for referrer in referrers.iter().filter(|entry| may_be_bundle(entry)).take(MOST_REFERRERS) {
        let digest = referrer.digest()?;
        if let Some(stored) = registry.manifest(digest.as_str()).await? {
            found.extend(read(registry, &stored).await?);
        }
    }
    Ok(found)
}

/// Some registries tell the configuration's media type in place of the manifest's artifact type.
fn may_be_bundle(entry: &Descriptor) -> bool {
    entry.artifact_type.as_deref().is_none_or(|kind| [BUNDLE, EMPTY].contains(&kind))
}

async fn read(registry: &Registry, stored: &Stored) -> Result<Vec<Found>> {
    let [layer] = &Manifest::read(stored)?.layers[..] else { return Ok(Vec::new()) };
    if layer.media_type != BUNDLE {
        return Ok(Vec::new());
    }
    Ok(signatures_in(&registry.blob(layer).await?, &stored.digest))
}

/// The signatures in a bundle that lies in `manifest`.
pub(crate) fn signatures_in(bundle: &[u8], manifest: &Digest) -> Vec<Found> {
    // bundles without an envelope, and those of later versions, are somebody else's
    let Ok(bundle) = serde_json::from_slice::<Bundle>(bundle) else { return Vec::new() };
    let envelope = bundle.dsse_envelope;
    let Some(statement) = decode(&envelope.payload).filter(|_| envelope.payload_type == PAYLOAD_TYPE) else {
        return Vec::new();
    };
    let found = |signature: &Signature| {
        Some(Found {
            format: Format::Bundle,
            manifest: manifest.clone(),
            payload: statement::signed_bytes(&statement),
            signature: decode(&signature.sig)?,
        })
    };
    envelope.signatures.iter().filter_map(found).collect()
}

fn bundle(signed: &Signed<'_>) -> Result<Bundle> {
    let statement = statement::of_signed_bytes(signed.payload)
        .ok_or_else(|| Ending::new(Exit::Failed, "the metadata is no statement"))?;
    Ok(Bundle {
        media_type: BUNDLE.to_owned(),
        verification_material: Material { public_key: Some(Hint { hint: signed.hint.clone() }) },
        dsse_envelope: Envelope {
            payload: BASE64_STANDARD.encode(statement),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: vec![Signature { sig: BASE64_STANDARD.encode(&signed.signature) }],
        },
    })
}

fn referrer(bundle: &[u8], image: &Stored) -> Manifest {
    let created = DateTime::from_system_time(SystemTime::now()).map(|time| time.to_string());
    let annotations = [
        ("org.opencontainers.image.created", created.unwrap_or_default()),
        ("dev.sigstore.bundle.content", "dsse-envelope".to_owned()),
        ("dev.sigstore.bundle.predicateType", PREDICATE_TYPE.to_owned()),
    ];
    let config = Descriptor { artifact_type: Some(BUNDLE.to_owned()), ..Descriptor::of(EMPTY, NOTHING) };
    Manifest {
        schema_version: 2,
        media_type: Some(IMAGE_MANIFEST.to_owned()),
        config,
        layers: vec![Descriptor::of(BUNDLE, bundle)],
        annotations: Some(annotations.map(|(name, value)| (name.to_owned(), value)).into()),
        subject: Some(image.descriptor()),
        artifact_type: Some(BUNDLE.to_owned()),
        rest: BTreeMap::new(),
    }
}

/// An entry that is to be in the list of what refers to the image.
struct Entry(Descriptor);

impl Addition for Entry {
    const MEDIA_TYPE: &'static str = IMAGE_INDEX;

    fn is_in(&self, current: &Stored) -> Result<bool> {
        Ok(index(current)?.manifests.iter().any(|entry| entry.digest == self.0.digest))
    }

    async fn added_to(&self, current: Option<&Stored>, _: &Registry) -> Result<Vec<u8>> {
        let mut index = match current {
            Some(current) => index(current)?,
            None => Index { schema_version: 2, media_type: Some(IMAGE_INDEX.to_owned()), ..Index::default() },
        };
        index.manifests.push(self.0.clone());
        index.manifests.sort_by(|one, other| one.digest.cmp(&other.digest));
        manifest::write(&index)
    }
}

fn index(stored: &Stored) -> Result<Index> {
    manifest::read(&stored.bytes, "list of referrers")
}
