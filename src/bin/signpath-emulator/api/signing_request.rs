//! `SigningRequests/{id}` and what stands behind it: data, status, artifacts, cancellation.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::body::Bytes;
use serde::Serialize;

use super::Call;
use super::permission::refuse_unless_submitter;
use crate::artifacts::processing::ProcessingError;
use crate::artifacts::tampering::ArtifactTampering;
use crate::artifacts::template::ParameterValues;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::identifiers::Uuid;
use crate::shapes::CancelStatus;
use crate::signing::SigningKey;
use crate::signing_requests::SigningRequest;
use crate::signing_requests::origin::Origin;
use crate::signing_requests::status::{Status, WorkflowStatus};

/// The signing request of a call, if its user may see it.
///
/// Unknown resources are answered with 403 since 1.104.0.
pub(super) fn find(call: &Call<'_>) -> Result<Arc<SigningRequest>, Problem> {
    const FIELD: &str = "signingRequestId";
    let text = call.capture(0);
    let id = match Uuid::parse(text) {
        None => return Err(Problem::invalid(FIELD, format!("The value '{text}' is not valid."))),
        Some(Uuid::EMPTY) => {
            return Err(Problem::invalid(FIELD, "The signing request id must not be the empty GUID."));
        }
        Some(id) => id,
    };
    let request = call.emulator.signing_requests.find(id).ok_or_else(|| {
        let detail = format!("The user has no access to the signing request '{id}', or it does not exist.");
        Problem::because(StatusCode::FORBIDDEN, detail)
    })?;
    refuse_unless_submitter(call, &request.submission.policy.path)?;
    Ok(request)
}

/// `GET SigningRequests/{id}`
pub(crate) fn data(call: &Call<'_>) -> Result<Answer, Problem> {
    let request = find(call)?;
    Ok(Answer::json(StatusCode::OK, &SigningRequestData::new(call, &request)))
}

/// `GET SigningRequests/{id}/Status`, since 1.200.2
pub(crate) fn status(call: &Call<'_>) -> Result<Answer, Problem> {
    let request = find(call)?;
    let workflow_status = request.state().workflow_status;
    let body = StatusData {
        signing_request_id: request.id,
        status: workflow_status.status(),
        workflow_status,
        is_final_status: workflow_status.is_final(),
    };
    Ok(Answer::json(StatusCode::OK, &body))
}

/// `GET SigningRequests/{id}/SignedArtifact`: 400 until it is there, since 1.189.0. The message is UNKNOWN.
pub(crate) async fn signed_artifact(call: &Call<'_>) -> Result<Answer, Problem> {
    let request = find(call)?;
    let state = request.state();
    let Some(artifact) = state.signed_artifact else {
        return Err(Problem::invalid("", "The signing request has no signed artifact.")
            .caused_by(format!("its workflow status is {:?}", state.workflow_status)));
    };
    match call.conditions.artifact_tampering {
        ArtifactTampering::None => Ok(file(artifact)),
        tampering => tampered_artifact(call, request, tampering).await.map(file),
    }
}

/// `GET SigningRequests/{id}/UnsignedArtifact`
pub(crate) fn unsigned_artifact(call: &Call<'_>) -> Result<Answer, Problem> {
    Ok(file(find(call)?.submission.artifact.bytes.clone()))
}

/// `POST SigningRequests/{id}/Cancel`, since 1.207.3. Status and body are UNKNOWN, as is what becomes of one that has
/// ended.
pub(crate) fn cancel(call: &Call<'_>) -> Result<Answer, Problem> {
    let request = find(call)?;
    if !request.end(WorkflowStatus::Canceled, format!("canceled by user '{}'", call.user.name)) {
        let status = request.state().workflow_status;
        return Err(Problem::invalid("", format!("The signing request is already in status '{status:?}'.")));
    }
    Ok(Answer::empty(match call.conditions.shapes.cancel_status {
        CancelStatus::Ok => StatusCode::OK,
        CancelStatus::NoContent => StatusCode::NO_CONTENT,
    }))
}

