//! `signpath-tool sign-image`: from names of images to attached signatures, in one signing request.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde::Serialize;
use signpath_pkcs11::signpath::Submitted;

use super::{print, print_json, print_request};
use crate::arguments::{Output, SignImage};
use crate::attachments::{self, Attached, Signed, name};
use crate::command_line;
use crate::console::Console;
use crate::images::{Image, Registries};
use crate::metadata::annotations::Annotations;
use crate::metadata::identities::Identities;
use crate::metadata::{Claim, Metadata, archive, make};
use crate::outcome::{Ending, Exit, Result};
use crate::registry::Registry;
use crate::service::{Service, apart};
use crate::signed_artifact::{self, LARGEST, Sent};
use crate::signer::Signer;
use crate::signing_request;

/// So many images are attached to at a time: registries limit how many requests they take.
const AT_A_TIME: usize = 8;

/// The artifact's name in SignPath.
const ARTIFACT: &str = "metadata.zip";

pub(crate) async fn run(arguments: SignImage, console: &Console) -> Result<()> {
    let identities = Identities::of(&arguments.images.identities)?;
    let pinned = arguments.pinned.given().as_ref().map(Signer::of).transpose()?;
    let service = Service::configured()?;
    let annotations = annotations(&arguments);
    let mut registries = Registries::new(&arguments.images.registry, console);
    let images =
        registries.resolve(&arguments.images.references, arguments.images.recursive, &identities).await?;
    let metadata = make(&images, arguments.format, &annotations)?;
    for (metadata, image) in metadata.iter().zip(&images) {
        Claim::read(&metadata.content)?.must_be_about(image)?;
    }
    let request = apart(|| requested(&service, console, &arguments, &metadata))?;
    if arguments.waiting.no_wait {
        return print_request(&request, arguments.output.output);
    }
    let again = again(&arguments, &request, &images, &annotations);
    let signed = apart(|| signed(&service, console, &arguments, &request, &metadata, pinned));
    let (signatures, signer) = signed.map_err(|ending| ending.with_command(&again))?;
    let mut jobs = Vec::new();
    for (metadata, signature) in metadata.iter().zip(&signatures) {
        let signed = Signed { image: &metadata.image, payload: &metadata.content, signature };
        jobs.push((registries.of(&metadata.image.repository).await?, signed));
    }
    let attached = attach(jobs, &signer).await.map_err(|ending| ending.with_command(&again))?;
    report(&request, &attached, arguments.output.output)
}

/// What the command line says beats what is known of the build.
fn annotations(arguments: &SignImage) -> BTreeMap<String, String> {
    let mut annotations: BTreeMap<_, _> = arguments.origin.annotations().into_iter().collect();
    annotations.extend(Annotations::merged(&arguments.annotations));
    annotations
}

fn requested(
    service: &Service,
    console: &Console,
    arguments: &SignImage,
    metadata: &[Metadata],
) -> Result<Submitted> {
    if let Some(id) = &arguments.waiting.resume {
        return signing_request::resumed(service, id);
    }
    let submission = service.submission(&arguments.request, ARTIFACT, archive::pack(metadata)?)?;
    signing_request::submit(service, console, &submission)
}

/// Waits for the signatures and verifies each of them: nothing is attached before all are known to be good.
fn signed(
    service: &Service,
    console: &Console,
    arguments: &SignImage,
    request: &Submitted,
    metadata: &[Metadata],
    pinned: Option<Signer>,
) -> Result<(Vec<Vec<u8>>, Signer)> {
    let limit = Duration::from_secs(arguments.waiting.wait_timeout);
    signing_request::wait(service, console, request, limit)?;
    let signer = match pinned {
        Some(signer) => signer,
        None => service.signer(request, &arguments.request)?,
    };
    let artifact = service.client.signed_artifact(&service.user, &request.id, LARGEST)?;
    let sent: Vec<Sent<'_>> =
        metadata.iter().map(|file| Sent { name: &file.file_name, content: &file.content }).collect();
    let signatures = signed_artifact::signatures(&artifact, &sent)?;
    let accepted =
        metadata.iter().zip(&signatures).map(|(file, signature)| signer.accept(&file.content, signature));
    Ok((accepted.collect::<Result<_>>()?, signer))
}

/// Attaches to all images, also where one of them fails.
async fn attach(jobs: Vec<(Registry, Signed<'_>)>, signer: &Signer) -> Result<Vec<Attached>> {
    let attaching = jobs.iter().map(|(registry, signed)| attachments::attach(registry, *signed, signer));
    let results: Vec<Result<Attached>> = stream::iter(attaching).buffered(AT_A_TIME).collect().await;
    let failed = results.iter().filter(|result| result.is_err()).count();
    let of = results.len();
    let attached: Result<Vec<Attached>> = results.into_iter().collect();
    attached.map_err(|ending| match of {
        1 => ending,
        of => {
            ending.adding(&format!(" ({failed} of {of} images failed, {} have their signature)", of - failed))
        }
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    signing_request_id: String,
    web_link: Option<&'a str>,
    images: &'a [Attached],
}

fn report(request: &Submitted, attached: &[Attached], output: Output) -> Result<()> {
    match output {
        Output::Json => print_json(&Report {
            signing_request_id: request.id.to_string(),
            web_link: request.web_link.as_deref(),
            images: attached,
        }),
        Output::Text => {
            let line =
                |one: &Attached| format!("{}: signed as {}, {}\n", one.image, name(one.format), one.manifest);
            print(attached.iter().map(line).collect::<String>())
        }
    }
}

/// The command that goes on with this request: the images by their digests, since a tag may have moved by then.
fn again(
    arguments: &SignImage,
    request: &Submitted,
    images: &[Image],
    annotations: &BTreeMap<String, String>,
) -> String {
    let mut words = vec!["signpath-tool".to_owned(), "sign-image".to_owned(), "--resume".to_owned()];
    words.extend([request.id.to_string(), "--format".to_owned(), name(arguments.format).to_owned()]);
    for (key, value) in annotations {
        words.extend(["-a".to_owned(), Annotations::field(key, value)]);
    }
    words.extend(arguments.images.registry.words());
    words.extend(arguments.pinned.given().iter().flat_map(crate::arguments::Signer::words));
    words.extend(images.iter().map(ToString::to_string));
    command_line::of(&words)
}

impl Ending {
    /// The same ending, with the command that goes on where one can.
    pub(super) fn with_command(self, again: &str) -> Self {
        let goes_on =
            [Exit::StillRunning, Exit::Interrupted, Exit::Unavailable, Exit::Unauthorized, Exit::Registry];
        if goes_on.contains(&self.exit()) { self.adding(&format!("; go on with: {again}")) } else { self }
    }
}
