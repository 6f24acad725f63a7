//! Pipelines of GitLab CI: jobs by stages, secrets by the environment that a job names, scripts that begin with their
//! name as a comment.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::page::only;
use crate::step::{Step, Way, Work};
use crate::surroundings::{Surroundings, TOKEN, Variables};

pub(crate) const PAGE: &str = "pipelines/gitlab-ci.md";

/// The pipeline's file, as it stands in the document.
pub(crate) fn file(way: Way) -> String {
    only(PAGE, &format!("example: gitlab-ci {}", way.name()))
}

pub(crate) fn steps(way: Way, surroundings: &Surroundings) -> Vec<Step> {
    let pipeline: Pipeline = serde_saphyr::from_str(&file(way)).unwrap();
    let [build, sign, verify] = [&pipeline.build, &pipeline.sign, &pipeline.verify];
    let jobs = [("build", build), ("sign", sign), ("verify", verify)];
    jobs.iter().flat_map(|(name, job)| job.read(name, &pipeline.variables, surroundings)).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "names all that the files have")]
struct Pipeline {
    stages: Vec<String>,
    workflow: serde_json::Value,
    variables: BTreeMap<String, String>,
    build: Job,
    sign: Job,
    verify: Job,
}

#[derive(Deserialize)]
struct Job {
    stage: String,
    image: String,
    environment: Option<String>,
    script: Vec<String>,
}

impl Job {
    fn read(&self, name: &str, of_file: &BTreeMap<String, String>, surroundings: &Surroundings) -> Vec<Step> {
        assert_eq!(self.stage, name);
        let step = |script: &String| Step {
            name: script.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a name").to_owned(),
            work: Work::Shell(script.clone()),
            variables: self.variables(of_file, surroundings),
        };
        self.script.iter().map(step).collect()
    }

    fn variables(&self, of_file: &BTreeMap<String, String>, surroundings: &Surroundings) -> Variables {
        let mut variables = of_file.clone();
        let mut set = |name: &str, value: &str| variables.insert(name.to_owned(), value.to_owned());
        set("CI_REGISTRY", &surroundings.registry);
        set("CI_REGISTRY_USER", &surroundings.registry_user);
        set("CI_REGISTRY_PASSWORD", &surroundings.registry_password);
        set("IMAGE", &surroundings.image());
        if self.environment.as_deref() == Some("signing") {
            set(TOKEN, &surroundings.token);
        }
        if self.image == "registry.example.com/ci/signpath-cosign:0.1.0" {
            set("COSIGN_PKCS11_MODULE_PATH", &module_path_of_the_image());
        }
        let repository = variables.get_mut("REPOSITORY").filter(|value| *value == "$CI_REGISTRY_IMAGE");
        surroundings.repository.clone_into(repository.expect("the registry's folder of the project"));
        variables
    }
}

/// What the Dockerfile sets.
pub(crate) fn module_path_of_the_image() -> String {
    let file = crate::support::artifacts::package().join("packaging/container/Dockerfile");
    let text = std::fs::read_to_string(file).unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix("ENV COSIGN_PKCS11_MODULE_PATH="));
    value.expect("the path of the module").to_owned()
}
