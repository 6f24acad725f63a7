//! What an organization has in SignPath: users, projects with signing policies and artifact configurations, and who may
//! submit to them.
//!
//! Everything is kept in maps, so that ten thousand signing policies cost no more to look up than ten. An
//! [`Organization`] knows nothing of HTTP; routes and the control interface read and change it behind one short lock,
//! and take a snapshot (an `Arc`) of what they go on working with.

pub(crate) mod artifact_configuration;
pub(crate) mod default_data;
pub(crate) mod signing_policy;
pub(crate) mod user;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::identifiers::Uuid;
use crate::signing::key_store::KeyStore;
use artifact_configuration::{ConfigurationPath, StoredConfiguration};
use signing_policy::{PolicyPath, SigningPolicy};
use user::User;

/// The one organization of an emulator.
pub(crate) struct Organization {
    pub(crate) id: Uuid,
    policies: BTreeMap<PolicyPath, Arc<SigningPolicy>>,
    users: BTreeMap<String, Arc<User>>,
    artifact_configurations: BTreeMap<ConfigurationPath, Arc<StoredConfiguration>>,
}

impl Organization {
    /// The organization that a freshly started emulator has, with its keys taken from `keys`.
    pub(crate) fn with_default_data(keys: &KeyStore) -> Self {
        let policies = default_data::signing_policies(keys);
        let users = default_data::users();
        Self {
            id: default_data::ORGANIZATION_ID,
            policies: policies.map(|policy| (policy.path.clone(), Arc::new(policy))).collect(),
            users: users.into_iter().map(|user| (user.name.clone(), Arc::new(user))).collect(),
            artifact_configurations: BTreeMap::new(),
        }
    }

    /// The signing policies, ordered by project and then by slug.
    pub(crate) fn policies(&self) -> impl Iterator<Item = &Arc<SigningPolicy>> {
        self.policies.values()
    }

    /// The signing policy at `path`.
    pub(crate) fn policy(&self, path: &PolicyPath) -> Option<Arc<SigningPolicy>> {
        self.policies.get(path).map(Arc::clone)
    }

    /// Adds a signing policy, or replaces the one at the same path.
    pub(crate) fn put_policy(&mut self, policy: SigningPolicy) -> Arc<SigningPolicy> {
        let policy = Arc::new(policy);
        self.policies.insert(policy.path.clone(), Arc::clone(&policy));
        policy
    }

    /// Removes the signing policy at `path` and returns it, if there was one.
    pub(crate) fn remove_policy(&mut self, path: &PolicyPath) -> Option<Arc<SigningPolicy>> {
        self.policies.remove(path)
    }

    /// The users, ordered by name.
    pub(crate) fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values()
    }

    /// The user called `name`.
    pub(crate) fn user(&self, name: &str) -> Option<Arc<User>> {
        self.users.get(name).map(Arc::clone)
    }

    /// The user whose API token is `token`, revoked or not.
    pub(crate) fn user_with_token(&self, token: &str) -> Option<Arc<User>> {
        self.users.values().find(|user| user.api_token == token).map(Arc::clone)
    }

    /// Adds a user, or replaces the one with the same name.
    pub(crate) fn put_user(&mut self, user: User) -> Arc<User> {
        let user = Arc::new(user);
        self.users.insert(user.name.clone(), Arc::clone(&user));
        user
    }

    /// The artifact configurations, ordered by project and then by slug.
    pub(crate) fn artifact_configurations(&self) -> impl Iterator<Item = &Arc<StoredConfiguration>> {
        self.artifact_configurations.values()
    }

    /// The artifact configuration at `path`.
    pub(crate) fn artifact_configuration(
        &self,
        path: &ConfigurationPath,
    ) -> Option<Arc<StoredConfiguration>> {
        self.artifact_configurations.get(path).map(Arc::clone)
    }

    /// Adds an artifact configuration, or replaces the one at the same path.
    pub(crate) fn put_artifact_configuration(
        &mut self,
        configuration: StoredConfiguration,
    ) -> Arc<StoredConfiguration> {
        let configuration = Arc::new(configuration);
        self.artifact_configurations.insert(configuration.path.clone(), Arc::clone(&configuration));
        configuration
    }

    /// Removes the artifact configuration at `path` and returns it, if there was one.
    pub(crate) fn remove_artifact_configuration(
        &mut self,
        path: &ConfigurationPath,
    ) -> Option<Arc<StoredConfiguration>> {
        self.artifact_configurations.remove(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organization() -> Organization {
        Organization::with_default_data(&KeyStore::in_process().unwrap())
    }

    #[test]
    fn signing_policies_come_in_one_order_always() {
        let paths: Vec<String> = organization().policies().map(|policy| policy.path.to_string()).collect();
        assert_eq!(
            paths,
            [
                "container-images/gpg-rsa",
                "container-images/needs-approval",
                "container-images/p-256",
                "container-images/p-384",
                "container-images/p-521",
                "container-images/rsa-2048",
                "container-images/rsa-3072",
                "container-images/rsa-4096",
                "desktop-app/release",
            ]
        );
    }

    #[test]
    fn policies_that_share_a_key_share_one_object() {
        let organization = organization();
        let key = |path: &str| organization.policy(&PolicyPath::parse(path).unwrap()).unwrap().key.clone();
        assert!(Arc::ptr_eq(&key("container-images/rsa-3072"), &key("desktop-app/release")));
    }

    #[test]
    fn a_token_is_compared_whole() {
        let organization = organization();
        let token = default_data::ALL_POLICIES_TOKEN;
        assert_eq!(organization.user_with_token(token).unwrap().name, "all-policies");
        assert!(organization.user_with_token(token.trim_end_matches('=')).is_none());
        assert!(organization.user_with_token("").is_none());
    }
}
