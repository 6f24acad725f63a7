//! `signpath-tool verify`: whether images have a signature of a key.

use std::collections::BTreeMap;

use serde::Serialize;
use signpath_pkcs11::error::one_line;

use super::{print, print_json};
use crate::arguments::{Output, Verify};
use crate::attachments::{self, Found, format_name, name};
use crate::console::Console;
use crate::images::Image;
use crate::metadata::Claim;
use crate::metadata::Format;
use crate::metadata::annotations::Annotations;
use crate::metadata::identities::Identities;
use crate::outcome::{Ending, Exit, Result};
use crate::resolution::Registries;
use crate::signer::Signer;

pub(crate) async fn run(arguments: Verify, console: &Console) -> Result<()> {
    let identities = Identities::of(&arguments.images.identities)?;
    let signer = Signer::of(&arguments.signer)?;
    let annotations = Annotations::merged(&arguments.annotations);
    let registries = Registries::new(&arguments.images.registry, console);
    let images =
        registries.resolve(&arguments.images.references, arguments.images.recursive, &identities).await?;
    let mut verified = Vec::new();
    for image in &images {
        let registry = registries.of(&image.repository).await?;
        let found = attachments::find(&registry, image, arguments.format).await?;
        let checks = found.iter().map(|found| check(found, image, &signer, &annotations));
        verified.extend(at_least_one(image, checks.collect())?);
    }
    match arguments.output.output {
        Output::Json => print_json(&verified),
        Output::Text => print(verified.iter().map(Verified::line).collect::<String>()),
    }
}

/// A signature that verifies.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified {
    image: String,
    #[serde(serialize_with = "format_name")]
    format: Format,
    /// The repository that was signed; not that of the image where the image was copied with its signature.
    identity: Option<String>,
    annotations: BTreeMap<String, String>,
    manifest: String,
}

impl Verified {
    fn line(&self) -> String {
        let signed_as = match &self.identity {
            Some(identity) => format!("signed as {identity}"),
            None => "without a name in it".to_owned(),
        };
        let annotations: String =
            self.annotations.iter().map(|(key, value)| format!(", {key}={value}")).collect();
        let line = format!("{}: verified, {}, {signed_as}{annotations}", self.image, name(self.format));
        format!("{}\n", one_line(&line))
    }
}

/// What a signature vouches for, or why it does not count.
fn check(
    found: &Found,
    image: &Image,
    signer: &Signer,
    wanted: &BTreeMap<String, String>,
) -> std::result::Result<Verified, String> {
    if !signer.verifies(&found.payload, &found.signature) {
        return Err("it is not one of this key".to_owned());
    }
    let claim = Claim::read(&found.payload).map_err(|error| error.to_string())?;
    if claim.format != found.format {
        return Err(format!("it lies where {} signatures lie", name(found.format)));
    }
    if claim.digest != image.digest {
        return Err(format!("it is about {}", claim.digest));
    }
    if let Some((key, value)) = wanted.iter().find(|(key, value)| claim.annotations.get(*key) != Some(*value))
    {
        return Err(format!("it does not have the annotation {key}={value}"));
    }
    Ok(Verified {
        image: image.to_string(),
        format: claim.format,
        identity: claim.identity,
        annotations: claim.annotations,
        manifest: found.manifest.to_string(),
    })
}

/// One signature that verifies is enough; of those that do not, the reasons are told only if there is none.
fn at_least_one(image: &Image, checks: Vec<std::result::Result<Verified, String>>) -> Result<Vec<Verified>> {
    let (verified, refused): (Vec<_>, Vec<_>) = checks.into_iter().partition(|check| check.is_ok());
    if !verified.is_empty() {
        return Ok(verified.into_iter().flatten().collect());
    }
    let reasons: Vec<String> = refused.into_iter().filter_map(std::result::Result::err).collect();
    let message = match &reasons[..] {
        [] => format!("{image} has no signature; attach one, or check the name"),
        reasons => format!("no signature of {image} verifies: {}", reasons.join("; ")),
    };
    Err(Ending::new(Exit::NotVerified, message))
}
