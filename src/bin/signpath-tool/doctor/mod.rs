//! `signpath-tool doctor`: one examination after the other, from the configuration to a signature.
//!
//! What an examination needs of the one before is handed on, so that a single cause is told once: what comes after it
//! is not examined. A module's file is looked into before it is loaded, so that what keeps it from loading is named.
//! Nothing is signed unless `--sign` says so. The report has no secret in it and can be pasted into a ticket.

mod configuration;
mod cosign;
mod exchange;
mod files;
mod load;
mod module;
mod network;
mod process;
mod report;
mod service;
mod tls;

use std::path::PathBuf;

use clap::Args;
use signpath_pkcs11::log::Console;

use crate::arguments::OutputOptions;

pub(crate) use load::{LoadModule, load_module};
use report::Part;
pub(crate) use report::Report;

/// What `doctor` is told.
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Make a test signature with this key (PROJECT/POLICY, or its PKCS#11 URI), and verify it; without a name, with
    /// the only key that there is
    // a key's name is read later: the parser of the command line would repeat a URI that it refuses
    #[arg(long, value_name = "KEY", num_args = 0..=1, default_missing_value = "")]
    pub(crate) sign: Option<String>,

    /// The module [default: COSIGN_PKCS11_MODULE_PATH, else beside this tool, else in the system's folders]
    #[arg(long, value_name = "FILE")]
    pub(crate) module: Option<PathBuf>,

    /// The cosign to look at
    #[arg(long, value_name = "PROGRAM", default_value = "cosign")]
    pub(crate) cosign: PathBuf,

    /// Examine with the PIN in this file, <organization id>:<API token>, in place of the configured credentials
    #[arg(long, value_name = "FILE")]
    pub(crate) pin_file: Option<PathBuf>,

    /// Leave out a check, such as cosign where none is used; can be repeated
    #[arg(long, value_enum, value_name = "CHECK")]
    pub(crate) skip: Vec<Part>,

    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// Nothing of the library's log belongs into the report, which says the same in its own order.
struct Silence;

impl Console for Silence {
    fn write(&self, _: &[u8]) {}
}

/// Examines everything.
pub(crate) fn examine(arguments: &Doctor) -> Report {
    let mut report = Report::without(&arguments.skip);
    let setup = configuration::examine(&mut report, arguments.pin_file.as_deref());
    let reached = network::examine(&mut report, setup.configuration.as_ref());
    let signing = service::examine(&mut report, &setup, reached, arguments.sign.as_deref());
    let module = module::examine(&mut report, arguments.module.as_deref());
    load::examine(&mut report, module);
    cosign::examine(&mut report, &arguments.cosign);
    files::examine(&mut report, setup.configuration.as_ref(), arguments.pin_file.as_deref());
    service::sign(&mut report, signing);
    report.conceal(&setup.secrets());
    report
}
