//! `signpath-emulator`: a strict local SignPath.
//!
//! It uses none of the module's code and has its own wire types on purpose: shared ones would make the same misspelling
//! pass on both sides. What it knows of SignPath is what is publicly documented or was recorded; where that leaves a
//! question open, comments say UNKNOWN and [`shapes`] offers every plausible answer.
//!
//! # The map
//!
//! | room | what it is |
//! | --- | --- |
//! | [`arguments`], [`environment_file`] | the command line; the file that a shell reads |
//! | [`emulator`], [`generation`] | the state that everything shares; how old the server is |
//! | [`benchmark`] | what is remembered, and not done again, while something else is measured |
//! | [`organization`] | users, signing policies, who may submit where |
//! | [`artifacts`] | archives, artifact configurations, signed files |
//! | [`signing_requests`] | signing requests for files, from submission to end |
//! | [`signing`] | keys and signatures, in process or in a PKCS#11 token |
//! | [`http`] | requests, answers, problem details, without sockets |
//! | [`api`] | SignPath's routes, one file a family |
//! | [`control`] | the routes under `/emulator`, for tests and scripts |
//! | [`shapes`], [`faults`] | how answers look where it is not known; what goes wrong next |
//! | [`audit_log`], [`request_log`] | what was signed; what was asked |
//! | [`server`] | sockets, TLS, delivery |
//!
//! # The way of one request
//!
//! `server` accepts a connection and reads the request whole; the request log counts it; the fault queue says what will
//! go wrong; `api` finds the route, checks token and organization, and hands over to the route's file; that reads its
//! wire type into a hash signing request, which `api::hash_signing` permits or refuses, has signed on a thread that may
//! block, and writes into the audit log; `server` sends the answer, as slowly or as incompletely as the fault wants.
//!
//! Files are answered at once and signed later: `api` keeps a signing request, a task of `signing_requests` leads it
//! through its statuses and has `artifacts` sign, and other routes show how far it is.
#![cfg_attr(all(feature = "fuzzing", not(test)), no_main)]

mod api;
mod arguments;
mod artifacts;
mod audit_log;
mod benchmark;
mod control;
mod emulator;
mod environment_file;
mod faults;
#[cfg(feature = "fuzzing")]
#[path = "../../../fuzz/emulator/mod.rs"]
mod fuzzing;
mod generation;
mod http;
mod identifiers;
mod organization;
mod request_log;
mod server;
mod shapes;
mod signing;
mod signing_requests;

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use arguments::Arguments;
use audit_log::Reporting;
use benchmark::Remembered;
use emulator::{Emulator, Settings};
use environment_file::Environment;
use organization::artifact_configuration::StoredConfiguration;
use organization::default_data::{self, ORGANIZATION_ID};
use signing::hardware::HardwareToken;
use signing::key_store::KeyStore;

/// So long is waited for signatures in flight when the emulator ends.
const LONGEST_SIGNATURE: Duration = Duration::from_secs(1);

#[cfg_attr(feature = "fuzzing", allow(dead_code, reason = "the fuzzer has its own"))]
fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            // With standard error closed there is nobody left to tell.
            let _ = writeln!(io::stderr(), "signpath-emulator: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Why the emulator did not start, in a line for a person.
#[derive(Debug)]
pub(crate) struct StartupError(String);

impl StartupError {
    pub(crate) fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for StartupError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for StartupError {}

fn run(arguments: &Arguments) -> Result<(), StartupError> {
    refuse_remote_clients(arguments)?;
    let tls = tls_acceptor(arguments)?;
    let keys = key_store(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|reason| StartupError::new(format!("the runtime does not start: {reason}")))?;
    let result = runtime.block_on(listen_and_serve(arguments, keys, tls));
    // A signature in a PKCS#11 token is waited for: unloading the token's library under it would crash.
    runtime.shutdown_timeout(LONGEST_SIGNATURE);
    result
}

fn refuse_remote_clients(arguments: &Arguments) -> Result<(), StartupError> {
    if arguments.listen.ip().is_loopback() || arguments.allow_remote_clients {
        return Ok(());
    }
    Err(StartupError::new(format!(
        "--listen {} is not a loopback address: other machines could sign with the test keys; \
         add --allow-remote-clients if that is what you want",
        arguments.listen
    )))
}

fn tls_acceptor(arguments: &Arguments) -> Result<Option<TlsAcceptor>, StartupError> {
    match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificates), Some(key)) => server::tls::acceptor(certificates, key).map(Some),
        _ => Ok(None),
    }
}

