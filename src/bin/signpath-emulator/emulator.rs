//! The emulator's state: one struct that everything else is handed.
//!
//! Every lock in it is held for a look-up or an insertion, never while something is computed, signed, or sent.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;

use crate::audit_log::{AuditLog, Reporting};
use crate::benchmark::Remembered;
use crate::faults::FaultQueue;
use crate::generation::Generation;
use crate::identifiers::Uuid;
use crate::organization::Organization;
use crate::organization::artifact_configuration::StoredConfiguration;
use crate::organization::default_data;
use crate::request_log::RequestLog;
use crate::shapes::Shapes;
use crate::signing::key_store::KeyStore;
use crate::signing_requests::SigningRequests;
use crate::signing_requests::workflow::Workflow;

/// So many entries each log keeps; the oldest go first. A soak test must not fill the memory.
const KEPT_ENTRIES: usize = 100_000;

/// A running emulator.
pub(crate) struct Emulator {
    pub(crate) settings: Settings,
    pub(crate) keys: KeyStore,
    pub(crate) organization: RwLock<Organization>,
    pub(crate) faults: FaultQueue,
    pub(crate) audit_log: AuditLog,
    pub(crate) request_log: RequestLog,
    pub(crate) signing_requests: SigningRequests,
    shapes: RwLock<Shapes>,
    workflow: RwLock<Workflow>,
}

/// What is chosen when the emulator starts, and stays.
pub(crate) struct Settings {
    pub(crate) generation: Generation,
    /// Scheme, host and port, such as `http://127.0.0.1:41235`.
    pub(crate) origin: String,
    /// What a reset returns to, as are the artifact configurations.
    pub(crate) initial_shapes: Shapes,
    pub(crate) artifact_configurations: Vec<StoredConfiguration>,
    pub(crate) reporting: Reporting,
    /// Signing policies beside the default ones.
    pub(crate) additional_policies: usize,
    /// From the arrival of an API request to its answer, at least.
    pub(crate) delay: Duration,
    /// Only for benchmarks: the logs then keep nothing.
    pub(crate) remembered: Option<Remembered>,
}

impl Settings {
    /// Those of an emulator without an address, whose requests come from this process.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn in_process(artifact_configurations: Vec<StoredConfiguration>) -> Self {
        Self {
            generation: Generation::Current,
            origin: "http://127.0.0.1:1".to_owned(),
            initial_shapes: Shapes::default(),
            artifact_configurations,
            reporting: Reporting::Quiet,
            additional_policies: 0,
            delay: Duration::ZERO,
            remembered: None,
        }
    }
}

impl Emulator {
    /// An emulator with the default data.
    pub(crate) fn new(settings: Settings, keys: KeyStore) -> Arc<Self> {
        let keeps = usize::from(settings.remembered.is_none());
        Arc::new(Self {
            organization: RwLock::new(organization(&settings, &keys)),
            faults: FaultQueue::default(),
            audit_log: AuditLog::new(settings.reporting, KEPT_ENTRIES * keeps),
            request_log: RequestLog::new(KEPT_ENTRIES * keeps),
            signing_requests: SigningRequests::default(),
            shapes: RwLock::new(settings.initial_shapes),
            workflow: RwLock::default(),
            settings,
            keys,
        })
    }

    /// The shapes as they are now.
    pub(crate) fn shapes(&self) -> Shapes {
        *self.shapes.read()
    }

    /// Replaces the shapes.
    pub(crate) fn set_shapes(&self, shapes: Shapes) {
        *self.shapes.write() = shapes;
    }

    /// How signing requests for files go on, as it is now.
    pub(crate) fn workflow(&self) -> Workflow {
        *self.workflow.read()
    }

    /// Replaces the workflow for signing requests that come.
    pub(crate) fn set_workflow(&self, workflow: Workflow) {
        *self.workflow.write() = workflow;
    }

    /// Back to how it started: data, shapes, no faults, empty logs. Connections stay open.
    pub(crate) fn reset(&self) {
        *self.organization.write() = organization(&self.settings, &self.keys);
        self.set_workflow(Workflow::default());
        self.signing_requests.clear();
        self.set_shapes(self.settings.initial_shapes);
        self.faults.clear();
        self.audit_log.clear();
        self.request_log.clear();
    }

    /// The page on which a person sees a signing request.
    pub(crate) fn web_link(&self, signing_request_id: Uuid) -> String {
        let organization_id = self.organization.read().id;
        format!("{}/Web/{organization_id}/SigningRequests/{signing_request_id}", self.settings.origin)
    }

    /// The address of a signing request in the API. SignPath's samples spell the first segment this way in links.
    pub(crate) fn api_link(&self, signing_request_id: Uuid) -> String {
        let organization_id = self.organization.read().id;
        format!("{}/API/v1/{organization_id}/SigningRequests/{signing_request_id}", self.settings.origin)
    }
}

fn organization(settings: &Settings, keys: &KeyStore) -> Organization {
    let mut organization = Organization::with_default_data(keys);
    for policy in default_data::additional_policies(keys, settings.additional_policies) {
        organization.put_policy(policy);
    }
    for configuration in &settings.artifact_configurations {
        organization.put_artifact_configuration(configuration.clone());
    }
    organization
}
