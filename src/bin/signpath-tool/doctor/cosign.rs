//! cosign: whether it is there, whether it can use a PKCS#11 module, and which flags it needs.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output};

use super::process;
use super::report::{Examined, Report, Sound, Trouble};
use crate::outcome::Exit;

const WHICH_TO_GET: &str = "get cosign-linux-pivkey-pkcs11key-amd64 (or -arm64) of cosign's releases, or `go install -tags pkcs11key \
                            github.com/sigstore/cosign/v3/cmd/cosign@v3.1.2`";

/// Asks a cosign about itself.
pub(super) fn examine(report: &mut Report, cosign: &Path) {
    report.examine("cosign", || asked(cosign));
}

fn asked(cosign: &Path) -> Examined<()> {
    let output = match run(cosign, &["version"]) {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(missing(cosign)),
        Err(error) => return Err(does_not_start(cosign, &error.to_string())),
    };
    if !output.status.success() {
        let said = match String::from_utf8_lossy(&output.stderr).trim() {
            "" => output.status.to_string(),
            said => said.to_owned(),
        };
        return Err(does_not_start(cosign, &said));
    }
    let version = version(&output);
    // every cosign has the command; without PKCS#11 it says so, with success, and has no subcommands
    let help = run(cosign, &["pkcs11-tool", "--help"]).map(|output| all_of(&output)).unwrap_or_default();
    if !help.contains("list-tokens") {
        let problem = format!("{} ({version}) was built without PKCS#11", cosign.display());
        return Err(Trouble::new(Exit::Configuration, problem, WHICH_TO_GET));
    }
    let found = format!("{} {version}, with PKCS#11", cosign.display());
    let Some(flags) = flags(&version) else {
        let problem = format!("cosign {version} is none of those that are tested: 2.6 and 3.1");
        return Ok(Sound::new((), [found]).but(problem, "use cosign 3, or 2.6"));
    };
    Ok(Sound::new((), [found, format!("without Sigstore's public services it needs: {flags}")]))
}

/// No failure: many sign with other programs.
fn missing(cosign: &Path) -> Sound<()> {
    let place = if cosign.components().count() > 1 { "" } else { " in PATH" };
    let problem = format!("there is no {}{place}", cosign.display());
    Sound::new((), Vec::new()).but(problem, format!("to sign with cosign, {WHICH_TO_GET}"))
}

fn run(cosign: &Path, arguments: &[&str]) -> std::io::Result<Output> {
    process::output(Command::new(cosign).args(arguments))
}

fn all_of(output: &Output) -> String {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// The line `GitVersion:    v3.1.2`.
fn version(output: &Output) -> String {
    let text = all_of(output);
    let version = text.lines().find_map(|line| line.strip_prefix("GitVersion:"));
    version.map_or("of unknown version", str::trim).trim_start_matches('v').to_owned()
}

fn flags(version: &str) -> Option<&'static str> {
    match version.split('.').next()? {
        "2" => Some("cosign sign --tlog-upload=false, cosign verify --insecure-ignore-tlog=true"),
        "3" => Some(
            "cosign sign --use-signing-config=false --tlog-upload=false, cosign verify --insecure-ignore-tlog=true",
        ),
        _ => None,
    }
}

fn does_not_start(cosign: &Path, errors: &str) -> Trouble {
    let said = errors.lines().next().unwrap_or_default();
    let problem = format!("{} does not start: {said}", cosign.display());
    // the release binaries with PKCS#11 also support PIV cards, and link the library for those
    let remedy = if errors.contains("libpcsclite") {
        "install libpcsclite1 (apt-get install libpcsclite1)"
    } else {
        WHICH_TO_GET
    };
    Trouble::new(Exit::Configuration, problem, remedy)
}
