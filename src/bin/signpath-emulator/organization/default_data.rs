//! The data that every emulator starts with. All of it is fixed and public, so that tests and scripts can name it.

use std::sync::Arc;

use super::artifact_configuration::{ConfigurationPath, StoredConfiguration};
use super::signing_policy::{ApprovalProcess, CertificateType, PolicyPath, SigningPolicy};
use super::user::{SubmitterOf, TokenState, User};
use crate::artifacts::configuration::ConfigurationError;
use crate::generation::Generation;
use crate::identifiers::Uuid;
use crate::signing::key_store::KeyStore;

/// 5f0bcbd4-9c4e-4a6e-8f37-2d6c1b7a9e01
pub(crate) const ORGANIZATION_ID: Uuid = Uuid::from_value(0x5f0bcbd4_9c4e_4a6e_8f37_2d6c1b7a9e01);

/// The project's artifact configuration of type "Hash signing data", the only one that hash signing may name.
pub(crate) const ARTIFACT_CONFIGURATION_SLUG: &str = "hash-signing-data";

// Tokens have the length and the alphabet of real ones: 44 characters, base64, with `+`, `/` and `=`.
/// Token of the user who is Submitter everywhere.
pub(crate) const ALL_POLICIES_TOKEN: &str = "EmulatorToken/AllPolicies+AAAAAAAAAAAAAAAAA=";
/// Token of the user who is Submitter on two policies.
pub(crate) const SOME_POLICIES_TOKEN: &str = "EmulatorToken/SomePolicies+BBBBBBBBBBBBBBBB=";
/// Token of the user who is Submitter nowhere.
pub(crate) const NO_POLICIES_TOKEN: &str = "EmulatorToken/NoPolicies+CCCCCCCCCCCCCCCCCC=";
/// Token with a colon, which a PIN `<organization id>:<API token>` must survive. Submitter everywhere.
pub(crate) const AWKWARD_TOKEN: &str = "Emulator:Token/Awkward+DDD=DDD:DDDDD+D/DDD==";

/// The users, one a role.
pub(crate) fn users() -> [User; 4] {
    let some_policies = ["rsa-3072", "p-256"].map(|slug| PolicyPath::new("container-images", slug));
    [
        user("all-policies", ALL_POLICIES_TOKEN, SubmitterOf::AllPolicies),
        user("some-policies", SOME_POLICIES_TOKEN, SubmitterOf::Policies(some_policies.into())),
        user("no-policies", NO_POLICIES_TOKEN, SubmitterOf::Policies([].into())),
        user("awkward-token", AWKWARD_TOKEN, SubmitterOf::AllPolicies),
    ]
}

/// The signing policies: one a key, and those that are special.
pub(crate) fn signing_policies(keys: &KeyStore) -> impl Iterator<Item = SigningPolicy> {
    let one_a_key = keys.names().filter_map(|name| policy(keys, "container-images", name, name));
    let needs_approval = policy(keys, "container-images", "needs-approval", "rsa-3072")
        .map(|policy| SigningPolicy { approval_process: ApprovalProcess::Required, ..policy });
    let gpg = policy(keys, "container-images", "gpg-rsa", "rsa-2048")
        .map(|policy| SigningPolicy { certificate_type: CertificateType::Gpg, ..policy });
    let shares_a_key = policy(keys, "desktop-app", "release", "rsa-3072");
    one_a_key.chain(needs_approval).chain(gpg).chain(shares_a_key)
}

/// More signing policies, which share the keys one after the other.
pub(crate) fn additional_policies(keys: &KeyStore, number: usize) -> impl Iterator<Item = SigningPolicy> {
    let names = keys.names().cycle().take(number).enumerate();
    names.filter_map(|(position, name)| {
        policy(keys, "benchmark", &format!("policy-{:05}", position + 1), name)
    })
}

/// The artifact configurations for files, all in the project container-images: the one of SignPath's description of
/// cosign, and one for several images at once.
pub(crate) fn artifact_configurations(
    generation: Generation,
) -> Result<Vec<StoredConfiguration>, ConfigurationError> {
    let read = |slug: &str, xml: &str| {
        StoredConfiguration::read(ConfigurationPath::new("container-images", slug), xml, generation)
    };
    Ok(vec![
        read("detached-raw-signatures", include_str!("artifact-configurations/detached-raw-signatures.xml"))?,
        read("cosign", include_str!("artifact-configurations/cosign.xml"))?,
    ])
}

fn policy(keys: &KeyStore, project: &str, slug: &str, key: &str) -> Option<SigningPolicy> {
    keys.get(key).map(|key| SigningPolicy::new(PolicyPath::new(project, slug), Arc::clone(&key)))
}

fn user(name: &str, api_token: &str, submitter_of: SubmitterOf) -> User {
    User { name: name.into(), api_token: api_token.into(), token_state: TokenState::Active, submitter_of }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_shaped_like_real_ones() {
        for user in users() {
            assert_eq!(user.api_token.len(), 44, "{}", user.name);
            assert!("+/=".chars().all(|sign| user.api_token.contains(sign)), "{}", user.name);
        }
        assert!(AWKWARD_TOKEN.contains(':'));
    }

    #[test]
    fn the_organization_id_is_the_one_that_the_documentation_of_the_constant_says() {
        assert_eq!(ORGANIZATION_ID.to_string(), "5f0bcbd4-9c4e-4a6e-8f37-2d6c1b7a9e01");
    }
}
