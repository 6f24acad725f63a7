//! The module, loaded by a process of its own: one that crashes, or hangs, takes nobody with it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use serde::{Deserialize, Serialize};

use super::report::{Examined, Report, Sound, Trouble};
use crate::commands;
use crate::key_name::TOKEN;
use crate::outcome::{Ending, Exit, Result};

/// A module asks no network before a login.
const LIMIT: Duration = Duration::from_secs(20);

/// What `load-module` is told: it is the process of its own.
#[derive(Args, Debug)]
pub(crate) struct LoadModule {
    path: PathBuf,
}

/// What a module says of itself.
#[derive(Serialize, Deserialize)]
struct Loaded {
    library: String,
    tokens: Vec<String>,
}

/// Loads a module into this process, and prints what it says of itself.
pub(crate) fn load_module(arguments: &LoadModule) -> Result<()> {
    let cannot = |error: cryptoki::error::Error| Ending::new(Exit::Failed, error.to_string());
    let module = Pkcs11::new(&arguments.path).map_err(cannot)?;
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).map_err(cannot)?;
    let info = module.get_library_info().map_err(cannot)?;
    let version = info.library_version();
    let library = format!(
        "{} {}.{} of {}",
        info.library_description().trim(),
        version.major(),
        version.minor(),
        info.manufacturer_id().trim()
    );
    let slots = module.get_slots_with_token().map_err(cannot)?;
    let labels =
        slots.into_iter().map(|slot| module.get_token_info(slot).map(|info| info.label().trim().to_owned()));
    commands::print_json(&Loaded {
        library,
        tokens: labels.collect::<std::result::Result<_, _>>().map_err(cannot)?,
    })
}

/// Loads the module, and looks for its token.
pub(super) fn examine(report: &mut Report, module: Option<PathBuf>) {
    report.examine_after("load", module, |path| loaded(&path));
}

fn loaded(path: &Path) -> Examined<()> {
    let trouble = |problem: String, remedy: &str| Trouble::new(Exit::Configuration, problem, remedy);
    let (status, output, errors) =
        in_own_process(path).map_err(|problem| trouble(problem, "install the module anew"))?;
    let Ok(Loaded { library, tokens }) = serde_json::from_slice(&output) else {
        let said = errors.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let problem = format!(
            "{} cannot be loaded: {}",
            path.display(),
            if said.is_empty() { status.to_string() } else { said.to_owned() }
        );
        return Err(trouble(problem, "install what it names; `ldd` on the file lists what is missing"));
    };
    if !tokens.iter().any(|token| token == TOKEN) {
        let tokens = if tokens.is_empty() { "none".to_owned() } else { tokens.join(", ") };
        let problem = format!("{library} has no token {TOKEN}, but {tokens}: it is another module");
        return Err(trouble(
            problem,
            "name libsignpath_pkcs11.so in COSIGN_PKCS11_MODULE_PATH or by --module",
        ));
    }
    Ok(Sound::new((), [format!("{library}, token {}", tokens.join(", "))]))
}

/// How it ended, and what it wrote.
fn in_own_process(path: &Path) -> std::result::Result<(ExitStatus, Vec<u8>, String), String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(this);
    command.arg("load-module").arg(path).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let status = ended(&mut child)?;
    let (mut output, mut errors) = (Vec::new(), String::new());
    // what it writes fits into a pipe
    let _ = child.stdout.take().map(|mut stdout| stdout.read_to_end(&mut output));
    let _ = child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut errors));
    Ok((status, output, errors))
}

fn ended(child: &mut Child) -> std::result::Result<ExitStatus, String> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(status);
        }
        if started.elapsed() > LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("the module did not load within {} s", LIMIT.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
