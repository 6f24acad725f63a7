//! The command line.

use clap::{Parser, Subcommand};

/// Works with SignPath beside the PKCS#11 module.
#[derive(Parser, Debug)]
#[command(name = "signpath-tool", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {}
