//! The user in whose name requests are made, and the process that makes them, for SignPath's audit log.

use std::sync::{Arc, OnceLock};

use serde::Serialize;

use crate::credentials::Credentials;
use crate::host::Host;

/// The user in whose name requests are made, and the process that makes them.
pub struct User {
    credentials: Credentials,
    source_process: Option<OnceLock<SourceProcess>>,
    host: Arc<Host>,
    secrets: Vec<Credentials>,
}

impl User {
    /// A user with `credentials`. What SignPath is told of the host program, if `describe` says so, is masked by them
    /// and by the `configured` ones, which may stand in a command line, too.
    pub fn new(
        credentials: Credentials,
        configured: Option<&Credentials>,
        host: Arc<Host>,
        describe: bool,
    ) -> Self {
        let secrets = configured.into_iter().chain([&credentials]).cloned().collect();
        Self { credentials, source_process: describe.then(OnceLock::new), host, secrets }
    }

    /// Organization and token.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// What is told of the process; `None` if nothing is to be told.
    pub(super) fn process(&self) -> Option<&SourceProcess> {
        self.source_process.as_ref().map(|process| process.get_or_init(|| self.describe_process()))
    }

    fn describe_process(&self) -> SourceProcess {
        let secrets: Vec<&str> = self.secrets.iter().map(|secret| secret.token.reveal()).collect();
        let system = self.host.operating_system();
        SourceProcess {
            command_line: self.host.command_line(&secrets),
            user: self.host.user(),
            operating_system: OperatingSystem {
                kind: system.kind,
                version: system.version,
                architecture: system.architecture,
            },
        }
    }
}

/// The calling process, for SignPath's audit log.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SourceProcess {
    pub(super) command_line: String,
    pub(super) user: String,
    operating_system: OperatingSystem,
}

#[derive(Debug, Clone, Serialize)]
struct OperatingSystem {
    #[serde(rename = "type")]
    kind: &'static str,
    version: String,
    architecture: &'static str,
}
