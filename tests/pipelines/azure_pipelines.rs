//! Pipelines of Azure Pipelines: variables as a map or a list, secrets of a group that a step must ask for.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::page::only;
use crate::step::{Step, Way, Work};
use crate::surroundings::{Surroundings, Variables};

pub(crate) const PAGE: &str = "pipelines/azure-pipelines.md";

/// The pipeline's file, as it stands in the document.
pub(crate) fn file(way: Way) -> String {
    only(PAGE, &format!("example: azure-pipelines {}", way.name()))
}

pub(crate) fn steps(way: Way, surroundings: &Surroundings) -> Vec<Step> {
    let pipeline: Pipeline = serde_saphyr::from_str(&file(way)).unwrap();
    let read = |job: &Job| {
        let variables = job.all_variables(&pipeline.variables, surroundings);
        let steps =
            job.steps.iter().chain(job.strategy.iter().flat_map(|strategy| &strategy.run_once.deploy.steps));
        steps.map(|step| step.read(&variables, surroundings)).collect::<Vec<_>>()
    };
    pipeline.jobs.iter().flat_map(read).collect()
}

#[derive(Deserialize)]
struct Pipeline {
    variables: BTreeMap<String, String>,
    jobs: Vec<Job>,
}

#[derive(Deserialize)]
struct Job {
    #[serde(default)]
    variables: Vec<Variable>,
    #[serde(default)]
    steps: Vec<WrittenStep>,
    strategy: Option<Strategy>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Variable {
    Named { name: String, value: String },
    Group { group: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Strategy {
    run_once: RunOnce,
}

#[derive(Deserialize)]
struct RunOnce {
    deploy: Deploy,
}

#[derive(Deserialize)]
struct Deploy {
    steps: Vec<WrittenStep>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenStep {
    bash: Option<String>,
    task: Option<String>,
    checkout: Option<String>,
    display_name: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

impl Job {
    /// Those of the job beside those of the file. The secrets of a group are in no environment.
    fn all_variables(&self, of_file: &BTreeMap<String, String>, surroundings: &Surroundings) -> Variables {
        let mut variables = of_file.clone();
        for variable in &self.variables {
            match variable {
                Variable::Named { name, value } => {
                    let value = match value.as_str() {
                        "$[ dependencies.build.outputs['image.digest'] ]" => &surroundings.digest,
                        other => {
                            assert!(!other.contains('$'), "nobody says what {other} is");
                            value
                        }
                    };
                    variables.insert(name.clone(), value.clone());
                }
                Variable::Group { group } => assert_eq!(group, "signpath"),
            }
        }
        variables
    }
}

impl WrittenStep {
    fn read(&self, of_job: &Variables, surroundings: &Surroundings) -> Step {
        let mut variables = of_job.clone();
        for (name, value) in &self.env {
            assert_eq!(value, "$(SIGNPATH_API_TOKEN)", "the only secret");
            variables.insert(name.clone(), surroundings.token.clone());
        }
        let (name, work) = match (&self.bash, &self.task) {
            (Some(script), None) => {
                (self.display_name.clone().expect("a name for each script"), Work::Shell(script.clone()))
            }
            (None, Some(task)) => (task.clone(), Work::Extension),
            _ => {
                assert_eq!(self.checkout.as_deref(), Some("self"));
                ("checkout".to_owned(), Work::Extension)
            }
        };
        Step { name, work, variables }
    }
}
