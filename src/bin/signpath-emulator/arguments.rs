//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::generation::Generation;
use crate::organization::artifact_configuration::ConfigurationPath;
use crate::shapes::Shapes;

const EXAMPLES: &str = "\
Examples:
  Start, and let a shell use it (in another shell: `. ./emulator.env`):
    signpath-emulator --env-file emulator.env

  A server that is too old to know SigningRequests/SignHash, on a fixed port:
    signpath-emulator --api legacy --listen 127.0.0.1:8080

  HTTPS with the certificate of the test fixtures:
    signpath-emulator --tls-cert softhsm-fixtures/tls/server.pem \\
      --tls-key softhsm-fixtures/tls/server.key.pem --tls-ca softhsm-fixtures/tls/ca.pem

  Signatures made by SoftHSM:
    eval \"$(softhsm-fixtures/make-softhsm-token.sh /tmp/token)\"
    signpath-emulator --hsm /usr/lib/softhsm/libsofthsm2.so

  While it runs (the port is in the line that it prints):
    curl http://127.0.0.1:8080/emulator/audit
    curl -X PUT -d '{\"ec-key-type\":\"Ec\"}' http://127.0.0.1:8080/emulator/shapes
    curl -d '{\"route\":\"signHash\",\"status\":503,\"headers\":{\"Retry-After\":\"1\"}}' http://127.0.0.1:8080/emulator/faults";

/// A strict local SignPath for tests and demonstrations.
///
/// Speaks the part of SignPath's REST API that hash signing and detached signatures of files need, with public test keys, to anybody who can reach it.
/// It refuses what the documentation does not allow, says why, and keeps an audit log. When it is ready it prints one
/// line on standard output with its address.
#[derive(Parser, Debug)]
#[command(
    name = "signpath-emulator",
    version,
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{}", shapes_help())
)]
pub(crate) struct Arguments {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,

    /// Listen on an address that other machines can reach: they can then sign with the test keys
    #[arg(long)]
    pub(crate) allow_remote_clients: bool,

    /// Which server to be
    #[arg(long, value_enum, default_value_t = Generation::Current)]
    pub(crate) api: Generation,

    /// Certificate chain for HTTPS, PEM, the server's own certificate first
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Private key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Certificate that clients shall trust, for --env-file [default: the file of --tls-cert]
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_ca: Option<PathBuf>,

    /// Write what a shell needs (export SIGNPATH_…) to this file, readable by its owner only
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,

    /// Let the token of this PKCS#11 module sign, instead of signing in process
    #[arg(long, value_name = "MODULE")]
    pub(crate) hsm: Option<PathBuf>,

    /// Label of the token
    #[arg(long, value_name = "LABEL", default_value = "signpath-fixtures", requires = "hsm")]
    pub(crate) hsm_token: String,

    /// User PIN of the token
    #[arg(long, value_name = "PIN", default_value = "1234", requires = "hsm")]
    pub(crate) hsm_pin: String,

    /// Choose how to answer where SignPath's own answer is not known; --help lists the choices
    #[arg(long = "shape", value_name = "KEY=VALUE", value_parser = parse_shape)]
    pub(crate) shapes: Vec<ShapeChoice>,

    /// Add an artifact configuration, or replace a default one; may be given several times
    #[arg(
        long = "artifact-configuration",
        value_name = "PROJECT/SLUG=FILE",
        value_parser = parse_artifact_configuration
    )]
    pub(crate) artifact_configurations: Vec<ConfigurationChoice>,

    /// Add so many signing policies, benchmark/policy-00001 and on, which share the test keys
    #[arg(long, value_name = "NUMBER", default_value_t = 0, value_parser = policies())]
    pub(crate) signing_policies: usize,

    /// Answer each API request so many milliseconds after its arrival, as if the client were that far away
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    pub(crate) delay: u64,

    /// Cost as little as possible: keep no logs, sign a hash once and list once, and give the same again
    #[arg(long)]
    pub(crate) benchmark: bool,

    /// End when standard input is closed
    #[arg(long)]
    pub(crate) stop_with_stdin: bool,

    /// Do not print signing requests on standard error
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// One `--shape`, checked against the table.
#[derive(Debug, Clone)]
pub(crate) struct ShapeChoice {
    key: String,
    value: String,
}

/// One `--artifact-configuration`; the file is read later.
#[derive(Debug, Clone)]
pub(crate) struct ConfigurationChoice {
    pub(crate) path: ConfigurationPath,
    pub(crate) file: PathBuf,
}

impl Arguments {
    /// The shapes that were chosen, the last word on each key, over the defaults.
    pub(crate) fn chosen_shapes(&self) -> Shapes {
        let mut shapes = Shapes::default();
        for choice in &self.shapes {
            // Cannot fail: `parse_shape` has tried it.
            let _ = shapes.set(&choice.key, &choice.value);
        }
        shapes
    }
}

fn parse_shape(text: &str) -> Result<ShapeChoice, String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Shapes::default().set(key, value).map_err(|unknown| unknown.to_string())?;
    Ok(ShapeChoice { key: key.to_owned(), value: value.to_owned() })
}

fn parse_artifact_configuration(text: &str) -> Result<ConfigurationChoice, String> {
    let (path, file) = text.split_once('=').ok_or("expected PROJECT/SLUG=FILE")?;
    let path = ConfigurationPath::parse(path)
        .ok_or_else(|| format!("'{path}' is not of the form project/artifact-configuration"))?;
    Ok(ConfigurationChoice { path, file: file.into() })
}

fn shapes_help() -> String {
    let mut help = String::from("Shapes (the first value is the default):");
    for shape in Shapes::TABLE {
        help += &format!("\n  {}={}\n      {}", shape.key, shape.values.join("|"), shape.about);
    }
    help
}

/// More would only take all memory.
fn policies() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(0..=1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::{EcKeyType, GpgPolicy};

    fn parse(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from([&["signpath-emulator"], arguments].concat())
    }

    #[test]
    fn without_arguments_it_is_a_current_server_on_loopback() {
        let arguments = parse(&[]).unwrap();
        assert_eq!(arguments.listen.to_string(), "127.0.0.1:0");
        assert_eq!(arguments.api, Generation::Current);
    }

    #[test]
    fn shapes_are_checked_and_the_last_word_counts() {
        let arguments =
            parse(&["--shape", "ec-key-type=Ec", "--shape", "gpg-policy=on", "--shape", "ec-key-type=EC"]);
        let shapes = arguments.unwrap().chosen_shapes();
        assert_eq!((shapes.ec_key_type, shapes.gpg_policy), (EcKeyType::UpperEc, GpgPolicy::On));
        let refusal = parse(&["--shape", "ec-key-type=ec"]).unwrap_err().to_string();
        assert!(refusal.contains("shape 'ec-key-type' has no value 'ec'"), "{refusal}");
    }

    #[test]
    fn options_that_need_another_say_so() {
        for alone in [["--tls-cert", "a"], ["--tls-key", "a"], ["--tls-ca", "a"], ["--hsm-pin", "a"]] {
            let refusal = parse(&alone).unwrap_err();
            assert_eq!(refusal.kind(), clap::error::ErrorKind::MissingRequiredArgument, "{alone:?}");
        }
    }
}
