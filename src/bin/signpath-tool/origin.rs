//! Where an image comes from, for its annotations: given on the command line, or taken from the build's environment.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use crate::outcome::{Ending, Exit, Result};

/// Source and build, as SignPath's `repositoryData` and `buildData` name them.
#[derive(Args, Debug, Clone, Default, PartialEq, Eq)]
#[command(next_help_heading = "Origin, put into the annotations")]
pub(crate) struct OriginArguments {
    /// Take the origin from the environment of GitHub Actions, GitLab CI, Jenkins, Azure Pipelines or TeamCity; the
    /// other options go before it.
    #[arg(long)]
    origin_from_ci: bool,
    /// The source repository's address.
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    origin_repository_url: Option<String>,
    /// The commit that was built.
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    origin_commit_id: Option<String>,
    /// The branch or tag that was built.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    origin_branch_name: Option<String>,
    /// The build's page.
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    origin_build_url: Option<String>,
}

/// The annotations' keys: those of the OCI image specification where it has one, and our own.
const KEYS: [&str; 4] = [
    "org.opencontainers.image.source",
    "org.opencontainers.image.revision",
    "io.signpath.origin.branch-name",
    "io.signpath.origin.build-url",
];

/// A reader of environment variables; one that is empty counts as not set.
type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Repository, commit, branch and build, as one build system tells them.
type Reader = fn(Variables<'_>) -> [Option<String>; 4];

impl OriginArguments {
    /// The annotations, in this process's environment.
    pub(crate) fn annotations(&self) -> Result<Vec<(String, String)>> {
        let annotations =
            self.annotations_in(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        if self.origin_from_ci && annotations.is_empty() {
            let message = "--origin-from-ci: the environment is that of no build system that is known here; give the \
                           origin by the other options";
            return Err(Ending::new(Exit::Configuration, message));
        }
        Ok(annotations)
    }

    fn annotations_in(&self, variables: Variables<'_>) -> Vec<(String, String)> {
        let found = if self.origin_from_ci { of_build(variables) } else { Default::default() };
        let given = [
            &self.origin_repository_url,
            &self.origin_commit_id,
            &self.origin_branch_name,
            &self.origin_build_url,
        ];
        let values = given.into_iter().zip(found).map(|(given, found)| given.clone().or(found));
        let known = KEYS.into_iter().zip(values).filter_map(|(key, value)| Some((key, value?)));
        known.map(|(key, value)| (key.to_owned(), without_credentials(&value))).collect()
    }
}

/// Repository, commit, branch and build, as far as the build system tells.
fn of_build(variables: Variables<'_>) -> [Option<String>; 4] {
    let systems: [(&str, Reader); 5] = [
        ("GITHUB_ACTIONS", github),
        ("GITLAB_CI", gitlab),
        ("TF_BUILD", azure),
        ("TEAMCITY_VERSION", teamcity),
        ("JENKINS_URL", jenkins),
    ];
    let here = systems.into_iter().find(|(mark, _)| variables(mark).is_some());
    here.map(|(_, read)| read(variables)).unwrap_or_default()
}

fn github(variables: Variables<'_>) -> [Option<String>; 4] {
    let server = variables("GITHUB_SERVER_URL").zip(variables("GITHUB_REPOSITORY"));
    let repository = server.map(|(server, name)| format!("{server}/{name}"));
    let run = repository.clone().zip(variables("GITHUB_RUN_ID"));
    let build = run.map(|(repository, run)| format!("{repository}/actions/runs/{run}"));
    [repository, variables("GITHUB_SHA"), variables("GITHUB_REF_NAME"), build]
}

fn gitlab(variables: Variables<'_>) -> [Option<String>; 4] {
    ["CI_PROJECT_URL", "CI_COMMIT_SHA", "CI_COMMIT_REF_NAME", "CI_JOB_URL"].map(variables)
}

fn azure(variables: Variables<'_>) -> [Option<String>; 4] {
    let server = variables("SYSTEM_COLLECTIONURI").zip(variables("SYSTEM_TEAMPROJECT"));
    let build = server.zip(variables("BUILD_BUILDID")).map(|((collection, project), id)| {
        format!("{}/{project}/_build/results?buildId={id}", collection.trim_end_matches('/'))
    });
    let branch = variables("BUILD_SOURCEBRANCH");
    let branch =
        branch.map(|name| name.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/").to_owned());
    [variables("BUILD_REPOSITORY_URI"), variables("BUILD_SOURCEVERSION"), branch, build]
}

/// TeamCity puts neither repository nor branch into the environment by itself.
fn teamcity(variables: Variables<'_>) -> [Option<String>; 4] {
    [None, variables("BUILD_VCS_NUMBER"), None, variables("BUILD_URL")]
}

fn jenkins(variables: Variables<'_>) -> [Option<String>; 4] {
    ["GIT_URL", "GIT_COMMIT", "GIT_BRANCH", "BUILD_URL"].map(variables)
}

/// Build systems put tokens into repository addresses; an annotation is public.
fn without_credentials(value: &str) -> String {
    match reqwest::Url::parse(value) {
        Ok(mut url) if !url.username().is_empty() || url.password().is_some() => {
            let _ = url.set_password(None);
            // an address that takes no user has none to lose
            let _ = url.set_username("");
            url.to_string()
        }
        Ok(_) => value.to_owned(),
        Err(_) => unreadable_without_credentials(value),
    }
}

/// A host name in other letters than ASCII's is not read, but Git takes it; rather too much goes than a password stays.
fn unreadable_without_credentials(value: &str) -> String {
    let host = value.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1)));
    host.map_or(value.to_owned(), |(scheme, host)| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Vec<String> {
        let variables = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
        let arguments = OriginArguments { origin_from_ci: true, ..OriginArguments::default() };
        arguments
            .annotations_in(&variables)
            .into_iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect()
    }

    #[test]
    fn github_tells_everything() {
        let variables = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "org/app"),
            ("GITHUB_SHA", "abc"),
            ("GITHUB_REF_NAME", "main"),
            ("GITHUB_RUN_ID", "7"),
        ];
        assert_eq!(
            values(&variables),
            [
                "org.opencontainers.image.source=https://github.com/org/app",
                "org.opencontainers.image.revision=abc",
                "io.signpath.origin.branch-name=main",
                "io.signpath.origin.build-url=https://github.com/org/app/actions/runs/7",
            ]
        );
    }

    #[test]
    fn gitlab_and_jenkins_tell_what_their_variables_hold() {
        let gitlab = [("GITLAB_CI", "1"), ("CI_PROJECT_URL", "https://gitlab/p"), ("CI_COMMIT_SHA", "abc")];
        let jenkins = [("JENKINS_URL", "x"), ("GIT_BRANCH", "origin/main"), ("BUILD_URL", "https://ci/7/")];

        assert_eq!(
            values(&gitlab),
            ["org.opencontainers.image.source=https://gitlab/p", "org.opencontainers.image.revision=abc"]
        );
        assert_eq!(
            values(&jenkins),
            ["io.signpath.origin.branch-name=origin/main", "io.signpath.origin.build-url=https://ci/7/"]
        );
    }

    #[test]
    fn azure_names_branch_and_build() {
        let variables = [
            ("TF_BUILD", "True"),
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/org/"),
            ("SYSTEM_TEAMPROJECT", "app"),
            ("BUILD_BUILDID", "7"),
            ("BUILD_SOURCEBRANCH", "refs/heads/feature/a"),
        ];
        assert_eq!(
            values(&variables),
            [
                "io.signpath.origin.branch-name=feature/a",
                "io.signpath.origin.build-url=https://dev.azure.com/org/app/_build/results?buildId=7",
            ]
        );
    }

    #[test]
    fn teamcity_tells_commit_and_build() {
        let variables =
            [("TEAMCITY_VERSION", "2025"), ("BUILD_VCS_NUMBER", "abc"), ("BUILD_URL", "https://tc/7")];

        assert_eq!(
            values(&variables),
            ["org.opencontainers.image.revision=abc", "io.signpath.origin.build-url=https://tc/7"]
        );
    }

    #[test]
    fn a_token_in_a_repositorys_address_never_becomes_an_annotation() {
        let variables = [("JENKINS_URL", "x"), ("GIT_URL", "https://user:secret@host/app.git")];

        assert_eq!(values(&variables), ["org.opencontainers.image.source=https://host/app.git"]);
    }

    #[test]
    fn nor_does_one_in_an_address_that_cannot_be_read() {
        for (address, told) in [
            ("https://user:secret@bücher.test/app.git", "https://bücher.test/app.git"),
            ("https://user:sec/ret@host/app.git", "https://host/app.git"),
            ("git@host:org/app.git", "git@host:org/app.git"),
        ] {
            assert_eq!(without_credentials(address), told);
        }
    }

    #[test]
    fn an_option_goes_before_the_environment_and_without_either_there_is_nothing() {
        let arguments = OriginArguments {
            origin_from_ci: true,
            origin_commit_id: Some("given".to_owned()),
            ..OriginArguments::default()
        };
        let github = |name: &str| matches!(name, "GITHUB_ACTIONS" | "GITHUB_SHA").then(|| "found".to_owned());

        assert_eq!(
            arguments.annotations_in(&github),
            [("org.opencontainers.image.revision".to_owned(), "given".to_owned())]
        );
        assert_eq!(OriginArguments::default().annotations_in(&github), []);
    }
}
