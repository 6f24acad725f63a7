//! Who can read the files with secrets, and whether a log can be written.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use signpath_pkcs11::config::{Configuration, Setting, Source, settings};
use signpath_pkcs11::error::Code;
use signpath_pkcs11::log::Log;

use super::Silence;
use super::report::{Examined, Report, Sound};

/// Looks at the files that the configuration names, and opens the log as the module does.
pub(super) fn examine(report: &mut Report, configuration: Option<&Configuration>, pin_file: Option<&Path>) {
    report.examine_after("files", configuration, |configuration| permissions(configuration, pin_file));
    report.examine_after("log", configuration, log);
}

fn permissions(configuration: &Configuration, pin_file: Option<&Path>) -> Examined<()> {
    let token = match configuration.source(&settings::API_TOKEN) {
        Some(Source::File { path, .. }) => Some(path.clone()),
        _ => None,
    };
    let client_key = path(configuration, &settings::TLS_CLIENT_CERTIFICATE);
    let pin = pin_file.filter(|path| path.is_file()).map(Path::to_owned);
    let secret: Vec<PathBuf> = token.into_iter().chain(client_key).chain(pin).collect();
    let open: Vec<String> =
        secret.iter().filter(|path| others_can_read(path)).map(|path| path.display().to_string()).collect();
    let found = match secret.as_slice() {
        [] => "no file with a secret is configured".to_owned(),
        files => format!(
            "files with secrets: {}",
            files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
        ),
    };
    let sound = Sound::new((), [found]);
    if open.is_empty() {
        return Ok(sound);
    }
    let open = open.join(" ");
    let problem = format!("others can read {open}, with a secret in it");
    Ok(sound.but(problem, format!("chmod 600 {open}")).coded(Code::TokenReadableByOthers))
}

fn path(configuration: &Configuration, setting: &Setting<PathBuf>) -> Option<PathBuf> {
    configuration.get(setting).ok().flatten()
}

fn others_can_read(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

fn log(configuration: &Configuration) -> Examined<()> {
    match Log::new(configuration, Box::new(Silence)).folder() {
        Ok(Some(folder)) => Ok(Sound::new((), [format!("written in {}", folder.display())])),
        Ok(None) => Ok(Sound::new((), ["none is written (Log.File.Level is none)".to_owned()])),
        // signing goes on without it
        Err(notice) => {
            let remedy = "set Log.File.Directory (SIGNPATH_LOG_FILE_DIRECTORY) to a folder of your own";
            Ok(Sound::new((), Vec::new()).but(notice.text(), remedy).coded(notice.code()))
        }
    }
}
