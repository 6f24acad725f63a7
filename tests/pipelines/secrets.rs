//! Where the token may get, and that what is signed is a digest.

use crate::page::blocks;
use crate::step::{Step, System, Way};
use crate::surroundings::{Surroundings, TOKEN};

fn each_pipeline() -> impl Iterator<Item = (System, Way, Vec<Step>)> {
    let pipelines = System::ALL.into_iter().flat_map(|system| Way::BOTH.map(|way| (system, way)));
    pipelines.map(|(system, way)| (system, way, system.steps(way, &Surroundings::of_words())))
}

#[test]
fn the_token_is_in_the_environment_of_the_signing_step_alone() {
    let token = Surroundings::of_words().token;
    for (system, way, steps) in each_pipeline() {
        let with_token =
            steps.iter().filter(|step| step.variables.values().any(|value| value.contains(&token)));
        let names: Vec<&str> = with_token.map(|step| step.name.as_str()).collect();
        // the secrets of a job of GitLab are those of all its commands
        let expected: &[&str] =
            if system == System::GitLabCi { &["Log in to the registry", "Sign"] } else { &["Sign"] };
        assert_eq!(names, expected, "{system:?} {way:?}");
    }
}

#[test]
fn no_command_has_the_token_in_it_or_a_pin() {
    for (system, way, steps) in each_pipeline() {
        for step in steps {
            // by name alone, Docker passes it on
            let script = step.script().replace(&format!("--env {TOKEN} "), "");
            assert!(!script.contains(TOKEN) && !script.contains("pin-value"), "{system:?} {way:?}: {script}");
        }
    }
}

#[test]
fn what_is_signed_and_verified_is_named_by_its_digest() {
    const BY_DIGEST: [&str; 3] = ["\"$REPOSITORY@$DIGEST\"", "\"$IMAGE\"", "\"$(cat image.txt)\""];
    const COMMANDS: [&str; 4] = ["cosign sign ", "cosign verify ", "sign-image ", "signpath-tool verify "];
    for (system, way, steps) in each_pipeline() {
        let script = steps.iter().map(Step::script).collect::<Vec<_>>().join("\n");
        let joined = script.replace("\\\n", " ");
        let commands: Vec<&str> =
            joined.lines().filter(|line| COMMANDS.iter().any(|command| line.contains(command))).collect();
        assert_eq!(commands.len(), 2, "{system:?} {way:?} signs, and verifies: {commands:?}");
        for command in commands {
            assert!(
                BY_DIGEST.iter().any(|image| command.trim_end().ends_with(image)),
                "{system:?}: {command}"
            );
        }
    }
}

#[test]
fn each_shell_block_is_run_or_says_why_not() {
    let pages = System::ALL.map(System::page);
    for page in pages.into_iter().chain(["pipelines.md", "emulator.md"]) {
        for block in blocks(page).iter().filter(|block| block.language == "sh") {
            let known = ["example: ", "file: ", "run: ", "not run: "].iter();
            let mut known = known.filter(|kind| block.mark.starts_with(**kind));
            assert!(known.next().is_some(), "docs/{page}: {}", block.code);
        }
    }
}
