//! The list of signing policies.

use serde_json::Value;

use super::keys::check_key;
use crate::signpath::Certificate;
use crate::signpath::policies::{Listing, read};

/// Every entry is understood or remarked on; every key that is shown can be shown in each way that PKCS#11 has.
pub(super) fn listing(input: &[u8]) {
    let Some(listing) = read(input) else { return };
    let left_out = listing.remarks.iter().filter(|remark| remark.text().ends_with("it is left out")).count();
    if let Some(entries) = count(input) {
        assert_eq!(listing.policies.len() + left_out, entries, "{:?}", listing.remarks);
    }
    check_policies(&listing);
}

/// How many entries there are, as another reader sees it; `None` where that one refuses more.
fn count(input: &[u8]) -> Option<usize> {
    let body: Value = serde_json::from_slice(input).ok()?;
    body.get("signingPolicies").unwrap_or(&body).as_array().map(Vec::len)
}

fn check_policies(listing: &Listing) {
    for policy in &listing.policies {
        let (project, slug) = (policy.project.as_str(), policy.policy.as_str());
        assert_eq!(policy.label().split_once('/'), Some((project, slug)));
        assert!(!slug.contains('/'));
        check_key(&policy.key);
        if let Some(certificate) = &policy.certificate {
            let again = Certificate::from_der(&certificate.der);
            assert_eq!(again, Some((certificate.clone(), policy.key.clone())));
        }
    }
}
