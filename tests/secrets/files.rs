//! The files: what the module writes is for its owner only, and a configuration file that is not is warned about.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use serde_json::json;

use crate::host::{Call, Host};
use crate::support::artifacts;
use crate::support::emulator::Emulator;

/// Everything under a folder, with its mode.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let mut modes: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().mode() & 0o777))
        .collect();
    modes.sort();
    modes
}

#[test]
fn log_files_old_ones_too_and_the_folders_that_are_made_for_them_are_readable_by_their_owner_only() {
    let emulator = Emulator::start();
    let (parent, folder) = (emulator.folder().join("state"), emulator.folder().join("state/log"));
    let mut variables = emulator.variables();
    variables.push(("SIGNPATH_LOG_FILE_DIRECTORY", folder.to_str().unwrap().to_owned()));
    let mut host = Host::start(&artifacts::module(), &[], &variables);
    host.succeeds(&[Call::Initialize, Call::Find]);
    let log =
        std::fs::File::options().append(true).open(folder.join("SignPath.CryptoProviders.Cryptoki.txt"));
    log.unwrap().set_len(10_000_000).unwrap();
    host.succeeds(&[Call::Sign]);

    assert_eq!(modes(&emulator.folder().join("state")), [("log".to_owned(), 0o700)]);
    let files = ["SignPath.CryptoProviders.Cryptoki.1.txt", "SignPath.CryptoProviders.Cryptoki.txt"];
    assert_eq!(modes(&folder), files.map(|name| (name.to_owned(), 0o600)));
    assert_eq!(std::fs::metadata(parent).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn a_configuration_file_with_a_token_that_others_can_read_is_warned_about_and_one_for_its_owner_is_not() {
    for (mode, warned) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o620, true)] {
        let emulator = Emulator::start();
        let file = emulator.folder().join("configuration.json");
        let content = json!({"OrganizationId": emulator.organization, "ApiToken": emulator.token});
        std::fs::write(&file, content.to_string()).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let mut variables = emulator.address();
        variables.push(("SIGNPATH_CONFIG_FILE", file.to_str().unwrap().to_owned()));
        variables.push(("SIGNPATH_LOG_CONSOLE_LEVEL", "warning".to_owned()));
        let mut host = Host::start(&artifacts::module(), &[], &variables);
        host.succeeds(&[Call::Initialize, Call::Find]);

        let warning = format!(
            "signpath-pkcs11: warning: configuration file {} holds the API token and others can read it; run chmod \
             600 on it [SP1105]\n",
            file.display()
        );
        assert_eq!(host.console(), if warned { warning } else { String::new() }, "mode {mode:o}");
    }
}
