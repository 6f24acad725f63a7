//! `signpath-tool sign-image` of one image, and of twenty in one signing request.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::bare_registry;
use crate::figures::{Figure, Goal, Unit, in_milliseconds};
use crate::stopwatch::time;
use crate::support::artifacts;
use crate::support::emulator::Emulator;
use crate::support::images::Pusher;
use crate::support::tools::Registry;

const IMAGES: usize = 20;
const TURNS: usize = 5;

/// One signing request for twenty images must cost what one costs and what the registry needs for nineteen more.
pub fn sign_images() -> Vec<Figure> {
    let (emulator, registry) = (Emulator::start(), Registry::start());
    emulator.tell("PUT", "workflow", json!({ "stageMilliseconds": 0 }));
    let folder = tempfile::tempdir().unwrap();
    let pusher = Pusher { folder: folder.path(), registry: &registry.address, variables: &[] };
    let (mut one, mut twenty, mut allowed) = (Vec::new(), Vec::new(), Vec::new());
    let mut submissions = 0;
    for turn in 0..TURNS {
        let push = |kind: &str, number: usize| pusher.push_image(&format!("{kind}-{turn}-{number}"));
        let images = |kind: &str, count| (0..count).map(|number| push(kind, number)).collect::<Vec<_>>();
        let (single, together, bare) = (images("one", 1), images("many", IMAGES), images("bare", IMAGES - 1));
        one.push(sign(&emulator, &single));
        let before = emulator.requests().iter().filter(is_submission).count();
        twenty.push(sign(&emulator, &together));
        submissions = emulator.requests().iter().filter(is_submission).count() - before;
        allowed.push(one[turn] + time(|| bare_registry::read_and_attach(&bare)));
    }
    let [one, twenty, allowed] = [one, twenty, allowed].map(|samples| in_milliseconds(&samples));
    vec![
        Figure::of("sign-image, one image", one, None),
        Figure::ratio(
            "sign-image, twenty images in one signing request, beside one and the registry's part of nineteen",
            twenty,
            allowed,
            Some(Goal::AtMost(1.0)),
        ),
        Figure::alone(
            "submissions for twenty images",
            submissions as f64,
            Unit::Requests,
            Some(Goal::Exactly(1.0)),
        ),
    ]
}

fn is_submission(request: &&serde_json::Value) -> bool {
    request["path"].as_str().unwrap().ends_with("SubmitWithArtifact")
}

fn sign(emulator: &Emulator, images: &[String]) -> Duration {
    let mut command = Command::new(artifacts::tool());
    command
        .args(["sign-image", "--signing-policy", "p-256", "--artifact-configuration", "cosign"])
        .args(images)
        .env("SIGNPATH_PROJECT_SLUG", "container-images")
        .envs(emulator.variables())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    time(|| assert!(command.status().unwrap().success()))
}
