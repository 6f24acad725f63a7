//! From libFuzzer to a target: the one that the environment names.

use std::sync::OnceLock;

/// A name, and what is done with each input.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// Does with one input what the target named by `SIGNPATH_FUZZ_TARGET` does with it.
pub(crate) fn run(targets: &[&[Target]], input: &[u8]) {
    static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();
    CHOSEN.get_or_init(|| choose(targets))(input);
}

fn choose(targets: &[&[Target]]) -> fn(&[u8]) {
    let name = std::env::var("SIGNPATH_FUZZ_TARGET").unwrap_or_default();
    let all = targets.iter().copied().flatten();
    match all.clone().find(|(target, _)| *target == name) {
        Some((_, run)) => *run,
        None => {
            let names: Vec<&str> = all.map(|(target, _)| *target).collect();
            panic!("SIGNPATH_FUZZ_TARGET is {name:?}; it must be one of {}", names.join(", "))
        }
    }
}
