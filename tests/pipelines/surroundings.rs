//! What a build system and its administrator put into a pipeline: the image, the secrets, the values that the documents
//! say to replace.

use std::collections::BTreeMap;

use crate::support::artifacts;

/// The policy that signs; its key is the fixture of the same name.
pub(crate) const KEY: &str = "rsa-3072";
/// The project of the signing policy.
pub(crate) const PROJECT: &str = "container-images";
/// The variable with the token.
pub(crate) const TOKEN: &str = "SIGNPATH_API_TOKEN";

/// The variables of a step.
pub(crate) type Variables = BTreeMap<String, String>;

/// The values of one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    /// `127.0.0.1:port`.
    pub(crate) registry: String,
    /// `127.0.0.1:port/acme/app`.
    pub(crate) repository: String,
    /// `sha256:…`.
    pub(crate) digest: String,
    pub(crate) organization: String,
    /// The API token.
    pub(crate) token: String,
    pub(crate) registry_user: String,
    pub(crate) registry_password: String,
}

impl Surroundings {
    /// Values by which one can tell where they go, for tests that run nothing.
    pub(crate) fn of_words() -> Self {
        Self {
            registry: "the-registry".to_owned(),
            repository: "the-registry/acme/app".to_owned(),
            digest: format!("sha256:{}", "0".repeat(64)),
            organization: "the-organization".to_owned(),
            token: "the-token".to_owned(),
            registry_user: "the-user".to_owned(),
            registry_password: "the-password".to_owned(),
        }
    }

    pub(crate) fn image(&self) -> String {
        format!("{}@{}", self.repository, self.digest)
    }

    /// Puts our values in place of those that the documents say to replace.
    pub(crate) fn replace_in(&self, variables: &mut Variables) {
        let module = artifacts::module().to_str().unwrap().to_owned();
        for (name, placeholder, value) in [
            ("REGISTRY", "registry.example.com", self.registry.as_str()),
            ("REPOSITORY", "registry.example.com/acme/app", &self.repository),
            ("REPOSITORY", "ghcr.io/acme/app", &self.repository),
            ("SIGNPATH_ORGANIZATION_ID", "00000000-0000-0000-0000-000000000000", &self.organization),
            ("SIGNPATH_PROJECT_SLUG", "my-project", PROJECT),
            ("SIGNPATH_SIGNING_POLICY_SLUG", "my-policy", KEY),
            ("COSIGN_PKCS11_MODULE_PATH", "/usr/lib/x86_64-linux-gnu/pkcs11/libsignpath_pkcs11.so", &module),
        ] {
            if let Some(found) = variables.get_mut(name).filter(|found| **found == placeholder) {
                value.clone_into(found);
            }
        }
    }
}
