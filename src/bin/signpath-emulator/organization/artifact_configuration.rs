//! The artifact configurations of projects, kept as they were written and as they were understood.

use std::fmt;

use super::signing_policy::PolicyPath;
use crate::artifacts::configuration::{ArtifactConfiguration, ConfigurationError};
use crate::artifacts::xml;
use crate::generation::Generation;
use crate::identifiers::Uuid;

/// An artifact configuration of a project.
#[derive(Debug, Clone)]
pub(crate) struct StoredConfiguration {
    pub(crate) path: ConfigurationPath,
    pub(crate) id: Uuid,
    pub(crate) xml: String,
    pub(crate) configuration: ArtifactConfiguration,
}

/// The two slugs that name an artifact configuration, written `project/artifact-configuration`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ConfigurationPath {
    pub(crate) project_slug: String,
    pub(crate) slug: String,
}

impl StoredConfiguration {
    /// Reads the XML for a server of the given generation. The id depends on the path only.
    pub(crate) fn read(
        path: ConfigurationPath,
        xml: &str,
        generation: Generation,
    ) -> Result<Self, ConfigurationError> {
        let configuration = xml::read(xml, generation)?;
        let id = Uuid::derived_from(&format!("artifact configuration {path}"));
        Ok(Self { path, id, xml: xml.to_owned(), configuration })
    }
}

impl ConfigurationPath {
    /// The path of two slugs; whether they name something is another question.
    pub(crate) fn new(project_slug: impl Into<String>, slug: impl Into<String>) -> Self {
        Self { project_slug: project_slug.into(), slug: slug.into() }
    }

    /// Reads `project/artifact-configuration`: two slugs, one slash.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let path = PolicyPath::parse(text)?;
        Some(Self::new(path.project_slug, path.signing_policy_slug))
    }
}

impl fmt::Display for ConfigurationPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.project_slug, self.slug)
    }
}
