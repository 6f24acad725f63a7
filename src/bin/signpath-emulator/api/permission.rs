//! What every route asks that names a signing policy or an artifact configuration: is it there, may the user submit?

use std::sync::Arc;

use hyper::StatusCode;

use super::Call;
use crate::http::problem::Problem;
use crate::organization::signing_policy::{CertificateType, PolicyPath, SigningPolicy};
use crate::shapes::GpgPolicy;

/// The policy at `path`, if there is one that the user may submit to.
pub(super) fn submitters_policy(call: &Call<'_>, path: &PolicyPath) -> Result<Arc<SigningPolicy>, Problem> {
    let policy = existing_policy(call, path)?;
    refuse_unless_submitter(call, path)?;
    Ok(policy)
}

/// 403 bodies name their "specific cause" since 1.204.0; the words are UNKNOWN.
pub(super) fn refuse_unless_submitter(call: &Call<'_>, path: &PolicyPath) -> Result<(), Problem> {
    if call.user.is_submitter_of(path) {
        return Ok(());
    }
    Err(Problem::because(
        StatusCode::FORBIDDEN,
        format!(
            "The user '{}' is not a submitter of the signing policy '{}' in the project '{}'.",
            call.user.name, path.signing_policy_slug, path.project_slug
        ),
    ))
}

/// The documented refusal of slugs that name nothing: 400, not 404.
pub(super) fn unknown_policy(path: &PolicyPath) -> Problem {
    Problem::invalid(
        "SigningPolicySlug",
        format!(
            "There is no signing policy with slug '{}' in the project with slug '{}'.",
            path.signing_policy_slug, path.project_slug
        ),
    )
}

/// The message for an unknown artifact configuration is UNKNOWN; it follows that for an unknown signing policy.
pub(super) fn unknown_artifact_configuration(slug: &str, project_slug: &str) -> Problem {
    Problem::invalid(
        "ArtifactConfigurationSlug",
        format!(
            "There is no artifact configuration with slug '{slug}' in the project with slug '{project_slug}'."
        ),
    )
}

fn existing_policy(call: &Call<'_>, path: &PolicyPath) -> Result<Arc<SigningPolicy>, Problem> {
    let policy = call.emulator.organization.read().policy(path);
    let exists = |policy: &Arc<SigningPolicy>| {
        policy.certificate_type != CertificateType::Gpg || call.conditions.shapes.gpg_policy == GpgPolicy::On
    };
    policy.filter(exists).ok_or_else(|| unknown_policy(path))
}
