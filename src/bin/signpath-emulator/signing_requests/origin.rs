//! Where an artifact comes from, as trusted build systems say it in form fields `Origin.…`.
//!
//! The service takes these fields from trusted build systems only, which have a second token. The emulator knows no such
//! tokens and takes them from everybody.

use serde::Serialize;

/// The origin in the JSON of a signing request; what was not said is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Origin {
    #[serde(skip_serializing_if = "BuildData::is_empty")]
    pub(crate) build_data: BuildData,
    #[serde(skip_serializing_if = "RepositoryData::is_empty")]
    pub(crate) repository_data: RepositoryData,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BuildData {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RepositoryData {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) branch_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) commit_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_control_management_type: Option<String>,
}

impl Origin {
    /// Whether nothing was said.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl BuildData {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl RepositoryData {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
