//! What the module adds to a signature, measured beside the bare client and beside SoftHSM: `make bench`.
//!
//! Machines are noisy, so what is compared is measured in turns, in one process, and the figure is a ratio or a
//! difference. This file runs the scenarios; each runs in a process of its own with an emulator of its own, and writes
//! its figures as JSON on standard output. What is measured is in [`scenarios`], how figures are made in [`figures`],
//! what is done with them in [`report`].

#![allow(unreachable_pub, reason = "nobody uses a benchmark but cargo")]
#![allow(unsafe_code, reason = "a host of a PKCS#11 module calls C functions")]
#![allow(
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    reason = "a benchmark is the host; the module's promises are kept elsewhere"
)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures are what a benchmark is for")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that cannot go on must fail"
)]

mod bare;
mod bare_registry;
mod cold;
mod figures;
mod fleet;
mod images;
mod instructions;
mod local;
mod many_keys;
mod memory;
mod picture;
mod report;
mod scenarios;
mod signatures;
mod stopwatch;
#[path = "../../tests/support/mod.rs"]
mod support;
mod throughput;

use std::process::{Command, Stdio};

use figures::Figure;
use scenarios::{SCENARIOS, Scenario};

/// Where a process of a scenario finds its name.
const SCENARIO: &str = "SIGNPATH_BENCHMARK_SCENARIO";

fn main() {
    for (variable, run) in [
        (cold::PROCESS, cold::run_here as fn(&str)),
        (instructions::PROCESS, instructions::run_here),
        (SCENARIO, run_here),
    ] {
        if let Ok(what) = std::env::var(variable) {
            return run(&what);
        }
    }
    // cargo says `--bench`; what else is said chooses scenarios
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let chosen = SCENARIOS
        .iter()
        .filter(|scenario| wanted.is_empty() || wanted.iter().any(|word| scenario.name.contains(word)));
    let figures: Vec<Figure> = chosen.flat_map(run_in_own_process).collect();
    report::finish(&figures, wanted.is_empty());
}

fn run_here(name: &str) {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).expect("a scenario of this name");
    let figures = (scenario.run)();
    println!("{}", serde_json::to_string(&figures).unwrap());
}

fn run_in_own_process(scenario: &Scenario) -> Vec<Figure> {
    eprintln!("==> {}: {}", scenario.name, scenario.about);
    let emulator = scenario.emulator();
    let variables = emulator.as_ref().map(|emulator| emulator.variables()).unwrap_or_default();
    let output = Command::new(std::env::current_exe().unwrap())
        .envs(variables)
        .env("SIGNPATH_LOG_CONSOLE_LEVEL", "error")
        .env(SCENARIO, scenario.name)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{} failed: {}", scenario.name, output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    let figures: Vec<Figure> = serde_json::from_str(text.lines().last().expect("figures")).unwrap();
    for figure in &figures {
        eprintln!("    {figure}");
    }
    figures
}
