//! What all systems have in common: jobs of steps, each with its variables.

use crate::surroundings::{Surroundings, Variables};
use crate::{azure_pipelines, docker, github_actions, gitlab_ci, jenkins, teamcity};

/// The two ways of signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Stock cosign with the module.
    Cosign,
    /// `signpath-tool sign-image`.
    SignImage,
}

impl Way {
    pub(crate) const BOTH: [Self; 2] = [Self::Cosign, Self::SignImage];

    /// As the marks of the documents call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cosign => "cosign",
            Self::SignImage => "sign-image",
        }
    }
}

/// The systems that the documents have pipelines for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    GitHubActions,
    GitLabCi,
    Jenkins,
    AzurePipelines,
    TeamCity,
    Docker,
}

impl System {
    pub(crate) const ALL: [Self; 6] = [
        Self::GitHubActions,
        Self::GitLabCi,
        Self::Jenkins,
        Self::AzurePipelines,
        Self::TeamCity,
        Self::Docker,
    ];

    /// Its page below `docs`.
    pub(crate) fn page(self) -> &'static str {
        match self {
            Self::GitHubActions => github_actions::PAGE,
            Self::GitLabCi => gitlab_ci::PAGE,
            Self::Jenkins => jenkins::PAGE,
            Self::AzurePipelines => azure_pipelines::PAGE,
            Self::TeamCity => teamcity::PAGE,
            Self::Docker => docker::PAGE,
        }
    }

    /// The steps of its pipeline, in the order in which they run.
    pub(crate) fn steps(self, way: Way, surroundings: &Surroundings) -> Vec<Step> {
        let mut steps = match self {
            Self::GitHubActions => github_actions::steps(way, surroundings),
            Self::GitLabCi => gitlab_ci::steps(way, surroundings),
            Self::Jenkins => jenkins::steps(way, surroundings),
            Self::AzurePipelines => azure_pipelines::steps(way, surroundings),
            Self::TeamCity => teamcity::steps(way, surroundings),
            Self::Docker => docker::steps(way, surroundings),
        };
        steps.iter_mut().for_each(|step| surroundings.replace_in(&mut step.variables));
        steps
    }

    /// How the system starts the shell that a step's script is a file for.
    pub(crate) fn shell(self) -> &'static [&'static str] {
        match self {
            Self::GitHubActions => &["bash", "-e"],
            Self::GitLabCi => &["bash", "-eo", "pipefail"],
            Self::Jenkins => &["sh", "-xe"],
            Self::AzurePipelines => &["bash", "--noprofile", "--norc"],
            Self::TeamCity => &["sh"],
            Self::Docker => &["bash", "-e"],
        }
    }

    /// The variables that the system itself sets, as far as anything looks at them.
    pub(crate) fn own_variables(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::GitHubActions => &[
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_SERVER_URL", "https://git.example"),
                ("GITHUB_REPOSITORY", "acme/app"),
            ],
            Self::GitLabCi => &[("GITLAB_CI", "true"), ("CI_PROJECT_URL", "https://git.example/acme/app")],
            Self::Jenkins => {
                &[("JENKINS_URL", "https://ci.example/"), ("GIT_URL", "https://git.example/acme/app")]
            }
            Self::AzurePipelines => {
                &[("TF_BUILD", "True"), ("BUILD_REPOSITORY_URI", "https://git.example/acme/app")]
            }
            Self::TeamCity => &[("TEAMCITY_VERSION", "2025.03")],
            Self::Docker => &[],
        }
    }
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) work: Work,
    /// What the pipeline puts into its environment, secrets included.
    pub(crate) variables: Variables,
}

/// What a step does.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// A script for a shell.
    Shell(String),
    /// Something of the system's own, by the name of it.
    Extension,
}

impl Step {
    pub(crate) fn script(&self) -> &str {
        match &self.work {
            Work::Shell(script) => script,
            Work::Extension => "",
        }
    }
}
