//! The steps that are not run here, each with the reason. A step that is neither run nor named here fails its test.

use crate::step::{Step, Work};

/// The beginnings of the names of steps, and why they are not run.
const LEFT_OUT: [(&str, &str); 9] = [
    ("actions/checkout", "the system's own: the workspace is there already"),
    ("checkout", "the system's own: the workspace is there already"),
    ("docker/setup-buildx-action", "the system's own: prepares Docker"),
    ("docker/login-action", "the system's own: does what docker login does"),
    ("docker/build-push-action", "the system's own: needs a Docker daemon"),
    ("Docker@2", "the system's own: does what docker login does"),
    ("Build and push", "needs a Docker daemon; the test pushes an image in its place"),
    ("Install ", "downloads from the internet and installs packages"),
    ("Log in with docker", "needs Docker; the test logs in with cosign in its place"),
];

/// Whether a step is left out. What is none of the system's own must be a script that can be run.
pub(crate) fn is_left_out(step: &Step) -> bool {
    let named = LEFT_OUT.iter().any(|(beginning, _)| step.name.starts_with(beginning));
    assert!(named || matches!(step.work, Work::Shell(_)), "{step:?} is neither run nor named in left_out.rs");
    named
}

mod tests {
    use std::collections::BTreeSet;

    use super::LEFT_OUT;
    use crate::step::{System, Way};
    use crate::surroundings::Surroundings;

    #[test]
    fn nothing_is_named_that_no_pipeline_has() {
        let pipelines = System::ALL.iter().flat_map(|system| Way::BOTH.map(|way| (system, way)));
        let steps = pipelines.flat_map(|(system, way)| system.steps(way, &Surroundings::of_words()));
        let names: BTreeSet<String> = steps.map(|step| step.name).collect();

        for (beginning, _) in LEFT_OUT {
            assert!(names.iter().any(|name| name.starts_with(beginning)), "{beginning} is none of {names:?}");
        }
    }
}
