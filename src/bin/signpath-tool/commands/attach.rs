//! `signpath-tool attach`: a signature that SignPath made, attached to its image.

use super::{print, print_json};
use crate::arguments::{Attach, Output};
use crate::attachments::{self, Signed, name};
use crate::console::Console;
use crate::files;
use crate::metadata::identities::Identities;
use crate::outcome::{Ending, Exit, Result};
use crate::resolution::Registries;
use crate::signer::{Signer, signature_of_file};

pub(crate) async fn run(arguments: Attach, console: &Console) -> Result<()> {
    let identities = Identities::of(&arguments.identities)?;
    let signer = Signer::of(&arguments.signer)?;
    let payload = files::read(&arguments.payload)?;
    let signature = signature_of_file(&files::read(&arguments.signature)?);
    let registries = Registries::new(&arguments.registry, console);
    let images = registries.resolve(std::slice::from_ref(&arguments.image), false, &identities).await?;
    let [image] = &images[..] else {
        return Err(Ending::new(Exit::Failed, format!("{} is {} images", arguments.image, images.len())));
    };
    let registry = registries.of(&image.repository).await?;
    let signed = Signed::verified(image, &payload, &signature, &signer)?;
    let attached = attachments::attach(&registry, &signed).await?;
    match arguments.output.output {
        Output::Json => print_json(&attached),
        Output::Text => {
            let (format, image, manifest) = (name(attached.format), attached.image, attached.manifest);
            print(format!("{image}: attached as {format}, {manifest}\n"))
        }
    }
}
