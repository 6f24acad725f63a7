//! Signing requests for files: what a person does in SignPath's web application, and how the next ones go on.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::{Mistake, done, found, listed, read};
use crate::emulator::Emulator;
use crate::http::ReceivedRequest;
use crate::http::answer::Answer;
use crate::identifiers::Uuid;
use crate::signing_requests::SigningRequest;
use crate::signing_requests::status::{Status, WorkflowStatus};
use crate::signing_requests::workflow::Workflow;

/// A signing request as the control interface shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    signing_request_id: Uuid,
    project: &'a str,
    signing_policy: &'a str,
    artifact_configuration: &'a str,
    status: Status,
    workflow_status: WorkflowStatus,
    is_held: bool,
    reason: Option<String>,
}

/// All signing requests for files that are kept, oldest first.
pub(super) fn list(emulator: &Emulator) -> Answer {
    let requests = emulator.signing_requests.all();
    listed("signingRequests", requests.iter().map(|request| Report::from(request.as_ref())).collect())
}

/// Approves, denies, cancels or releases a signing request.
pub(super) fn act(emulator: &Emulator, id: &str, action: &str) -> Result<Answer, Mistake> {
    let request = request(emulator, id)?;
    let is_done = match action {
        "approve" => decide(&request, WorkflowStatus::Submitted, None),
        "deny" => decide(&request, WorkflowStatus::Denied, Some("denied by the control interface")),
        "cancel" => request.end(WorkflowStatus::Canceled, "canceled by the control interface"),
        "release" => request.change(|state| std::mem::take(&mut state.is_held)),
        _ => {
            return Err(Mistake::missing(format!(
                "a signing request cannot be told to '{action}'; choose one of: approve, deny, cancel, release"
            )));
        }
    };
    if is_done {
        return Ok(done(|| ()));
    }
    let status = request.state().workflow_status;
    Err(Mistake::invalid(format!("a signing request in status {status:?} cannot be told to {action}")))
}

/// Ends the waiting for approval, if there is any.
fn decide(request: &SigningRequest, status: WorkflowStatus, reason: Option<&str>) -> bool {
    request.change(|state| {
        let is_waiting = state.workflow_status == WorkflowStatus::WaitingForApproval;
        if is_waiting {
            state.workflow_status = status;
            state.reason = reason.map(str::to_owned);
        }
        is_waiting
    })
}

/// How signing requests go on that are submitted from now on.
pub(super) fn show_workflow(emulator: &Emulator) -> Answer {
    found(&emulator.workflow())
}

/// Changes that; what is not named stays.
pub(super) fn change_workflow(emulator: &Emulator, request: &ReceivedRequest) -> Result<Answer, Mistake> {
    let changes: serde_json::Map<String, Value> = read(request)?;
    let invalid = |reason: String| Mistake::invalid(format!("the body: {reason}"));
    let mut workflow =
        serde_json::to_value(emulator.workflow()).map_err(|reason| invalid(reason.to_string()))?;
    if let Some(members) = workflow.as_object_mut() {
        members.extend(changes);
    }
    let workflow: Workflow =
        serde_json::from_value(workflow).map_err(|reason| invalid(reason.to_string()))?;
    let workflow = workflow.check().map_err(invalid)?;
    emulator.set_workflow(workflow);
    Ok(found(&workflow))
}

fn request(emulator: &Emulator, id: &str) -> Result<Arc<SigningRequest>, Mistake> {
    let request = Uuid::parse(id).and_then(|id| emulator.signing_requests.find(id));
    request.ok_or_else(|| Mistake::missing(format!("there is no signing request '{id}'")))
}

impl<'a> From<&'a SigningRequest> for Report<'a> {
    fn from(request: &'a SigningRequest) -> Self {
        let (submission, state) = (&request.submission, request.state());
        Self {
            signing_request_id: request.id,
            project: &submission.policy.path.project_slug,
            signing_policy: &submission.policy.path.signing_policy_slug,
            artifact_configuration: &submission.configuration.path.slug,
            status: state.workflow_status.status(),
            workflow_status: state.workflow_status,
            is_held: state.is_held,
            reason: state.reason,
        }
    }
}
