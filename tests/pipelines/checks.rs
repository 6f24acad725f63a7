//! The pipelines, the Dockerfile and the shell parts as the tools see them that are made for checking such.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::page::{blocks, only};
use crate::step::{System, Way};
use crate::support::artifacts;
use crate::support::programs::succeeded;
use crate::support::tools::tool;
use crate::surroundings::Surroundings;
use crate::{azure_pipelines, github_actions, gitlab_ci};

/// A file in a folder, for a tool that reads files.
fn written(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[test]
fn actionlint_has_nothing_to_say_of_the_workflows() {
    let folder = tempfile::tempdir().unwrap();
    let workflows = Way::BOTH.map(github_actions::file);
    for workflow in workflows.iter().chain([&only("emulator.md", "example: service container")]) {
        let file = written(folder.path(), "workflow.yml", workflow);
        succeeded(Command::new(tool("actionlint")).arg("-shellcheck").arg(shellcheck()).arg(file));
    }
}

#[test]
fn the_pipelines_of_gitlab_and_azure_fit_the_schemas_of_these() {
    let folder = tempfile::tempdir().unwrap();
    for way in Way::BOTH {
        let (gitlab, azure) = (gitlab_ci::file(way), azure_pipelines::file(way));
        for (schema, pipeline) in [("gitlab-ci", gitlab), ("azure-pipelines", azure)] {
            let file = written(folder.path(), "pipeline.yml", &pipeline);
            let mut check = Command::new(tool("pipeline-checkers"));
            // the schema of Azure has patterns that are none with the flag for Unicode
            check.args(["-m", "check_jsonschema", "--regex-variant", "nonunicode", "--builtin-schema"]);
            succeeded(check.arg(format!("vendor.{schema}")).arg(file));
        }
    }
}

#[test]
fn shellcheck_has_nothing_to_say_of_the_scripts() {
    let folder = tempfile::tempdir().unwrap();
    for (system, way) in System::ALL.iter().flat_map(|system| Way::BOTH.map(|way| (system, way))) {
        let [shell, ..] = system.shell() else { panic!("no shell") };
        for step in system.steps(way, &Surroundings::of_words()) {
            let file = written(folder.path(), "script", step.script());
            succeeded(Command::new(shellcheck()).args(["--shell", shell]).arg(file));
        }
    }
}

#[test]
fn shellcheck_has_nothing_to_say_of_the_blocks_for_a_shell() {
    let folder = tempfile::tempdir().unwrap();
    for page in System::ALL.map(System::page).into_iter().chain(["pipelines.md", "emulator.md"]) {
        for block in blocks(page).iter().filter(|block| block.language == "sh") {
            let file = written(folder.path(), "script", &block.code);
            // the session's file comes into being with the session
            let options = ["--shell", "bash", "--exclude", "SC1091"];
            succeeded(Command::new(shellcheck()).args(options).arg(file));
        }
    }
}

#[test]
fn hadolint_has_nothing_to_say_of_the_dockerfile() {
    let hadolint = tool("pipeline-checkers").with_file_name("hadolint");
    succeeded(Command::new(hadolint).arg(dockerfile()));
}

#[test]
fn the_versions_in_pipelines_and_dockerfile_are_those_that_are_tested() {
    let scripts = std::fs::read_to_string(artifacts::package().join("scripts/lib.bash")).unwrap();
    let of_scripts = |name: &str| scripts.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let cosign = of_scripts("readonly cosign_3_version=");
    let go = of_scripts("readonly go_version=");
    let package = env!("CARGO_PKG_VERSION");
    let dockerfile = std::fs::read_to_string(dockerfile()).unwrap();

    assert!(dockerfile.contains(&format!("/golang:{go}-bookworm\n")), "{go}");
    assert!(dockerfile.contains(&format!("\nARG COSIGN_VERSION={cosign}\n")), "{cosign}");
    assert!(dockerfile.contains(&format!("\nARG PACKAGE_VERSION={package}\n")), "{package}");
    for page in System::ALL.map(System::page).into_iter().chain(["pipelines.md"]) {
        let text = std::fs::read_to_string(artifacts::package().join("docs").join(page)).unwrap();
        for (beginning, version) in
            [("signpath-pkcs11_", package), ("sigstore/cosign/releases/download/v", cosign)]
        {
            let mut named = text.split(beginning).skip(1).filter(|rest| !rest.starts_with('<'));
            assert!(named.all(|rest| rest.starts_with(version)), "docs/{page}: {beginning}");
        }
    }
}

#[test]
fn nothing_secret_is_put_into_the_image() {
    let dockerfile = std::fs::read_to_string(dockerfile()).unwrap();
    let instructions = dockerfile.lines().filter(|line| !line.starts_with('#'));

    assert_eq!(
        instructions.filter(|line| line.to_uppercase().contains("TOKEN")).collect::<Vec<_>>(),
        [""; 0]
    );
}

fn dockerfile() -> PathBuf {
    artifacts::package().join("packaging/container/Dockerfile")
}

fn shellcheck() -> PathBuf {
    artifacts::program("shellcheck", "shellcheck")
}
