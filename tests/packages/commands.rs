//! The commands of packaging/README.md, as an administrator would copy them; the tests are root already.

use crate::support::artifacts;

/// What installs the files of the archive.
pub fn that_install_the_archive() -> String {
    let commands = commands().into_iter().filter(|command| command.starts_with("install "));
    commands.collect::<Vec<_>>().join("\n")
}

/// What has p11-kit show the token.
pub fn that_switches_p11_kit_on() -> String {
    the_only("ln -s ")
}

/// What undoes that.
pub fn that_switches_p11_kit_off() -> String {
    the_only("rm ")
}

fn the_only(beginning: &str) -> String {
    let mut found = commands().into_iter().filter(|command| command.starts_with(beginning));
    let command = found.next().unwrap_or_else(|| panic!("packaging/README.md has no command {beginning}…"));
    assert_eq!(found.next(), None, "packaging/README.md has several commands {beginning}…");
    command
}

fn commands() -> Vec<String> {
    let readme = std::fs::read_to_string(artifacts::package().join("packaging/README.md")).unwrap();
    readme.lines().filter_map(|line| line.strip_prefix("sudo ")).map(str::to_owned).collect()
}
