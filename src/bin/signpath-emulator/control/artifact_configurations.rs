//! Artifact configurations: adding, changing, removing them while clients look on.

use serde::Serialize;

use super::{Mistake, done, found, listed, path};
use crate::emulator::Emulator;
use crate::http::ReceivedRequest;
use crate::http::answer::Answer;
use crate::identifiers::Uuid;
use crate::organization::artifact_configuration::{ConfigurationPath, StoredConfiguration};

/// An artifact configuration as the control interface shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    project: &'a str,
    artifact_configuration: &'a str,
    id: Uuid,
    xml: &'a str,
}

/// All artifact configurations for files.
pub(super) fn list(emulator: &Emulator) -> Answer {
    let organization = emulator.organization.read();
    let reports = organization.artifact_configurations().map(|stored| Report::from(stored.as_ref()));
    listed("artifactConfigurations", reports.collect())
}

/// Adds an artifact configuration, or replaces the one that is there; the body is its XML.
pub(super) fn put(
    emulator: &Emulator,
    request: &ReceivedRequest,
    project: &str,
    slug: &str,
) -> Result<Answer, Mistake> {
    let path = path(project, slug, ConfigurationPath::parse)?;
    let xml = std::str::from_utf8(&request.body)
        .map_err(|reason| Mistake::invalid(format!("the body: {reason}")))?;
    let stored = StoredConfiguration::read(path, xml, emulator.settings.generation)
        .map_err(|reason| Mistake::invalid(format!("artifact configuration: {reason}")))?;
    let stored = emulator.organization.write().put_artifact_configuration(stored);
    Ok(found(&Report::from(stored.as_ref())))
}

/// Removes an artifact configuration.
pub(super) fn remove(emulator: &Emulator, project: &str, slug: &str) -> Result<Answer, Mistake> {
    let path = path(project, slug, ConfigurationPath::parse)?;
    match emulator.organization.write().remove_artifact_configuration(&path) {
        Some(_) => Ok(done(|| ())),
        None => Err(Mistake::missing(format!("there is no artifact configuration {path}"))),
    }
}

impl<'a> From<&'a StoredConfiguration> for Report<'a> {
    fn from(stored: &'a StoredConfiguration) -> Self {
        Self {
            project: &stored.path.project_slug,
            artifact_configuration: &stored.path.slug,
            id: stored.id,
            xml: &stored.xml,
        }
    }
}