/// The content type of artifacts is UNKNOWN.
fn file(bytes: Bytes) -> Answer {
    Answer::empty(StatusCode::OK).with_body("application/octet-stream", bytes)
}

/// Made where blocking is allowed: it is signed or packed anew.
async fn tampered_artifact(
    call: &Call<'_>,
    request: Arc<SigningRequest>,
    tampering: ArtifactTampering,
) -> Result<Bytes, Problem> {
    let key = match tampering {
        ArtifactTampering::OtherKey => other_key(call, &request.submission.policy.key),
        _ => Arc::clone(&request.submission.policy.key),
    };
    let work = move || tampering.apply(request.processing(&key), &request.submission.artifact);
    let failed = |reason: String| Problem::of(StatusCode::INTERNAL_SERVER_ERROR).caused_by(reason);
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(|reason: ProcessingError| failed(reason.to_string())),
        Err(panicked) => Err(failed(panicked.to_string())),
    }
}

/// Another key of the same kind.
fn other_key(call: &Call<'_>, key: &Arc<SigningKey>) -> Arc<SigningKey> {
    let keys = &call.emulator.keys;
    let family = |name: &str| name.split('-').next().map(str::to_owned);
    let name = keys.names().find(|name| *name != key.name && family(name) == family(key.name));
    name.and_then(|name| keys.get(name)).unwrap_or_else(|| Arc::clone(key))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusData {
    signing_request_id: Uuid,
    status: Status,
    workflow_status: WorkflowStatus,
    is_final_status: bool,
}

/// In the documented order. Names are the slugs: the emulator gives nothing a second name.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SigningRequestData<'a> {
    status: Status,
    is_final_status: bool,
    workflow_status: WorkflowStatus,
    description: Option<&'a str>,
    project_id: Uuid,
    project_slug: &'a str,
    project_name: &'a str,
    artifact_configuration_id: Uuid,
    artifact_configuration_slug: &'a str,
    artifact_configuration_name: &'a str,
    signing_policy_id: Uuid,
    signing_policy_slug: &'a str,
    signing_policy_name: &'a str,
    unsigned_artifact_link: String,
    /// Always there since 1.189.0; answers 400 until the artifact is.
    signed_artifact_link: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a Origin>,
    parameters: &'a ParameterValues,
    /// Since 1.205.1; where it stands is UNKNOWN.
    #[serde(skip_serializing_if = "Option::is_none")]
    web_link: Option<String>,
}

impl<'a> SigningRequestData<'a> {
    fn new(call: &Call<'_>, request: &'a SigningRequest) -> Self {
        let submission = &request.submission;
        let (policy, configuration) = (&submission.policy, &submission.configuration);
        let workflow_status = request.state().workflow_status;
        let link = call.emulator.api_link(request.id);
        Self {
            status: workflow_status.status(),
            is_final_status: workflow_status.is_final(),
            workflow_status,
            description: submission.description.as_deref(),
            project_id: Uuid::derived_from(&format!("project {}", policy.path.project_slug)),
            project_slug: &policy.path.project_slug,
            project_name: &policy.path.project_slug,
            artifact_configuration_id: configuration.id,
            artifact_configuration_slug: &configuration.path.slug,
            artifact_configuration_name: &configuration.path.slug,
            signing_policy_id: policy.id,
            signing_policy_slug: &policy.path.signing_policy_slug,
            signing_policy_name: &policy.path.signing_policy_slug,
            unsigned_artifact_link: format!("{link}/UnsignedArtifact"),
            signed_artifact_link: format!("{link}/SignedArtifact"),
            origin: (!submission.origin.is_empty()).then_some(&submission.origin),
            parameters: &submission.parameters,
            web_link: call.web_link(request.id),
        }
    }
}
