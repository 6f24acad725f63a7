//! Each pipeline signs the image that was pushed, with a token that may use two keys, and cosign accepts it.

use crate::step::{System, Way};
use crate::workplace::Workplace;

/// Where each build system says that the source lies.
const SOURCE: &str = "org.opencontainers.image.source=https://git.example/acme/app";

fn signs_with_cosign(system: System, cosign: &str) {
    let workplace = Workplace::with(cosign);
    workplace.run(system, Way::Cosign);

    workplace.cosign_accepts(&[]);
    expect_one_signature(&workplace);
}

/// The format is that of cosign 3.
fn signs_with_sign_image(system: System, options: &[&str]) {
    let workplace = Workplace::with("cosign-3");
    workplace.run(system, Way::SignImage);

    workplace.cosign_accepts(options);
    expect_one_signature(&workplace);
}

fn expect_one_signature(workplace: &Workplace) {
    let audit = workplace.emulator.audit();
    let users: Vec<&str> = audit.iter().map(|entry| entry["user"].as_str().unwrap()).collect();
    assert_eq!(users, ["some-policies"]);
}

#[test]
fn github_actions_signs_with_cosign_3() {
    signs_with_cosign(System::GitHubActions, "cosign-3");
}

#[test]
fn github_actions_signs_with_cosign_2() {
    signs_with_cosign(System::GitHubActions, "cosign-2");
}

#[test]
fn github_actions_signs_with_sign_image() {
    signs_with_sign_image(System::GitHubActions, &["-a", SOURCE]);
}

#[test]
fn gitlab_ci_signs_with_cosign_3() {
    signs_with_cosign(System::GitLabCi, "cosign-3");
}

#[test]
fn gitlab_ci_signs_with_cosign_2() {
    signs_with_cosign(System::GitLabCi, "cosign-2");
}

#[test]
fn gitlab_ci_signs_with_sign_image() {
    signs_with_sign_image(System::GitLabCi, &["-a", SOURCE]);
}

#[test]
fn jenkins_signs_with_cosign_3() {
    signs_with_cosign(System::Jenkins, "cosign-3");
}

#[test]
fn jenkins_signs_with_cosign_2() {
    signs_with_cosign(System::Jenkins, "cosign-2");
}

#[test]
fn jenkins_signs_with_sign_image() {
    signs_with_sign_image(System::Jenkins, &["-a", SOURCE]);
}

#[test]
fn azure_pipelines_signs_with_cosign_3() {
    signs_with_cosign(System::AzurePipelines, "cosign-3");
}

#[test]
fn azure_pipelines_signs_with_cosign_2() {
    signs_with_cosign(System::AzurePipelines, "cosign-2");
}

#[test]
fn azure_pipelines_signs_with_sign_image() {
    signs_with_sign_image(System::AzurePipelines, &["-a", SOURCE]);
}

#[test]
fn teamcity_signs_with_cosign_3() {
    signs_with_cosign(System::TeamCity, "cosign-3");
}

#[test]
fn teamcity_signs_with_cosign_2() {
    signs_with_cosign(System::TeamCity, "cosign-2");
}

#[test]
fn teamcity_signs_with_sign_image() {
    signs_with_sign_image(System::TeamCity, &["-a", SOURCE]);
}

#[test]
fn the_commands_for_docker_sign_with_cosign_3() {
    signs_with_cosign(System::Docker, "cosign-3");
}

#[test]
fn the_commands_for_docker_sign_with_cosign_2() {
    signs_with_cosign(System::Docker, "cosign-2");
}

#[test]
fn the_commands_for_docker_sign_with_sign_image() {
    signs_with_sign_image(System::Docker, &[]);
}