fn key_store(arguments: &Arguments) -> Result<KeyStore, StartupError> {
    let Some(module) = &arguments.hsm else { return KeyStore::in_process().map_err(StartupError::new) };
    HardwareToken::open(module, &arguments.hsm_token, &arguments.hsm_pin)
        .and_then(KeyStore::in_token)
        .map_err(|reason| StartupError::new(format!("--hsm: {reason}")))
}

async fn listen_and_serve(
    arguments: &Arguments,
    keys: KeyStore,
    tls: Option<TlsAcceptor>,
) -> Result<(), StartupError> {
    let cannot_listen =
        |reason: io::Error| StartupError::new(format!("cannot listen on {}: {reason}", arguments.listen));
    let listener = TcpListener::bind(arguments.listen).await.map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    let emulator = Emulator::new(settings(arguments, address)?, keys);
    let ending = ending(arguments)?;
    write_environment_file(arguments, &emulator)?;
    announce(&emulator)?;
    tokio::select! {
        () = server::serve(emulator, listener, tls) => {}
        () = ending => {}
    }
    Ok(())
}

fn settings(arguments: &Arguments, address: SocketAddr) -> Result<Settings, StartupError> {
    let scheme = if arguments.tls_cert.is_some() { "https" } else { "http" };
    Ok(Settings {
        generation: arguments.api,
        origin: format!("{scheme}://{address}"),
        initial_shapes: arguments.chosen_shapes(),
        artifact_configurations: artifact_configurations(arguments)?,
        reporting: if arguments.quiet { Reporting::Quiet } else { Reporting::StandardError },
        additional_policies: arguments.signing_policies,
        delay: Duration::from_millis(arguments.delay),
        remembered: arguments.benchmark.then(Remembered::default),
    })
}

/// The defaults, and those of the command line.
fn artifact_configurations(arguments: &Arguments) -> Result<Vec<StoredConfiguration>, StartupError> {
    let mut configurations =
        default_data::artifact_configurations(arguments.api).map_err(StartupError::new)?;
    for choice in &arguments.artifact_configurations {
        let file = choice.file.display();
        let failure = |reason: &dyn fmt::Display| {
            StartupError::new(format!("--artifact-configuration {}={file}: {reason}", choice.path))
        };
        let xml = std::fs::read_to_string(&choice.file).map_err(|reason| failure(&reason))?;
        let configuration = StoredConfiguration::read(choice.path.clone(), &xml, arguments.api);
        configurations.push(configuration.map_err(|reason| failure(&reason))?);
    }
    Ok(configurations)
}

fn write_environment_file(arguments: &Arguments, emulator: &Emulator) -> Result<(), StartupError> {
    let Some(path) = &arguments.env_file else { return Ok(()) };
    let environment = Environment {
        origin: &emulator.settings.origin,
        organization_id: ORGANIZATION_ID,
        certificate_authority: arguments.tls_ca.as_deref().or(arguments.tls_cert.as_deref()),
    };
    environment_file::write(path, &environment)
        .map_err(|reason| StartupError::new(format!("--env-file {}: {reason}", path.display())))
}

/// The one line on standard output: scripts wait for it and read the address from it.
fn announce(emulator: &Emulator) -> Result<(), StartupError> {
    let origin = &emulator.settings.origin;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "signpath-emulator listening on {origin}/Api (organization {ORGANIZATION_ID})")
        .and_then(|()| stdout.flush())
        .map_err(|reason| StartupError::new(format!("standard output: {reason}")))
}

/// Done when the emulator shall end: SIGINT, SIGTERM, or the end of standard input if that counts.
///
/// Not by tokio's signals: where one program of a build uses them, they open a pair of sockets in the module, too.
fn ending(arguments: &Arguments) -> Result<impl Future<Output = ()> + use<>, StartupError> {
    let signalled = Arc::new(Notify::new());
    let handler = Arc::clone(&signalled);
    ctrlc::set_handler(move || handler.notify_one()).map_err(StartupError::new)?;
    let stdin_closed = arguments.stop_with_stdin.then(end_of_standard_input);
    Ok(async move {
        let stdin_closed = async {
            match stdin_closed {
                Some(closed) => drop(closed.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = signalled.notified() => {}
            () = stdin_closed => {}
        }
    })
}

/// A thread of its own reads: one that waits for input cannot be stopped, and must not keep the runtime from ending.
fn end_of_standard_input() -> oneshot::Receiver<()> {
    let (closed, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut ignored = [0; 1024];
        while matches!(io::stdin().read(&mut ignored), Ok(length) if length > 0) {}
        drop(closed);
    });
    receiver
}
