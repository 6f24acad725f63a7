//! The way of a signing request from its submission to its end: one task, which waits, signs and records.

use std::sync::Arc;
use std::time::Duration;

use super::SigningRequest;
use super::status::WorkflowStatus;
use super::workflow::{STAGES, Workflow};
use crate::artifacts::processing::SignedFile;
use crate::audit_log::files::FileSubject;
use crate::audit_log::{Outcome, Subject, Submission};
use crate::emulator::Emulator;
use crate::organization::signing_policy::ApprovalProcess;

/// Carries a signing request out while its client does something else.
pub(crate) fn start(emulator: &Arc<Emulator>, request: Arc<SigningRequest>) {
    let (emulator, workflow) = (Arc::clone(emulator), emulator.workflow());
    tokio::spawn(async move {
        let limit = request.submission.cancellation_timeout.unwrap_or(Duration::MAX);
        let signed_files = tokio::select! {
            signed_files = carry_out(&request, workflow) => signed_files,
            () = tokio::time::sleep(limit) => {
                request.end(WorkflowStatus::Canceled, "the cancellation timeout has passed");
                Vec::new()
            }
        };
        record(&emulator, &request, &signed_files);
    });
}

/// Returns the files that were signed; the state says how it ended.
async fn carry_out(request: &Arc<SigningRequest>, workflow: Workflow) -> Vec<SignedFile> {
    if request.submission.policy.approval_process == ApprovalProcess::Required {
        request.change(|state| {
            state.workflow_status = WorkflowStatus::WaitingForApproval;
            true
        });
        request.wait_until(|state| state.workflow_status != WorkflowStatus::WaitingForApproval).await;
    }
    for stage in STAGES {
        if !pass(request, stage, workflow).await {
            return Vec::new();
        }
    }
    process(Arc::clone(request)).await
}

/// Whether the signing request goes on after `stage`.
async fn pass(request: &SigningRequest, stage: WorkflowStatus, workflow: Workflow) -> bool {
    let entered = request.change(|state| {
        state.workflow_status = stage;
        state.is_held = workflow.holds(stage);
        true
    });
    if !entered {
        return false;
    }
    tokio::select! {
        () = tokio::time::sleep(workflow.stage_duration()) => {}
        () = request.wait_until(|state| state.workflow_status.is_final()) => return false,
    }
    request.wait_until(|state| !state.is_held || state.workflow_status.is_final()).await;
    match workflow.ending_in(stage) {
        None => !request.state().workflow_status.is_final(),
        Some(ending) => {
            request.end(ending, "the control interface wanted it");
            false
        }
    }
}

/// Signs where blocking is allowed.
async fn process(request: Arc<SigningRequest>) -> Vec<SignedFile> {
    let work = move || {
        let key = &request.submission.policy.key;
        let processed = request.processing(key).artifact(&request.submission.artifact);
        let packed = processed.and_then(|signed| Ok((signed.archive.write()?, signed.files)));
        match packed {
            Ok((archive, files)) => {
                let is_completed = request.change(|state| {
                    state.workflow_status = WorkflowStatus::Completed;
                    state.signed_artifact = Some(archive);
                    true
                });
                if is_completed { files } else { Vec::new() }
            }
            Err(failure) => {
                request.end(WorkflowStatus::ProcessingFailed, failure.to_string());
                Vec::new()
            }
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap_or_default()
}

fn record(emulator: &Emulator, request: &SigningRequest, signed_files: &[SignedFile]) {
    let submission = &request.submission;
    let state = request.state();
    let outcome = Outcome::Ended {
        signing_request_id: request.id,
        workflow_status: state.workflow_status,
        reason: state.reason,
    };
    let entry = Submission {
        user: submission.user.clone(),
        path: submission.policy.path.clone(),
        description: submission.description.clone(),
        subject: Subject::Files(FileSubject::new(submission, signed_files).into()),
    };
    emulator.audit_log.record(entry, outcome);
}
