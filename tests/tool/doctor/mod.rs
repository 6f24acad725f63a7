//! `signpath-tool doctor`: a set-up in which everything is right, and what it says when one thing is broken.
//!
//! Each test breaks one thing, and the one row that is told as its cause is compared; what comes after it is not
//! examined.

mod cosign;
mod module;
mod network;
mod output;
mod service;
mod settings;

use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::desk::{Desk, text};
use crate::support::bench::module;
use crate::support::tools::tool;

/// Everything right: an emulator, the module where cosign finds it, a cosign with PKCS#11.
fn sound(desk: Desk) -> Desk {
    let folder = desk.bench.path("bin");
    std::fs::create_dir(&folder).unwrap();
    symlink(tool("cosign-3"), folder.join("cosign")).unwrap();
    desk.and_variable("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .and_variable("COSIGN_PKCS11_MODULE_PATH", module())
}

fn desk() -> Desk {
    sound(Desk::new())
}

/// A row of the report.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    name: String,
    status: String,
    problem: String,
    remedy: String,
}

/// The rows of the report; the tool must end with this exit code.
fn rows(desk: &Desk, code: i32, arguments: &[&str]) -> Vec<Row> {
    let arguments = [&["doctor", "--output", "json"], arguments].concat();
    let output = desk.command(&arguments).output().unwrap();
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{errors}\n{}", text(&output.stdout));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let row = |check: &Value| {
        let field = |name: &str| check[name].as_str().unwrap_or_default().to_owned();
        Row {
            name: field("name"),
            status: field("status"),
            problem: field("problem"),
            remedy: field("remedy"),
        }
    };
    report["checks"].as_array().unwrap().iter().map(row).collect()
}

/// The only row that is told as a failure or as a warning.
fn only_cause(desk: &Desk, code: i32, arguments: &[&str]) -> Row {
    let told = |row: &Row| row.status != "passed" && row.status != "skipped";
    let mut causes: Vec<Row> = rows(desk, code, arguments).into_iter().filter(told).collect();
    assert_eq!(causes.len(), 1, "{causes:#?}");
    causes.remove(0)
}

/// Fails unless this row is the only one that has failed, and says this.
fn fails(desk: &Desk, code: i32, arguments: &[&str], name: &str, problem: &str, remedy: &str) {
    let cause = only_cause(desk, code, arguments);
    assert_eq!((cause.name.as_str(), cause.status.as_str()), (name, "failed"), "{cause:#?}");
    assert!(cause.problem.contains(problem) && cause.remedy.contains(remedy), "{cause:#?}");
}

/// Fails unless this row is the only one with a warning, nothing has failed, and it says this.
fn warns(desk: &Desk, arguments: &[&str], name: &str, problem: &str, remedy: &str) {
    let cause = only_cause(desk, 0, arguments);
    assert_eq!((cause.name.as_str(), cause.status.as_str()), (name, "warning"), "{cause:#?}");
    assert!(cause.problem.contains(problem) && cause.remedy.contains(remedy), "{cause:#?}");
}
