//! A signing policy: the place in a project where a key, an approval process and Submitters meet.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::identifiers::Uuid;
use crate::signing::SigningKey;

/// A signing policy.
#[derive(Clone)]
pub(crate) struct SigningPolicy {
    pub(crate) path: PolicyPath,
    pub(crate) id: Uuid,
    pub(crate) key: Arc<SigningKey>,
    pub(crate) certificate_type: CertificateType,
    pub(crate) approval_process: ApprovalProcess,
}

impl SigningPolicy {
    /// A signing policy with an X.509 certificate and without approval process. Its id depends on its path only.
    pub(crate) fn new(path: PolicyPath, key: Arc<SigningKey>) -> Self {
        Self {
            id: Uuid::derived_from(&path.to_string()),
            path,
            key,
            certificate_type: CertificateType::X509,
            approval_process: ApprovalProcess::None,
        }
    }
}

/// What stands beside the key: SignPath keeps GPG keys as certificates of another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CertificateType {
    X509,
    Gpg,
}

/// Whether a person must approve each signing request. Hash signing does not wait for people and refuses such policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ApprovalProcess {
    None,
    Required,
}

/// The two slugs that name a signing policy, written `project/signing-policy`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PolicyPath {
    pub(crate) project_slug: String,
    pub(crate) signing_policy_slug: String,
}

impl PolicyPath {
    /// The path of two slugs as a request names them; whether such a policy exists is another question.
    pub(crate) fn new(project_slug: impl Into<String>, signing_policy_slug: impl Into<String>) -> Self {
        Self { project_slug: project_slug.into(), signing_policy_slug: signing_policy_slug.into() }
    }

    /// Reads `project/signing-policy`: two slugs, one slash.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (project_slug, signing_policy_slug) = text.split_once('/')?;
        [project_slug, signing_policy_slug]
            .into_iter()
            .all(is_slug)
            .then(|| Self::new(project_slug, signing_policy_slug))
    }
}

impl fmt::Display for PolicyPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.project_slug, self.signing_policy_slug)
    }
}

/// Slugs in SignPath's samples consist of letters, digits, `-`, `_` and `.`; the exact rule is UNKNOWN.
fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_two_slugs_and_one_slash() {
        assert_eq!(PolicyPath::parse("app/release"), Some(PolicyPath::new("app", "release")));
        for text in ["", "app", "app/", "/release", "a/b/c", "app/re lease", "app/%41"] {
            assert_eq!(PolicyPath::parse(text), None, "{text}");
        }
    }
}
