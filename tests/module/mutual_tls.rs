//! stunnel as a server that demands a client certificate of the fixtures' authority, in front of an emulator; and files
//! with such certificates, made by OpenSSL.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::artifacts;
use crate::support::bench::fixture;
use crate::support::emulator::Emulator;
use crate::support::ports::free_port;

const LONGEST_START: Duration = Duration::from_secs(20);

/// stunnel, gone with the value.
pub(crate) struct DemandingServer {
    pub(crate) emulator: Emulator,
    child: Child,
    port: u16,
}

/// A part of a file for TlsClientCertificate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// A certificate for a fixture key.
    Certificate(&'static str),
    /// The same without extensions, of version 1.
    OldCertificate(&'static str),
    /// A fixture key, in a form that OpenSSL can write.
    Key(&'static str, Form),
    /// Anything else.
    Text(&'static str),
}

/// How a private key is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// PKCS #8 (RFC 5208).
    Pkcs8,
    /// PKCS #1 for RSA, SEC 1 for EC.
    Traditional,
    /// PKCS #8, encrypted.
    Encrypted,
    /// OpenSSL's older encryption of the traditional form.
    EncryptedTraditional,
}

impl DemandingServer {
    pub(crate) fn start() -> Self {
        let (emulator, port) = (Emulator::start(), free_port());
        let configuration = emulator.folder().join("stunnel.conf");
        std::fs::write(&configuration, settings(&emulator, port)).unwrap();
        let log = File::create(emulator.folder().join("stunnel.log")).unwrap();
        let child = Command::new(artifacts::program("stunnel", "stunnel4"))
            .arg(configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let server = Self { emulator, child, port };
        server.wait_until_ready();
        server
    }

    /// The variables that configure the module for it, with a client certificate or without.
    pub(crate) fn variables(&self, client_certificate: Option<&Path>) -> Vec<(&'static str, String)> {
        let mut variables = self.emulator.variables();
        variables.push(("SIGNPATH_API_URL", format!("https://localhost:{}/Api", self.port)));
        variables.push(("SIGNPATH_TLS_CERTIFICATE_AUTHORITIES", fixture("tls/ca.pem")));
        if let Some(file) = client_certificate {
            variables.push(("SIGNPATH_TLS_CLIENT_CERTIFICATE", file.to_str().unwrap().to_owned()));
        }
        variables
    }

    /// What it wrote so far.
    pub(crate) fn output(&self) -> String {
        std::fs::read_to_string(self.emulator.folder().join("stunnel.log")).unwrap()
    }

    fn wait_until_ready(&self) {
        let started = Instant::now();
        while !self.output().contains("Configuration successful") {
            assert!(started.elapsed() < LONGEST_START, "the server is not ready: {}", self.output());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for DemandingServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn settings(emulator: &Emulator, port: u16) -> String {
    let (certificate, key) = (fixture("tls/server.pem"), fixture("tls/server.key.pem"));
    let (authority, service) = (fixture("tls/ca.pem"), emulator.origin.trim_start_matches("http://"));
    format!(
        "foreground = yes\n\
        pid =\n\
        syslog = no\n\
        debug = info\n\
        [service]\n\
        accept = 127.0.0.1:{port}\n\
        connect = {service}\n\
        cert = {certificate}\n\
        key = {key}\n\
        CAfile = {authority}\n\
        verifyChain = yes\n"
    )
}

impl Part {
    fn content(&self) -> Vec<u8> {
        match self {
            Self::Certificate(key) => certificate(key, "extendedKeyUsage = clientAuth\n"),
            Self::OldCertificate(key) => certificate(key, ""),
            Self::Key(key, form) => {
                let file = fixture(&format!("keys/{key}.pem"));
                openssl(&[&["pkey", "-in", &file], form.options()].concat())
            }
            Self::Text(text) => text.as_bytes().to_owned(),
        }
    }
}

impl Form {
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Pkcs8 => &[],
            Self::Traditional => &["-traditional"],
            Self::Encrypted => &["-aes256", "-passout", "pass:password"],
            Self::EncryptedTraditional => &["-traditional", "-aes256", "-passout", "pass:password"],
        }
    }
}

/// Writes a file of these parts into a folder.
pub(crate) fn client_file(folder: &Path, parts: &[Part]) -> PathBuf {
    let file = folder.join("client.pem");
    std::fs::write(&file, parts.iter().flat_map(Part::content).collect::<Vec<u8>>()).unwrap();
    file
}

/// A certificate for a fixture key by the fixtures' authority for TLS, with extensions as OpenSSL's settings have them.
pub(crate) fn certificate(key: &str, extensions: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = |name| folder.path().join(name).to_str().unwrap().to_owned();
    let (request, settings) = (&file("request"), &file("extensions"));
    std::fs::write(settings, extensions).unwrap();
    let key = fixture(&format!("keys/{key}.pem"));
    openssl(&["req", "-new", "-subj", "/CN=build agent", "-key", &key, "-out", request]);
    let (authority, its_key) = (fixture("tls/ca.pem"), fixture("tls/ca.key.pem"));
    let sign = ["x509", "-req", "-in", request, "-CA", &authority, "-CAkey", &its_key];
    openssl(&[&sign[..], &["-days", "2", "-extfile", settings]].concat())
}

/// Runs openssl, which must succeed; what it printed.
pub(crate) fn openssl(arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(artifacts::program("openssl", "openssl"));
    let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
