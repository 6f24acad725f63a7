//! Signing requests for files: what was submitted, where each is, and what came of it.
//!
//! A [`SigningRequest`] is shared by the routes that show it, the task that carries it out ([`progress`]) and the
//! control interface that approves or stops it. Its state changes under one short lock, and never once it is final.

pub(crate) mod origin;
pub(crate) mod progress;
pub(crate) mod status;
pub(crate) mod workflow;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::artifacts::processing::{Artifact, Processing};
use crate::artifacts::raw_signature::FileSigner;
use crate::artifacts::template::ParameterValues;
use crate::identifiers::Uuid;
use crate::organization::artifact_configuration::StoredConfiguration;
use crate::organization::signing_policy::SigningPolicy;
use crate::shapes::RawEcdsaSignature;
use crate::signing::SigningKey;
use origin::Origin;
use status::WorkflowStatus;

/// So many are kept; the oldest go first.
const KEPT_REQUESTS: usize = 1_000;

/// A signing request for files.
pub(crate) struct SigningRequest {
    pub(crate) id: Uuid,
    pub(crate) submission: FileSubmission,
    state: watch::Sender<State>,
}

/// What a client submitted, found in order.
pub(crate) struct FileSubmission {
    pub(crate) user: String,
    pub(crate) policy: Arc<SigningPolicy>,
    pub(crate) configuration: Arc<StoredConfiguration>,
    /// A value for every parameter of the configuration.
    pub(crate) parameters: ParameterValues,
    pub(crate) description: Option<String>,
    pub(crate) origin: Origin,
    pub(crate) artifact: Artifact,
    pub(crate) cancellation_timeout: Option<Duration>,
    pub(crate) raw_ecdsa_signature: RawEcdsaSignature,
}

/// What changes in the course of a signing request.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) workflow_status: WorkflowStatus,
    /// Why it ended as it did, for whoever watches the emulator. The service tells clients nothing but the status.
    pub(crate) reason: Option<String>,
    pub(crate) signed_artifact: Option<Bytes>,
    pub(crate) is_held: bool,
}

impl SigningRequest {
    pub(crate) fn new(submission: FileSubmission) -> Self {
        let state = State {
            workflow_status: WorkflowStatus::Submitted,
            reason: None,
            signed_artifact: None,
            is_held: false,
        };
        Self { id: Uuid::random(), submission, state: watch::Sender::new(state) }
    }

    /// The state as it is now.
    pub(crate) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Changes the state, unless it is final or `change` declines; says whether it did.
    pub(crate) fn change(&self, change: impl FnOnce(&mut State) -> bool) -> bool {
        self.state.send_if_modified(|state| !state.workflow_status.is_final() && change(state))
    }

    /// Ends the signing request, if it has not ended.
    pub(crate) fn end(&self, status: WorkflowStatus, reason: impl Into<String>) -> bool {
        self.change(|state| {
            state.workflow_status = status;
            state.reason = Some(reason.into());
            true
        })
    }

    /// Waits until the state is as it should be. Cannot fail: the sender is here.
    pub(crate) async fn wait_until(&self, is_so: impl FnMut(&State) -> bool) {
        let _ = self.state.subscribe().wait_for(is_so).await;
    }

    /// What is done to the artifact, with the policy's key or another.
    pub(crate) fn processing<'a>(&'a self, key: &'a SigningKey) -> Processing<'a> {
        Processing {
            configuration: &self.submission.configuration.configuration,
            parameters: &self.submission.parameters,
            signer: FileSigner {
                key,
                ecdsa_signature: self.submission.raw_ecdsa_signature,
                signed_bytes: Bytes::clone,
            },
        }
    }
}

/// The signing requests that are kept, in their order.
#[derive(Default)]
pub(crate) struct SigningRequests {
    kept: Mutex<VecDeque<Arc<SigningRequest>>>,
}

impl SigningRequests {
    /// Keeps a signing request.
    pub(crate) fn add(&self, request: Arc<SigningRequest>) {
        let mut kept = self.kept.lock();
        if kept.len() == KEPT_REQUESTS {
            kept.pop_front();
        }
        kept.push_back(request);
    }

    /// The signing request with this id.
    pub(crate) fn find(&self, id: Uuid) -> Option<Arc<SigningRequest>> {
        self.kept.lock().iter().find(|request| request.id == id).map(Arc::clone)
    }

    /// All that are kept, oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<SigningRequest>> {
        self.kept.lock().iter().map(Arc::clone).collect()
    }

    /// Ends and forgets all.
    pub(crate) fn clear(&self) {
        for request in self.kept.lock().drain(..) {
            request.end(WorkflowStatus::Canceled, "the emulator was reset");
        }
    }
}
