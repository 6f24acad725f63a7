//! A user with an API token, and the signing policies to which the user may submit.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::signing_policy::PolicyPath;

/// A CI user.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    /// Public on purpose: every emulator has the same ones.
    pub(crate) api_token: String,
    pub(crate) token_state: TokenState,
    pub(crate) submitter_of: SubmitterOf,
}

impl User {
    /// Whether the user has the Submitter role on the signing policy at `path`.
    pub(crate) fn is_submitter_of(&self, path: &PolicyPath) -> bool {
        match &self.submitter_of {
            SubmitterOf::AllPolicies => true,
            SubmitterOf::Policies(paths) => paths.contains(path),
        }
    }
}

/// Whether a token is still accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TokenState {
    Active,
    Revoked,
}

/// Where a user has the Submitter role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SubmitterOf {
    /// Everywhere, also on policies that are added later.
    AllPolicies,
    Policies(BTreeSet<PolicyPath>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(submitter_of: SubmitterOf) -> User {
        User { name: String::new(), api_token: String::new(), token_state: TokenState::Active, submitter_of }
    }

    #[test]
    fn a_submitter_of_some_policies_is_none_of_their_neighbours() {
        let user = user(SubmitterOf::Policies([PolicyPath::new("app", "release")].into()));
        assert!(user.is_submitter_of(&PolicyPath::new("app", "release")));
        assert!(!user.is_submitter_of(&PolicyPath::new("app", "test")));
        assert!(!user.is_submitter_of(&PolicyPath::new("other", "release")));
    }

    #[test]
    fn a_submitter_of_all_policies_is_one_of_those_to_come() {
        assert!(user(SubmitterOf::AllPolicies).is_submitter_of(&PolicyPath::new("any", "at-all")));
    }
}
