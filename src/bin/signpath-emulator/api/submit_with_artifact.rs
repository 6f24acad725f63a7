//! `POST SigningRequests/SubmitWithArtifact`: a file to be signed as an artifact configuration says.
//!
//! The answer says where the signing request is; it is carried out afterwards, see `signing_requests::progress`. What
//! can be known at once is refused at once: slugs, roles, parameters. What is wrong in the artifact itself comes to light
//! when it is processed. Which of both the service does with what is UNKNOWN.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::LOCATION;
use serde::Serialize;

use super::Call;
use super::hash_signing::{existing_policy, refuse_unless_submitter, unknown_artifact_configuration};
use super::multipart_form::{ExpectedParts, MultipartForm};
use crate::artifacts::parameters;
use crate::artifacts::processing::Artifact;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::identifiers::Uuid;
use crate::organization::artifact_configuration::{ConfigurationPath, StoredConfiguration};
use crate::organization::default_data::ARTIFACT_CONFIGURATION_SLUG;
use crate::organization::signing_policy::PolicyPath;
use crate::shapes::WebLink;
use crate::signing_requests::origin::{BuildData, Origin, RepositoryData};
use crate::signing_requests::{FileSubmission, SigningRequest, progress};

const KNOWN_PARTS: [&str; 11] = [
    "ProjectSlug",
    "SigningPolicySlug",
    "ArtifactConfigurationSlug",
    "Artifact",
    "Description",
    "CancellationTimeoutInSeconds",
    "Origin.BuildData.Url",
    "Origin.RepositoryData.Url",
    "Origin.RepositoryData.BranchName",
    "Origin.RepositoryData.CommitId",
    "Origin.RepositoryData.SourceControlManagementType",
];

/// Since 1.107.0 the id; `webLink` since 1.205.1. What else is in it since 1.196.0 is UNKNOWN.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Submitted {
    signing_request_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_link: Option<String>,
}

/// Keeps the artifact, starts the signing request and says where it is.
pub(crate) async fn answer(call: &Call<'_>) -> Result<Answer, Problem> {
    let form = MultipartForm::read(call, ExpectedParts::NamedAndParameters(&KNOWN_PARTS)).await?;
    let request = Arc::new(SigningRequest::new(submission(call, &form)?));
    let id = request.id;
    call.emulator.signing_requests.add(Arc::clone(&request));
    progress::start(call.emulator, request);
    let web_link = call.conditions.shapes.web_link == WebLink::Present;
    let body = Submitted { signing_request_id: id, web_link: web_link.then(|| call.emulator.web_link(id)) };
    Ok(Answer::json(StatusCode::CREATED, &body).with_header(LOCATION, call.emulator.api_link(id)))
}

fn submission(call: &Call<'_>, form: &MultipartForm) -> Result<FileSubmission, Problem> {
    let path = PolicyPath::new(form.required_text("ProjectSlug")?, form.required_text("SigningPolicySlug")?);
    let (file_name, bytes) = form.file("Artifact")?;
    let policy = existing_policy(call, &path)?;
    refuse_unless_submitter(call, &path)?;
    let slug = form.text("ArtifactConfigurationSlug")?;
    let configuration = artifact_configuration(call, &path.project_slug, slug.as_deref())?;
    let parameters = parameters::values(&configuration.configuration.parameters, &form.parameters()?)
        .map_err(|error| Problem::invalid(error.field(), error.to_string()))?;
    Ok(FileSubmission {
        user: call.user.name.clone(),
        policy,
        configuration,
        parameters,
        description: form.text("Description")?,
        origin: origin(form)?,
        artifact: Artifact { file_name, bytes },
        cancellation_timeout: cancellation_timeout(form)?,
        raw_ecdsa_signature: call.conditions.shapes.raw_ecdsa_signature,
    })
}

/// Without a slug it is the project's default, which must be the one for hashes if the project signs hashes.
fn artifact_configuration(
    call: &Call<'_>,
    project_slug: &str,
    slug: Option<&str>,
) -> Result<Arc<StoredConfiguration>, Problem> {
    let slug = slug.unwrap_or(ARTIFACT_CONFIGURATION_SLUG);
    if slug == ARTIFACT_CONFIGURATION_SLUG {
        return Err(Problem::invalid("", "The file has an invalid format.").caused_by(format!(
            "'{slug}' is the default artifact configuration and signs hashes only; name one for files"
        )));
    }
    let path = ConfigurationPath::new(project_slug, slug);
    let configuration = call.emulator.organization.read().artifact_configuration(&path);
    configuration.ok_or_else(|| unknown_artifact_configuration(slug, project_slug))
}

fn cancellation_timeout(form: &MultipartForm) -> Result<Option<Duration>, Problem> {
    const FIELD: &str = "CancellationTimeoutInSeconds";
    let Some(text) = form.text(FIELD)? else { return Ok(None) };
    match text.parse() {
        Ok(seconds) if seconds > 0 => Ok(Some(Duration::from_secs(seconds))),
        _ => Err(Problem::invalid(FIELD, format!("The value '{text}' is not valid."))),
    }
}

fn origin(form: &MultipartForm) -> Result<Origin, Problem> {
    Ok(Origin {
        build_data: BuildData { url: form.text("Origin.BuildData.Url")? },
        repository_data: RepositoryData {
            url: form.text("Origin.RepositoryData.Url")?,
            branch_name: form.text("Origin.RepositoryData.BranchName")?,
            commit_id: form.text("Origin.RepositoryData.CommitId")?,
            source_control_management_type: form.text("Origin.RepositoryData.SourceControlManagementType")?,
        },
    })
}
