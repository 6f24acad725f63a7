//! `GET Cryptoki/MySigningPolicies`: the signing policies to which the token's user may submit.

use std::sync::Arc;

use hyper::StatusCode;
use serde::Serialize;
use serde_json::json;

use super::Call;
use super::permission::unknown_policy;
use super::policy_entry::PolicyEntry;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::organization::signing_policy::{ApprovalProcess, CertificateType, PolicyPath, SigningPolicy};
use crate::shapes::{ApprovalPolicies, GpgPolicy, OddEntry, PoliciesRoot, UnknownSlugFilter};

/// What the query restricts the list to.
#[derive(Default)]
struct Filter {
    project_slug: Option<String>,
    signing_policy_slug: Option<String>,
}

/// The documented root.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Root<'a> {
    signing_policies: &'a [ListEntry<'a>],
}

/// An entry of the list; the odd ones are there to be skipped.
#[derive(Serialize)]
#[serde(untagged)]
enum ListEntry<'a> {
    Policy(Box<PolicyEntry<'a>>),
    Odd(serde_json::Value),
}

/// Answers with the policies, ordered by project and slug, in the shape that is set.
pub(crate) fn answer(call: &Call<'_>) -> Result<Answer, Problem> {
    let filter = Filter::from_query(call.request.query_pairs())?;
    filter.refuse_unknown_slugs(call)?;
    if filter.is_empty() {
        return Ok(call.emulator.list(|| list(call, &filter)));
    }
    Ok(list(call, &filter))
}

fn list(call: &Call<'_>, filter: &Filter) -> Answer {
    let policies = visible_policies(call, filter);
    let shapes = &call.conditions.shapes;
    let mut entries: Vec<ListEntry<'_>> =
        policies.iter().map(|policy| ListEntry::Policy(Box::new(PolicyEntry::new(policy, shapes)))).collect();
    entries.extend(odd_entries(shapes.odd_entry).into_iter().map(ListEntry::Odd));
    match shapes.policies_root {
        PoliciesRoot::Object => Answer::json(StatusCode::OK, &Root { signing_policies: &entries }),
        PoliciesRoot::Array => Answer::json(StatusCode::OK, &entries),
    }
}

fn visible_policies(call: &Call<'_>, filter: &Filter) -> Vec<Arc<SigningPolicy>> {
    let organization = call.emulator.organization.read();
    let is_visible = |policy: &SigningPolicy| {
        call.user.is_submitter_of(&policy.path) && is_listed(call, policy) && filter.admits(&policy.path)
    };
    match filter.path() {
        Some(path) => organization.policy(&path).into_iter().filter(|policy| is_visible(policy)).collect(),
        None => organization.policies().filter(|policy| is_visible(policy)).map(Arc::clone).collect(),
    }
}

/// Whether the list still includes policies with approval, which hash signing refuses, is UNKNOWN.
fn is_listed(call: &Call<'_>, policy: &SigningPolicy) -> bool {
    let shapes = &call.conditions.shapes;
    let is_hidden_approval = policy.approval_process == ApprovalProcess::Required
        && shapes.approval_policies == ApprovalPolicies::Hidden;
    let is_hidden_gpg =
        policy.certificate_type == CertificateType::Gpg && shapes.gpg_policy == GpgPolicy::Off;
    !is_hidden_approval && !is_hidden_gpg
}

impl Filter {
    /// The two documented parameters. A service would ignore others; here they are mistakes worth finding.
    fn from_query(pairs: Option<Vec<(String, String)>>) -> Result<Self, Problem> {
        let pairs = pairs.ok_or_else(|| Problem::invalid("", "The query cannot be decoded."))?;
        let mut filter = Self::default();
        for (name, value) in pairs {
            let slot = match name.as_str() {
                "projectSlug" => &mut filter.project_slug,
                "signingPolicySlug" => &mut filter.signing_policy_slug,
                _ => return Err(Problem::invalid(name, "The query parameter is not known.")),
            };
            if slot.replace(value).is_some() {
                return Err(Problem::invalid(name, "The query parameter is given twice."));
            }
        }
        Ok(filter)
    }

    fn is_empty(&self) -> bool {
        self.project_slug.is_none() && self.signing_policy_slug.is_none()
    }

    fn path(&self) -> Option<PolicyPath> {
        Some(PolicyPath::new(self.project_slug.as_ref()?, self.signing_policy_slug.as_ref()?))
    }

    fn admits(&self, path: &PolicyPath) -> bool {
        self.project_slug.as_ref().is_none_or(|slug| *slug == path.project_slug)
            && self.signing_policy_slug.as_ref().is_none_or(|slug| *slug == path.signing_policy_slug)
    }

    /// What the service answers to slugs that do not exist is UNKNOWN: an empty list, or the 400 that a signing request
    /// gets.
    fn refuse_unknown_slugs(&self, call: &Call<'_>) -> Result<(), Problem> {
        let exists = || call.emulator.organization.read().policies().any(|policy| self.admits(&policy.path));
        if call.conditions.shapes.unknown_slug_filter == UnknownSlugFilter::Empty || exists() {
            return Ok(());
        }
        let slug = |slug: &Option<String>| slug.clone().unwrap_or_default();
        Err(unknown_policy(&PolicyPath::new(slug(&self.project_slug), slug(&self.signing_policy_slug))))
    }
}

/// What a client must skip without losing the rest.
fn odd_entries(shape: OddEntry) -> Vec<serde_json::Value> {
    let unknown_key_type = json!({
        "signingPolicySlug": "ml-dsa", "projectSlug": "odd", "keySizeInBits": 1952,
        "signingPolicyId": "0dd00000-0000-4000-8000-000000000001",
        "certificateBytes": "not base64", "keyType": "Mldsa", "publicKeyBytes": "AAEC", "certificateType": "X509",
    });
    let no_slugs = json!({
        "signingPolicyId": "0dd00000-0000-4000-8000-000000000002", "keyType": "Rsa", "certificateType": "X509",
    });
    let broken_key = json!({
        "signingPolicySlug": "broken", "projectSlug": "odd", "keySizeInBits": -1,
        "rsaParameters": {"publicExponent": "", "modulus": ""},
        "signingPolicyId": "0dd00000-0000-4000-8000-000000000003",
        "certificateBytes": "MAA=", "keyType": "Rsa", "publicKeyBytes": "MAA=", "certificateType": "X509",
    });
    match shape {
        OddEntry::None => Vec::new(),
        OddEntry::One => vec![unknown_key_type],
        OddEntry::EveryKind => vec![unknown_key_type, no_slugs, broken_key, json!(null), json!(["odd"])],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(pairs: &[(&str, &str)]) -> Result<Filter, Problem> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Filter::from_query(Some(pairs.collect()))
    }

    #[test]
    fn slugs_restrict_each_on_its_own() {
        let filter = filter(&[("signingPolicySlug", "release")]).unwrap();
        assert!(filter.admits(&PolicyPath::new("app", "release")));
        assert!(!filter.admits(&PolicyPath::new("app", "test")));
        assert!(filter.path().is_none());
    }

    #[test]
    fn an_unknown_or_repeated_parameter_is_refused() {
        assert!(filter(&[("ProjectSlug", "app")]).is_err());
        assert!(filter(&[("projectSlug", "a"), ("projectSlug", "b")]).is_err());
        assert!(Filter::from_query(None).is_err());
    }
}
