//! The module, loaded by a process of its own: one that crashes, or hangs, takes nobody with it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clap::Args;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use serde::{Deserialize, Serialize};

use super::process;
use super::report::{Examined, Report, Sound, Trouble};
use crate::commands;
use crate::key_name::TOKEN;
use crate::outcome::{Ending, Exit, Result};

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
    let Output { status, stdout, stderr } =
        in_own_process(path).map_err(|problem| trouble(problem, "install the module anew"))?;
    let Ok(Loaded { library, tokens }) = serde_json::from_slice(&stdout) else {
        let errors = String::from_utf8_lossy(&stderr);
        let said = errors.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let problem = format!(
            "{} cannot be loaded: {}",
            path.display(),
            if said.is_empty() { status.to_string() } else { said.to_owned() }
        );
        return Err(trouble(problem, "install what it names; `ldd` on the file lists what is missing"));
    };
    if !tokens.iter().any(|token| token == TOKEN) {
        let named: Vec<String> = tokens.into_iter().filter(|token| !token.is_empty()).collect();
        let others = if named.is_empty() { "no other with a name".to_owned() } else { named.join(", ") };
        let problem = format!("{library} has no token {TOKEN}, but {others}: it is another module");
        return Err(trouble(
            problem,
            "name libsignpath_pkcs11.so in COSIGN_PKCS11_MODULE_PATH or by --module",
        ));
    }
    Ok(Sound::new((), [format!("{library}, token {}", tokens.join(", "))]))
}

/// How it ended, and what it wrote.
fn in_own_process(path: &Path) -> std::result::Result<Output, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = process::output(Command::new(this).arg("load-module").arg(path));
    output.map_err(|error| match error.kind() {
        ErrorKind::TimedOut => format!("the module did not load within {} s", process::LIMIT.as_secs()),
        _ => error.to_string(),
    })
}
