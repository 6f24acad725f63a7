//! How a host begins: what the module does before anybody asks for a key.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::artifacts;
use crate::support::c_program::compile;

/// The calls to the system that a host makes, as strace tells them, from the loaded module to the token's name.
fn calls_at_the_start(folder: &Path, configuration: &Path) -> Vec<String> {
    let host = folder.join("start");
    compile("start.c", &host);
    let trace = folder.join("trace");
    let output = Command::new(artifacts::program("strace", "strace"))
        .args(["-f", "-o"])
        .args([&trace, &host, &artifacts::module()])
        .env_clear()
        .env("SIGNPATH_CONFIG_FILE", configuration)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<String> = std::fs::read_to_string(trace).unwrap().lines().map(str::to_owned).collect();
    let position =
        |word: &str| lines.iter().position(|line| line.contains(&format!("write(1, \"{word}"))).unwrap();
    lines[position("loaded") + 1..position("started")].to_vec()
}

/// Those of these names.
fn of_names<'a>(calls: &'a [String], names: &[&str]) -> Vec<&'a String> {
    let is_one = |line: &&String| {
        let call = line.split_once(' ').map_or("", |(_, call)| call.trim());
        names.iter().any(|name| call.starts_with(&format!("{name}(")))
    };
    calls.iter().filter(is_one).collect()
}

#[test]
fn from_its_loading_to_the_tokens_name_the_module_reads_its_configuration_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = folder.path().join("signpath.json");
    let content = r#"{"OrganizationId": "5f0bcbd4-9c4e-4a6e-8f37-2d6c1b7a9e01", "ApiToken": "secret"}"#;
    std::fs::write(&configuration, content).unwrap();
    // a token that others can read would be warned about, in the log
    std::fs::set_permissions(&configuration, std::fs::Permissions::from_mode(0o600)).unwrap();
    let calls = calls_at_the_start(folder.path(), &configuration);

    let opened = of_names(&calls, &["open", "openat", "openat2"]);
    assert_eq!(opened.len(), 1, "{opened:?}");
    assert!(opened[0].contains(configuration.to_str().unwrap()), "{opened:?}");
    let network = of_names(&calls, &["socket", "connect", "bind", "sendto", "sendmsg"]);
    assert_eq!(network, [] as [&String; 0]);
    let children = of_names(&calls, &["clone", "clone3", "fork", "vfork", "execve"]);
    assert_eq!(children, [] as [&String; 0]);
}
