//! Signing policies: adding, changing, removing them while clients look on.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Mistake, done, found, listed, path, read};
use crate::emulator::Emulator;
use crate::http::ReceivedRequest;
use crate::http::answer::Answer;
use crate::identifiers::Uuid;
use crate::organization::signing_policy::{ApprovalProcess, CertificateType, PolicyPath, SigningPolicy};
use crate::signing::SigningKey;

/// A change: what is not named stays as it is, or is the default of a new policy.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    /// Name of a key in `softhsm-fixtures`.
    key: Option<String>,
    approval_process: Option<ApprovalProcess>,
    certificate_type: Option<CertificateType>,
}

/// A signing policy as the control interface shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    project: &'a str,
    signing_policy: &'a str,
    id: Uuid,
    key: &'static str,
    approval_process: ApprovalProcess,
    certificate_type: CertificateType,
}

/// All signing policies, also those that shapes hide.
pub(super) fn list(emulator: &Emulator) -> Answer {
    let organization = emulator.organization.read();
    listed("policies", organization.policies().map(|policy| Report::from(policy.as_ref())).collect())
}

/// Adds a signing policy, or changes the one that is there.
pub(super) fn put(
    emulator: &Emulator,
    request: &ReceivedRequest,
    project: &str,
    policy: &str,
) -> Result<Answer, Mistake> {
    let path = path(project, policy, PolicyPath::parse)?;
    let change: Change = read(request)?;
    let key = change.key.as_deref().map(|name| key(emulator, name)).transpose()?;
    let mut organization = emulator.organization.write();
    let mut policy = match (organization.policy(&path), key) {
        (Some(policy), None) => SigningPolicy::clone(&policy),
        (Some(policy), Some(key)) => SigningPolicy { key, ..SigningPolicy::clone(&policy) },
        (None, Some(key)) => SigningPolicy::new(path, key),
        (None, None) => return Err(Mistake::invalid("a new signing policy needs a `key`")),
    };
    policy.approval_process = change.approval_process.unwrap_or(policy.approval_process);
    policy.certificate_type = change.certificate_type.unwrap_or(policy.certificate_type);
    Ok(found(&Report::from(organization.put_policy(policy).as_ref())))
}

/// Removes a signing policy.
pub(super) fn remove(emulator: &Emulator, project: &str, policy: &str) -> Result<Answer, Mistake> {
    let path = path(project, policy, PolicyPath::parse)?;
    match emulator.organization.write().remove_policy(&path) {
        Some(_) => Ok(done(|| ())),
        None => Err(Mistake::missing(format!("there is no signing policy {path}"))),
    }
}

fn key(emulator: &Emulator, name: &str) -> Result<Arc<SigningKey>, Mistake> {
    emulator.keys.get(name).ok_or_else(|| {
        let names: Vec<_> = emulator.keys.names().collect();
        Mistake::invalid(format!("there is no key '{name}'; choose one of: {}", names.join(", ")))
    })
}

impl<'a> From<&'a SigningPolicy> for Report<'a> {
    fn from(policy: &'a SigningPolicy) -> Self {
        Self {
            project: &policy.path.project_slug,
            signing_policy: &policy.path.signing_policy_slug,
            id: policy.id,
            key: policy.key.name,
            approval_process: policy.approval_process,
            certificate_type: policy.certificate_type,
        }
    }
}
