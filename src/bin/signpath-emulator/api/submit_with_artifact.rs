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
use super::multipart_form::{ExpectedParts, MultipartForm};
use super::permission::{submitters_policy, unknown_artifact_configuration};
use crate::artifacts::parameters;
use crate::artifacts::processing::Artifact;
use crate::artifacts::template::ParameterValues;
use crate::audit_log::files::FileSubject;
use crate::audit_log::{Outcome, Subject, Submission};
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::identifiers::Uuid;
use crate::organization::artifact_configuration::{ConfigurationPath, StoredConfiguration};
use crate::organization::default_data::ARTIFACT_CONFIGURATION_SLUG;
use crate::organization::signing_policy::PolicyPath;
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

/// What the form says.
struct Wanted {
    path: PolicyPath,
    artifact_configuration_slug: Option<String>,
    artifact: Artifact,
    parameters: ParameterValues,
    description: Option<String>,
    origin: Origin,
    cancellation_timeout: Option<Duration>,
}

/// Keeps the artifact, starts the signing request and says where it is.
pub(crate) async fn answer(call: &Call<'_>) -> Result<Answer, Problem> {
    let form = MultipartForm::read(call, ExpectedParts::NamedAndParameters(&KNOWN_PARTS)).await?;
    let wanted = Wanted::read(&form)?;
    let permitted = wanted.permit(call);
    let submission = permitted.inspect_err(|problem| wanted.record_refusal(call, problem))?;
    let request = Arc::new(SigningRequest::new(submission));
    let id = request.id;
    call.emulator.signing_requests.add(Arc::clone(&request));
    progress::start(call.emulator, request);
    let body = Submitted { signing_request_id: id, web_link: call.web_link(id) };
    Ok(Answer::json(StatusCode::CREATED, &body).with_header(LOCATION, call.emulator.api_link(id)))
}

impl Wanted {
    fn read(form: &MultipartForm) -> Result<Self, Problem> {
        let path =
            PolicyPath::new(form.required_text("ProjectSlug")?, form.required_text("SigningPolicySlug")?);
        let (file_name, bytes) = form.file("Artifact")?;
        Ok(Self {
            path,
            artifact_configuration_slug: form.text("ArtifactConfigurationSlug")?,
            artifact: Artifact { file_name, bytes },
            parameters: form.parameters()?,
            description: form.text("Description")?,
            origin: origin(form)?,
            cancellation_timeout: cancellation_timeout(form)?,
        })
    }

    /// The submission, or the first reason against it.
    fn permit(&self, call: &Call<'_>) -> Result<FileSubmission, Problem> {
        let policy = submitters_policy(call, &self.path)?;
        let slug = self.artifact_configuration_slug.as_deref();
        let configuration = artifact_configuration(call, &self.path.project_slug, slug)?;
        let parameters = parameters::values(&configuration.configuration.parameters, &self.parameters)
            .map_err(|error| Problem::invalid(error.field(), error.to_string()))?;
        Ok(FileSubmission {
            user: call.user.name.clone(),
            policy,
            configuration,
            parameters,
            description: self.description.clone(),
            origin: self.origin.clone(),
            artifact: self.artifact.clone(),
            cancellation_timeout: self.cancellation_timeout,
            raw_ecdsa_signature: call.conditions.shapes.raw_ecdsa_signature,
        })
    }

    fn record_refusal(&self, call: &Call<'_>, problem: &Problem) {
        let subject = FileSubject::submitted(
            &self.artifact,
            self.artifact_configuration_slug.clone(),
            self.parameters.clone(),
            self.origin.clone(),
        );
        let submission = Submission {
            user: call.user.name.clone(),
            path: self.path.clone(),
            description: self.description.clone(),
            subject: Subject::Files(subject.into()),
        };
        call.emulator.audit_log.record(submission, Outcome::Refused { reason: problem.summary() });
    }
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
