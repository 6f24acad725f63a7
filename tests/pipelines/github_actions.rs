//! Workflows of GitHub Actions: environments at three levels, expressions, steps that are actions.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::page::only;
use crate::step::{Step, Way, Work};
use crate::surroundings::{Surroundings, Variables};

pub(crate) const PAGE: &str = "pipelines/github-actions.md";

/// The workflow's file, as it stands in the document.
pub(crate) fn file(way: Way) -> String {
    only(PAGE, &format!("example: github-actions {}", way.name()))
}

pub(crate) fn steps(way: Way, surroundings: &Surroundings) -> Vec<Step> {
    let workflow: Workflow = serde_saphyr::from_str(&file(way)).unwrap();
    let jobs = ["build", "sign"].map(|name| &workflow.jobs[name]);
    assert_eq!(workflow.jobs.len(), jobs.len());
    jobs.iter().flat_map(|job| job.steps.iter().map(|step| step.read(&workflow, job, surroundings))).collect()
}

#[derive(Deserialize)]
struct Workflow {
    env: BTreeMap<String, String>,
    jobs: BTreeMap<String, Job>,
}

#[derive(Deserialize)]
struct Job {
    #[serde(default)]
    env: BTreeMap<String, String>,
    steps: Vec<WrittenStep>,
}

#[derive(Deserialize)]
struct WrittenStep {
    name: Option<String>,
    uses: Option<String>,
    run: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

impl WrittenStep {
    fn read(&self, workflow: &Workflow, job: &Job, surroundings: &Surroundings) -> Step {
        let levels = [&workflow.env, &job.env, &self.env].into_iter().flatten();
        let variables: Variables =
            levels.map(|(name, value)| (name.clone(), evaluated(value, surroundings))).collect();
        match (&self.run, &self.uses) {
            (Some(script), None) => {
                assert!(
                    !script.contains("${{"),
                    "an expression in a script is a way in for others: {script}"
                );
                let name = self.name.clone().expect("a name for each script");
                Step { name, work: Work::Shell(script.clone()), variables }
            }
            (None, Some(action)) => Step { name: action.clone(), work: Work::Extension, variables },
            _ => panic!("a step has either a script or an action"),
        }
    }
}

/// The value of a variable that may be an expression.
fn evaluated(value: &str, surroundings: &Surroundings) -> String {
    match value {
        "${{ needs.build.outputs.digest }}" => surroundings.digest.clone(),
        "${{ secrets.SIGNPATH_API_TOKEN }}" => surroundings.token.clone(),
        other => {
            assert!(!other.contains("${{"), "nobody says what {other} is");
            other.to_owned()
        }
    }
}
