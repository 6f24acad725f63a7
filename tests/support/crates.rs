//! The crates that this one is made of.

use std::collections::BTreeSet;
use std::process::Command;

use super::artifacts;
use super::programs::succeeded;

/// The crates that Cargo compiles for what is shipped, as `name version`; ours is one of them.
pub fn compiled() -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--offline", "--edges", "normal,build", "--prefix", "none"]);
    let text = String::from_utf8(succeeded(cargo.current_dir(artifacts::package()))).unwrap();
    let lines = text.lines().filter_map(|line| {
        let (name, version) = line.split_once(" v")?;
        Some(format!("{name} {}", version.split_whitespace().next()?))
    });
    lines.collect()
}
