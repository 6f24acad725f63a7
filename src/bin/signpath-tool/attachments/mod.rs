//! How signatures lie in a registry: attached by this room, and read back by it.
//!
//! It pushes nothing that does not verify, and nothing that is about another image.

pub(crate) mod bundle;
mod simple_signing;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use crate::images::{Digest, Image};
use crate::metadata::Claim;
use crate::metadata::Format;
use crate::outcome::Result;
use crate::registry::Registry;
use crate::signer::Signer;

/// A signature that may be attached: it verifies, over metadata that is about the image.
#[derive(Debug)]
pub(crate) struct Signed<'a> {
    image: &'a Image,
    format: Format,
    /// The metadata, exactly as it was signed.
    payload: &'a [u8],
    /// In the encoding that cosign needs.
    signature: Vec<u8>,
    /// What stands for the key in a bundle.
    hint: String,
}

impl<'a> Signed<'a> {
    /// Verifies a signature as SignPath made it: an EC signature in either encoding.
    pub(crate) fn verified(
        image: &'a Image,
        payload: &'a [u8],
        signature: &[u8],
        signer: &Signer,
    ) -> Result<Self> {
        let claim = Claim::read(payload)?;
        claim.must_be_about(image)?;
        let signature = signer.accept(payload, signature)?;
        Ok(Self { image, format: claim.format, payload, signature, hint: signer.hint() })
    }

    /// The image that it is about.
    pub(crate) fn image(&self) -> &'a Image {
        self.image
    }
}

/// Where a signature was put.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attached {
    pub(crate) image: String,
    #[serde(serialize_with = "format_name")]
    pub(crate) format: Format,
    /// The manifest that holds the signature.
    pub(crate) manifest: String,
    /// The tag under which it, or the list that names it, can be found; none where the registry keeps that list.
    pub(crate) tag: Option<String>,
}

/// A signature that was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) format: Format,
    /// The manifest that holds it.
    pub(crate) manifest: Digest,
    /// The bytes that were signed.
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

/// Attaches a signature, in the way that belongs to the metadata's format.
pub(crate) async fn attach(registry: &Registry, signed: &Signed<'_>) -> Result<Attached> {
    let (manifest, tag) = match signed.format {
        Format::SimpleSigning => {
            let (manifest, tag) = simple_signing::attach(registry, signed).await?;
            (manifest, Some(tag))
        }
        Format::Bundle => bundle::attach(registry, signed).await?,
    };
    Ok(Attached {
        image: signed.image.to_string(),
        format: signed.format,
        manifest: manifest.to_string(),
        tag,
    })
}

/// The signatures that are attached to an image, verified or not.
pub(crate) async fn find(registry: &Registry, image: &Image, format: Option<Format>) -> Result<Vec<Found>> {
    let wanted = |candidate| format.is_none_or(|format| format == candidate);
    let mut found = Vec::new();
    if wanted(Format::Bundle) {
        found.extend(bundle::find(registry, image).await?);
    }
    if wanted(Format::SimpleSigning) {
        found.extend(simple_signing::find(registry, image).await?);
    }
    Ok(found)
}

/// The name of a format on the command line and in JSON.
pub(crate) fn name(format: Format) -> &'static str {
    match format {
        Format::SimpleSigning => "simple-signing",
        Format::Bundle => "bundle",
    }
}

pub(crate) fn format_name<S: serde::Serializer>(
    format: &Format,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(name(*format))
}

/// Base64 as others may have wrapped it.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_whitespace().collect();
    BASE64_STANDARD.decode(text).ok()
}
