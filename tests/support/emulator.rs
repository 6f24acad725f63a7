//! An emulator for one test: started on a free port, gone with the value.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::Value;

use super::artifacts;
use super::programs::Server;

/// A running emulator.
pub struct Emulator {
    server: Server,
    folder: tempfile::TempDir,
    /// `http://127.0.0.1:port` or `https://…`.
    pub origin: String,
    /// The organization's id.
    pub organization: String,
    /// The token of the user who is Submitter of every policy.
    pub token: String,
    /// The token of one who is of some.
    pub token_some: String,
    /// The token of one who is of none.
    pub token_none: String,
    /// A token with every awkward character in it.
    pub token_awkward: String,
}

impl Emulator {
    /// Starts one as it comes.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts one that speaks https, with the fixtures' certificate for loopback.
    pub fn with_tls() -> Self {
        let certificate = artifacts::fixture("tls/server.pem").to_str().unwrap().to_owned();
        let key = artifacts::fixture("tls/server.key.pem").to_str().unwrap().to_owned();
        Self::with(&["--tls-cert", &certificate, "--tls-key", &key])
    }

    /// Starts one with more arguments.
    pub fn with(arguments: &[&str]) -> Self {
        Self::with_variables(arguments, &[])
    }

    /// Starts one with more arguments and more variables in its environment.
    pub fn with_variables(arguments: &[&str], variables: &[(&str, String)]) -> Self {
        let mut command = Command::new(artifacts::emulator());
        command.args(arguments).envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
        Self::started_by(command, tempfile::tempdir().unwrap(), Path::new("/"))
    }

    /// Starts one by a command, to which the arguments are added that all have. It writes into the folder, which lies in
    /// what the command takes for the root of all files.
    pub fn started_by(mut command: Command, folder: tempfile::TempDir, root: &Path) -> Self {
        let environment = folder.path().join("env");
        let seen = Path::new("/").join(environment.strip_prefix(root).unwrap());
        command.args(["--quiet", "--stop-with-stdin", "--env-file"]).arg(seen);
        let (server, ready) = Server::start(&mut command);
        let url = ready.split_whitespace().find(|word| word.starts_with("http")).expect("a line when ready");
        let origin = url.trim_end_matches("/Api").to_owned();
        let text = std::fs::read_to_string(&environment).unwrap();
        let value = |name: &str| variable(&text, name);
        Self {
            server,
            folder,
            origin,
            organization: value("SIGNPATH_ORGANIZATION_ID"),
            token: value("SIGNPATH_API_TOKEN"),
            token_some: value("SIGNPATH_EMULATOR_TOKEN_SOME_POLICIES"),
            token_none: value("SIGNPATH_EMULATOR_TOKEN_NO_POLICIES"),
            token_awkward: value("SIGNPATH_EMULATOR_TOKEN_AWKWARD"),
        }
    }

    /// The address of its API.
    pub fn api(&self) -> String {
        format!("{}/Api", self.origin)
    }

    /// Where it listens.
    pub fn socket(&self) -> SocketAddr {
        let (_, address) = self.origin.split_once("://").unwrap();
        address.replace("localhost", "127.0.0.1").parse().unwrap()
    }

    /// A folder that lives as long as the emulator.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// The PIN of the first user.
    pub fn pin(&self) -> String {
        format!("{}:{}", self.organization, self.token)
    }

    /// The variables that configure the module for the first user.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = self.address();
        variables.push(("SIGNPATH_ORGANIZATION_ID", self.organization.clone()));
        variables.push(("SIGNPATH_API_TOKEN", self.token.clone()));
        variables
    }

    /// The variables that tell the module where the emulator is, and no credentials.
    pub fn address(&self) -> Vec<(&'static str, String)> {
        let log = self.folder().join("log").to_str().unwrap().to_owned();
        let mut variables = vec![("SIGNPATH_API_URL", self.api()), ("SIGNPATH_LOG_FILE_DIRECTORY", log)];
        if self.origin.starts_with("https") {
            let authority = artifacts::fixture("tls/ca.pem").to_str().unwrap().to_owned();
            variables.push(("SIGNPATH_TLS_CERTIFICATE_AUTHORITIES", authority));
        }
        variables
    }

    /// The module's log so far.
    pub fn log(&self) -> String {
        let file = self.folder().join("log/SignPath.CryptoProviders.Cryptoki.txt");
        std::fs::read_to_string(file).unwrap_or_default()
    }

    /// Every API request so far.
    pub fn requests(&self) -> Vec<Value> {
        self.control("requests")["requests"].as_array().expect("requests").clone()
    }

    /// The API requests as `GET /path`, without what differs from organization to organization.
    pub fn request_lines(&self) -> Vec<String> {
        let line = |request: &Value| {
            let path = request["path"].as_str().unwrap().replace(&self.organization, "ORG");
            format!("{} {path}", request["method"].as_str().unwrap())
        };
        self.requests().iter().map(line).collect()
    }

    /// Every signing request so far.
    pub fn audit(&self) -> Vec<Value> {
        self.control("audit")["signingRequests"].as_array().expect("signing requests").clone()
    }

    /// What the control interface says.
    pub fn control(&self, path: &str) -> Value {
        self.http("GET", path, |request| request)
    }

    /// Tells the control interface something.
    pub fn tell(&self, method: &str, path: &str, body: Value) {
        self.http(method, path, |request| request.json(&body));
    }

    /// Gives the control interface a file.
    pub fn tell_text(&self, method: &str, path: &str, body: Vec<u8>) {
        self.http(method, path, |request| request.body(body));
    }

    fn http(
        &self,
        method: &str,
        path: &str,
        with_body: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Value {
        let url = format!("{}/emulator/{path}", self.origin);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let request = http_client().request(method.parse().unwrap(), url);
            let answer = with_body(request).send().await.unwrap();
            let (status, text) = (answer.status(), answer.text().await.unwrap());
            assert!(status.is_success(), "{method} {path}: {status} {text}");
            serde_json::from_str(&text).unwrap_or(Value::Null)
        })
    }
}

/// A client that trusts the fixtures' authority; the one under test is configured elsewhere.
fn http_client() -> reqwest::Client {
    let authority = CertificateDer::from_pem_file(artifacts::fixture("tls/ca.pem")).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_root_certificates(roots).with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap()
}

/// The value of `export NAME='value'`.
fn variable(text: &str, name: &str) -> String {
    let prefix = format!("export {name}=");
    let line =
        text.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_else(|| panic!("no {name}"));
    line.trim_matches('\'').to_owned()
}
