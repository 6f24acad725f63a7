//! Jenkinsfiles: Groovy runs them with steps that tell what they were given (`jenkinsfile.groovy`).

use std::process::Command;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::page::only;
use crate::step::{Step, Way, Work};
use crate::support::artifacts;
use crate::support::programs::succeeded;
use crate::support::tools::tool;
use crate::surroundings::{Surroundings, Variables};

pub(crate) const PAGE: &str = "pipelines/jenkins.md";

pub(crate) fn steps(way: Way, surroundings: &Surroundings) -> Vec<Step> {
    static TOLD: [OnceLock<Vec<u8>>; 2] = [const { OnceLock::new() }; 2];
    let told = TOLD[usize::from(way == Way::SignImage)].get_or_init(|| told_by_groovy(&file(way)));
    let told: Vec<ToldStep> = serde_json::from_slice(told).unwrap();
    told.into_iter().map(|step| step.read(surroundings)).collect()
}

/// The Jenkinsfile, as it stands in the document.
fn file(way: Way) -> String {
    only(PAGE, &format!("example: jenkins {}", way.name()))
}

fn told_by_groovy(file: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Jenkinsfile");
    std::fs::write(&path, file).unwrap();
    let reader = artifacts::package().join("tests/pipelines/jenkinsfile.groovy");
    succeeded(Command::new(tool("groovy")).arg(reader).arg(path))
}

/// A `sh` step.
#[derive(Deserialize)]
struct ToldStep {
    label: String,
    script: String,
    environment: Variables,
    /// The variables of `withCredentials` around it, with the credentials' ids.
    secrets: Variables,
}

impl ToldStep {
    fn read(self, surroundings: &Surroundings) -> Step {
        let mut variables = self.environment;
        for (name, credential) in self.secrets {
            let value = match (credential.as_str(), name.as_str()) {
                ("signpath-my-policy", _) => &surroundings.token,
                ("registry", "REGISTRY_USER") => &surroundings.registry_user,
                ("registry", "REGISTRY_PASSWORD") => &surroundings.registry_password,
                other => panic!("nobody says what {other:?} is"),
            };
            variables.insert(name, value.clone());
        }
        Step { name: self.label, work: Work::Shell(self.script), variables }
    }
}
