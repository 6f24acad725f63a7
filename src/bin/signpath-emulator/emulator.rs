//! The emulator's state: one struct that everything else is handed.
//!
//! Every lock in it is held for a look-up or an insertion, never while something is computed, signed, or sent.

use std::sync::Arc;

use parking_lot::RwLock;

use crate::audit_log::AuditLog;
use crate::faults::FaultQueue;
use crate::identifiers::Uuid;
use crate::organization::Organization;
use crate::request_log::RequestLog;
use crate::shapes::Shapes;
use crate::signing::key_store::KeyStore;

/// A running emulator.
pub(crate) struct Emulator {
    pub(crate) settings: Settings,
    pub(crate) keys: KeyStore,
    pub(crate) organization: RwLock<Organization>,
    pub(crate) faults: FaultQueue,
    pub(crate) audit_log: AuditLog,
    pub(crate) request_log: RequestLog,
    shapes: RwLock<Shapes>,
}

/// What is chosen when the emulator starts, and stays.
pub(crate) struct Settings {
    pub(crate) generation: Generation,
    /// Scheme, host and port, such as `http://127.0.0.1:41235`.
    pub(crate) origin: String,
    /// What a reset returns to.
    pub(crate) initial_shapes: Shapes,
    pub(crate) reporting: Reporting,
}

/// How old the emulated server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Generation {
    /// A server of today: has SignHash, and still fast signing.
    Current,
    /// A server older than 1.195.0 and 1.196.0: no SignHash; 401 and 403 are plain text.
    Legacy,
}

/// Whether signing requests are printed as they happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reporting {
    StandardError,
    Quiet,
}

impl Emulator {
    /// An emulator with the default data.
    pub(crate) fn new(settings: Settings, keys: KeyStore) -> Arc<Self> {
        Arc::new(Self {
            organization: RwLock::new(Organization::with_default_data(&keys)),
            faults: FaultQueue::default(),
            audit_log: AuditLog::new(settings.reporting),
            request_log: RequestLog::default(),
            shapes: RwLock::new(settings.initial_shapes),
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

    /// Back to how it started: data, shapes, no faults, empty logs. Connections stay open.
    pub(crate) fn reset(&self) {
        *self.organization.write() = Organization::with_default_data(&self.keys);
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
