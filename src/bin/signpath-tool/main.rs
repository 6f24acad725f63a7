//! `signpath-tool`: what people and pipelines do with SignPath beside the PKCS#11 module.
//!
//! Standard output carries results only, text or JSON; everything else goes to standard error. Each way in which a
//! command can end has an exit code of its own ([`outcome::Exit`]).

mod arguments;
mod console;
#[allow(dead_code)]
mod interruption;
#[allow(dead_code)]
mod origin;
mod outcome;
#[allow(dead_code)]
mod service;
#[allow(dead_code)]
mod signed_artifact;
#[allow(dead_code)]
mod signing_request;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use console::Console;
use outcome::Result;

fn main() -> ExitCode {
    // two libraries bring TLS; both are to use this provider, and it can only be installed once
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let arguments = Arguments::parse();
    let console = Console::new();
    match run(arguments.command, &console) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console.error(&failure.to_string());
            failure.exit().into()
        }
    }
}

fn run(command: Command, _console: &Console) -> Result<()> {
    match command {}
}
