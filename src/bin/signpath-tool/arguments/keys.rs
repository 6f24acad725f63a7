//! The command line of what is about keys: listing, exporting, naming, signing a hash.

use std::path::PathBuf;

use clap::Args;

use super::OutputOptions;
use crate::key_name::Program;

/// What `uri` is told.
#[derive(Args, Debug)]
pub(crate) struct Uri {
    /// The key as PROJECT/POLICY, whose URI is printed; or a URI, which is explained; `-` reads it from standard input
    ///
    /// A URI with a PIN in it belongs on standard input: other users of the machine can read command lines.
    // read later: the parser of the command line would repeat a URI that it refuses, and its PIN with it
    #[arg(value_name = "KEY|URI")]
    pub(crate) subject: String,

    /// The program that the URI is for
    #[arg(long = "for", value_enum, value_name = "PROGRAM", default_value_t = Program::Cosign)]
    pub(crate) program: Program,

    /// Put the path of the module into the URI, in place of COSIGN_PKCS11_MODULE_PATH
    #[arg(long, value_name = "FILE")]
    pub(crate) module_path: Option<PathBuf>,

    /// Put the PIN in this file into the URI, which then is a secret, too; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) pin_file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) output: OutputOptions,
}
