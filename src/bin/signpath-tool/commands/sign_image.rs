//! `signpath-tool sign-image`: from names of images to attached signatures, in one signing request.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use serde::Serialize;
use signpath_pkcs11::signpath::Submitted;
use tokio::runtime::Runtime;

use super::{leave, print, print_json};
use crate::arguments::{Images, Output, SignImage};
use crate::attachments::{self, Attached, Signed, name};
use crate::command_line;
use crate::console::Console;
use crate::images::{Image, Repository};
use crate::interruption::Interruption;
use crate::metadata::annotations::Annotations;
use crate::metadata::identities::Identities;
use crate::metadata::{Metadata, archive, make};
use crate::outcome::{Ending, Result};
use crate::registry::Registry;
use crate::resolution::{AT_A_TIME, Registries};
use crate::service::Service;
use crate::signed_artifact::{self, LARGEST, Sent};
use crate::signer::Signer;
use crate::signing_request;

/// The artifact's name in SignPath.
const ARTIFACT: &str = "metadata.zip";

/// Not async: the client of SignPath drives its requests itself, between those to the registry on `runtime`.
pub(crate) fn run(arguments: &SignImage, console: &Console, runtime: &Runtime) -> Result<()> {
    let identities = Identities::of(&arguments.images.identities)?;
    let pinned = arguments.pinned.given().as_ref().map(Signer::of).transpose()?;
    let service = Service::configured()?;
    let annotations = annotations(arguments)?;
    if arguments.waiting.resume.is_none() {
        service.policy(&arguments.request)?;
    }
    let registries = Registries::new(&arguments.images.registry, console);
    let Images { references, recursive, .. } = &arguments.images;
    let images = runtime.block_on(registries.resolve(references, *recursive, &identities))?;
    runtime.block_on(registries.must_exist(&images))?;
    let metadata = make(&images, arguments.format, &annotations)?;
    let request = requested(&service, console, arguments, &metadata)?;
    let again = again(arguments, &request, &images, &annotations);
    if arguments.waiting.no_wait {
        return leave(&request, &again, console, arguments.output.output);
    }
    let interruption = Interruption::watch(&service.client, console, &again)?;
    let limit = arguments.waiting.limit();
    let waited = signing_request::wait(&service, console, &request, limit, &interruption);
    let signed = waited.and_then(|()| signed(&service, arguments, &request, &metadata, pinned));
    let attached = signed.and_then(|signed| runtime.block_on(attach(&registries, console, &signed)));
    report(&request, &attached.map_err(|ending| ending.with_command(&again))?, arguments.output.output)
}

/// What the command line says beats what is known of the build.
fn annotations(arguments: &SignImage) -> Result<BTreeMap<String, String>> {
    let mut annotations: BTreeMap<_, _> = arguments.origin.annotations()?.into_iter().collect();
    annotations.extend(Annotations::merged(&arguments.annotations));
    Ok(annotations)
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

/// Fetches the signatures and verifies each of them: nothing is attached before all are known to be good.
fn signed<'a>(
    service: &Service,
    arguments: &SignImage,
    request: &Submitted,
    metadata: &'a [Metadata],
    pinned: Option<Signer>,
) -> Result<Vec<Signed<'a>>> {
    let signer = match pinned {
        Some(signer) => signer,
        None => service.signer(request, &arguments.request)?,
    };
    let artifact = service.client.signed_artifact(&service.user, &request.id, LARGEST)?;
    let sent: Vec<Sent<'_>> =
        metadata.iter().map(|file| Sent { name: &file.file_name, content: &file.content }).collect();
    let verified = signed_artifact::signatures(&artifact, &sent).and_then(|signatures| {
        let verified = |(file, signature): (&'a Metadata, &Vec<u8>)| {
            Signed::verified(&file.image, &file.content, signature, &signer)
        };
        metadata.iter().zip(&signatures).map(verified).collect()
    });
    let nothing = format!("; nothing was attached (signing request {})", request.id);
    verified.map_err(|ending: Ending| ending.adding(&nothing))
}

/// Attaches to all images, also where one of them fails.
async fn attach(registries: &Registries<'_>, console: &Console, all: &[Signed<'_>]) -> Result<Vec<Attached>> {
    let mut repositories: BTreeMap<&Repository, Vec<&Signed<'_>>> = BTreeMap::new();
    for signed in all {
        repositories.entry(&signed.image().repository).or_default().push(signed);
    }
    let mut jobs = Vec::new();
    for (repository, signed) in repositories {
        jobs.push((registries.of(repository).await?, signed));
    }
    let attaching = jobs.iter().map(|(registry, signed)| attach_in_turn(registry, signed));
    let results: Vec<_> = stream::iter(attaching).buffered(AT_A_TIME).collect::<Vec<_>>().await.concat();
    let failed = results.iter().filter(|result| result.is_err()).count();
    if failed > 0 {
        let attached = results.iter().flatten();
        attached.for_each(|attached| console.say(&format!("{}: signed", attached.image)));
    }
    let attached: Result<Vec<Attached>> = results.into_iter().collect();
    let mut attached = attached.map_err(|ending| match all.len() {
        1 => ending,
        count => ending.adding(&format!(
            " ({failed} of {count} images failed, {} have their signature)",
            count - failed
        )),
    })?;
    let place = |one: &Attached| all.iter().position(|signed| signed.image().to_string() == one.image);
    attached.sort_by_key(place);
    Ok(attached)
}

/// Attaches to the images of one repository, one after the other: a registry may lose a blob that is uploaded twice at
/// the same time, and all bundles share one.
async fn attach_in_turn(registry: &Registry, images: &[&Signed<'_>]) -> Vec<Result<Attached>> {
    let mut results = Vec::new();
    for signed in images {
        results.push(attachments::attach(registry, signed).await);
    }
    results
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
    words.extend(arguments.pinned.given().iter().flat_map(crate::signer::SignerOptions::words));
    words.extend(images.iter().map(ToString::to_string));
    command_line::of(&words)
}
