//! `signpath-tool generate`: the metadata of images, ready to be signed.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use super::{print, print_json};
use crate::arguments::{Generate, Output};
use crate::attachments::format_name;
use crate::console::Console;
use crate::files;
use crate::images::Digest;
use crate::metadata::Format;
use crate::metadata::annotations::Annotations;
use crate::metadata::identities::Identities;
use crate::metadata::{Metadata, archive, make};
use crate::outcome::{Ending, Exit, Result};
use crate::resolution::Registries;

pub(crate) async fn run(arguments: Generate, console: &Console) -> Result<()> {
    let identities = Identities::of(&arguments.images.identities)?;
    let registries = Registries::new(&arguments.images.registry, console);
    let images =
        registries.resolve(&arguments.images.references, arguments.images.recursive, &identities).await?;
    let metadata = make(&images, arguments.format, &Annotations::merged(&arguments.annotations))?;
    if let Some(path) = &arguments.zip {
        files::write(path, &archive::pack(&metadata)?)?;
    }
    match (arguments.output.output, &metadata[..]) {
        (Output::Json, _) => print_json(&metadata.iter().map(Generated::of).collect::<Vec<_>>()),
        (Output::Text, _) if arguments.zip.is_some() => Ok(()),
        (Output::Text, [metadata]) => print(&metadata.content),
        (Output::Text, _) => Err(Ending::new(
            Exit::Configuration,
            format!(
                "the metadata of {} images cannot be printed one after the other; write it with --zip, or ask for \
                 --output json",
                metadata.len()
            ),
        )),
    }
}

/// The metadata of one image, for scripts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Generated<'a> {
    image: String,
    #[serde(serialize_with = "format_name")]
    format: Format,
    file_name: &'a str,
    /// What is to be signed, in base64.
    content: String,
    digest: String,
}

impl<'a> Generated<'a> {
    fn of(metadata: &'a Metadata) -> Self {
        Self {
            image: metadata.image.to_string(),
            format: metadata.format,
            file_name: &metadata.file_name,
            content: BASE64_STANDARD.encode(&metadata.content),
            digest: Digest::of(&metadata.content).to_string(),
        }
    }
}
