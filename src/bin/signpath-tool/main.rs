//! `signpath-tool`: what people and pipelines do with SignPath beside the PKCS#11 module.
//!
//! Standard output carries results only, text or JSON; everything else goes to standard error. Each way in which a
//! command can end has an exit code of its own ([`outcome::Exit`]).
//!
//! # The map
//!
//! | room | what it is |
//! | --- | --- |
//! | [`arguments`], [`examples`], [`console`], [`table`], [`outcome`] | the command line; what `--help` shows of it; messages; tables; exit codes |
//! | [`commands`] | one file a command: it asks the rooms below, and prints |
//! | [`key_name`], [`pkcs11_uri`], [`key_certificate`] | what keys are called, here and by each program; how long their certificates are valid |
//! | [`doctor`] | what may be wrong between the configuration and a signature |
//! | [`resolution`] | names looked up in registries |
//! | [`images`] | names of images, and what they stand for |
//! | [`metadata`] | what is signed, and whether it is about the right image; the archive that SignPath signs |
//! | [`signer`] | whether a signature is one of the key over exactly these bytes |
//! | [`attachments`] | how signatures lie in a registry: pushed, and read back |
//! | [`artifact_configuration`] | what a project in SignPath must be told |
//! | [`service`], [`signing_request`], [`signed_artifact`] | SignPath: submit, wait, read what comes back without trust |
//! | [`origin`], [`interruption`], [`command_line`] | where a build comes from; Ctrl-C; commands to copy |
//! | [`registry`] | the OCI registry: access, manifests, blobs, tags that others write, too |
#![cfg_attr(all(feature = "fuzzing", not(test)), no_main)]

mod arguments;
mod artifact_configuration;
mod attachments;
mod command_line;
mod commands;
mod console;
mod doctor;
mod examples;
mod files;
#[cfg(feature = "fuzzing")]
#[path = "../../../fuzz/tool/mod.rs"]
mod fuzzing;
mod images;
mod interruption;
mod key_certificate;
mod key_name;
mod metadata;
mod origin;
mod outcome;
mod pkcs11_uri;
mod registry;
mod resolution;
mod service;
mod signed_artifact;
mod signer;
mod signing_request;
mod table;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use console::Console;
use outcome::{Ending, Exit, Result};

#[cfg_attr(feature = "fuzzing", allow(dead_code, reason = "the fuzzer has its own"))]
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

fn run(command: Command, console: &Console) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Ending::new(Exit::Failed, format!("preparing for requests: {error}")))?;
    match command {
        Command::SignImage(arguments) => commands::sign_image::run(&arguments, console, &runtime),
        Command::Submit(arguments) => commands::submit::run(&arguments, console),
        Command::Generate(arguments) => runtime.block_on(commands::generate::run(arguments, console)),
        Command::Attach(arguments) => runtime.block_on(commands::attach::run(arguments, console)),
        Command::Verify(arguments) => runtime.block_on(commands::verify::run(arguments, console)),
        Command::Keys(arguments) => commands::keys::run(&arguments, console),
        Command::PublicKey(arguments) => commands::export::public_key(&arguments),
        Command::Certificate(arguments) => commands::export::certificate(&arguments),
        Command::SignHash(arguments) => commands::sign_hash::run(&arguments),
        Command::Doctor(arguments) => commands::doctor::run(&arguments, console),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::LoadModule(arguments) => doctor::load_module(&arguments),
        Command::Uri(arguments) => commands::uri::run(&arguments, console),
        Command::Completions(arguments) => commands::documents::completions(&arguments),
        Command::Man(arguments) => commands::documents::man(&arguments, console),
        Command::ArtifactConfiguration(arguments) => {
            commands::print(artifact_configuration::xml(arguments.format, arguments.images))
        }
    }
}
