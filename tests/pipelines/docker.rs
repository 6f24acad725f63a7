//! Plain Docker: commands at a shell, run with a stand-in for Docker that runs what would be run inside (`docker-run`),
//! with nothing in its environment but what was handed over by name.

use crate::gitlab_ci::module_path_of_the_image;
use crate::page::marked;
use crate::step::{Step, Way, Work};
use crate::surroundings::{Surroundings, TOKEN, Variables};

pub(crate) const PAGE: &str = "pipelines/docker.md";

/// The stand-in, below the folder of the package.
pub(crate) const STAND_IN: &str = "tests/pipelines/docker-run";

pub(crate) fn steps(way: Way, surroundings: &Surroundings) -> Vec<Step> {
    let scripts = marked(PAGE, &format!("example: docker {}", way.name()));
    scripts.into_iter().map(|script| step(script, surroundings)).collect()
}

fn step(script: String, surroundings: &Surroundings) -> Step {
    let name = script.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a name").to_owned();
    let mut variables: Variables = [
        ("REPOSITORY", "ghcr.io/acme/app"),
        ("DIGEST", &surroundings.digest),
        ("SIGNPATH_ORGANIZATION_ID", "00000000-0000-0000-0000-000000000000"),
        ("SIGNPATH_PROJECT_SLUG", "my-project"),
        ("SIGNPATH_SIGNING_POLICY_SLUG", "my-policy"),
        ("COSIGN_PKCS11_MODULE_PATH", &module_path_of_the_image()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    if name == "Sign" {
        variables.insert(TOKEN.to_owned(), surroundings.token.clone());
    }
    Step { name, work: Work::Shell(script), variables }
}
