//! Servers that TLS must refuse: their certificates, made by OpenSSL with the fixtures' authority, and a server that
//! speaks TLS 1.1. And the certificate of one that only a proxy reaches.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::support::artifacts;

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug)]
pub enum Certificate {
    /// Nothing: it is that of [`BEYOND_PROXY`], too.
    InOrder,
    OtherHost,
    Expired,
    NotYetValid,
    Untrusted,
}

/// A host whose address only a proxy knows.
pub const BEYOND_PROXY: &str = "signpath.test";

/// Makes a certificate in a folder; it and its key.
pub fn make(certificate: Certificate, folder: &Path) -> (String, String) {
    std::fs::write(folder.join("settings"), settings(certificate)).unwrap();
    for file in ["database", "request"] {
        std::fs::write(folder.join(file), "").unwrap();
    }
    let (key, file) = (artifacts::fixture("tls/server.key.pem"), folder.join("certificate.pem"));
    let request = ["req", "-new", "-subj", "/CN=server", "-config", "settings", "-out", "request", "-key"];
    succeeds(openssl(folder).args(request).arg(&key));
    let (from, until) = validity(certificate);
    let sign =
        ["ca", "-batch", "-notext", "-config", "settings", "-in", "request", "-out", "certificate.pem"];
    let mut command = openssl(folder);
    command.args(sign).args(["-startdate", from, "-enddate", until]);
    match certificate {
        Certificate::Untrusted => command.arg("-selfsign").arg("-keyfile").arg(&key),
        _ => command
            .arg("-keyfile")
            .arg(artifacts::fixture("tls/ca.key.pem"))
            .arg("-cert")
            .arg(artifacts::fixture("tls/ca.pem")),
    };
    succeeds(&mut command);
    (file.to_str().unwrap().to_owned(), key.to_str().unwrap().to_owned())
}

fn validity(certificate: Certificate) -> (&'static str, &'static str) {
    match certificate {
        Certificate::Expired => ("20200101000000Z", "20210101000000Z"),
        Certificate::NotYetValid => ("20900101000000Z", "20910101000000Z"),
        Certificate::InOrder | Certificate::OtherHost | Certificate::Untrusted => {
            ("20200101000000Z", "20900101000000Z")
        }
    }
}

fn settings(certificate: Certificate) -> String {
    let names = match certificate {
        Certificate::OtherHost => "DNS:elsewhere.test, IP:127.0.0.2".to_owned(),
        Certificate::InOrder => format!("DNS:{BEYOND_PROXY}, DNS:localhost, IP:127.0.0.1"),
        _ => "DNS:localhost, IP:127.0.0.1".to_owned(),
    };
    format!(
        "[req]\ndistinguished_name = name\n[name]\n\
         [ca]\ndefault_ca = authority\n\
         [authority]\ndatabase = database\nnew_certs_dir = .\nrand_serial = yes\ndefault_md = sha256\n\
         policy = any\nx509_extensions = server\nunique_subject = no\n\
         [any]\ncommonName = supplied\n\
         [server]\nbasicConstraints = critical, CA:FALSE\nextendedKeyUsage = serverAuth\n\
         subjectAltName = {names}\n"
    )
}

fn openssl(folder: &Path) -> Command {
    let mut command = Command::new(artifacts::program("openssl", "openssl"));
    command.current_dir(folder).stdin(Stdio::null());
    command
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// `openssl s_server`, which says nothing but shows what it is sent; gone with the value.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts one that shows a certificate.
    pub fn with_certificate(certificate: &str, key: &str) -> Self {
        Self::start(&["-cert", certificate, "-key", key])
    }

    /// Starts one that knows nothing newer than TLS 1.1; its certificate is in order.
    pub fn with_old_tls() -> Self {
        let fixture = |name| artifacts::fixture(name).to_str().unwrap().to_owned();
        let (certificate, key) = (fixture("tls/server.pem"), fixture("tls/server.key.pem"));
        Self::start(&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-cert", &certificate, "-key", &key])
    }

    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(artifacts::program("openssl", "openssl"))
            .args(["s_server", "-accept", "127.0.0.1:0"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines
            .find_map(|line| line.strip_prefix("ACCEPT ").map(|address| address.parse().unwrap()))
            .expect("a line when ready");
        let received = Arc::new(Mutex::new(Vec::new()));
        let lines_received = Arc::clone(&received);
        std::thread::spawn(move || lines.for_each(|line| lines_received.lock().unwrap().push(line)));
        Self { child, address, received }
    }

    /// How many requests it could read.
    pub fn requests(&self) -> usize {
        self.received.lock().unwrap().iter().filter(|line| line.contains(" HTTP/1.1")).count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
