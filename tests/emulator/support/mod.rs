//! What the tests share: the running program, an HTTP client, openssl, golden bodies.

pub(crate) mod files;
pub(crate) mod golden;
pub(crate) mod http;
pub(crate) mod openssl;

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;

use http::{Connection, Request, Response};

pub(crate) const ORGANIZATION: &str = "5f0bcbd4-9c4e-4a6e-8f37-2d6c1b7a9e01";
pub(crate) const ALL_POLICIES: &str = "EmulatorToken/AllPolicies+AAAAAAAAAAAAAAAAA=";
pub(crate) const SOME_POLICIES: &str = "EmulatorToken/SomePolicies+BBBBBBBBBBBBBBBB=";
pub(crate) const NO_POLICIES: &str = "EmulatorToken/NoPolicies+CCCCCCCCCCCCCCCCCC=";
pub(crate) const AWKWARD: &str = "Emulator:Token/Awkward+DDD=DDD:DDDDD+D/DDD==";

/// A running emulator; it ends when this is dropped.
pub(crate) struct Emulator {
    process: Child,
    pub(crate) address: SocketAddr,
    pub(crate) ready_line: String,
}

impl Emulator {
    /// Starts the program on a free port and waits until it is ready.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(command().args(arguments))
    }

    /// Starts a prepared command and waits until it is ready.
    pub(crate) fn start_with(command: &mut Command) -> Self {
        let mut process = command
            .arg("--stop-with-stdin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready_line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready_line).unwrap();
        let address = ready_line.split("://").nth(1).and_then(|rest| rest.split('/').next());
        let address = address.unwrap_or_else(|| panic!("no ready line but: {ready_line:?}")).parse().unwrap();
        Self { process, address, ready_line: ready_line.trim_end().to_owned() }
    }

    /// Ends the program as the end of its standard input does, and returns what it wrote on standard error.
    pub(crate) fn stop(mut self) -> String {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success());
        read_all(self.process.stderr.take().unwrap())
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits for the program to end by itself.
    pub(crate) fn wait(mut self) -> std::process::ExitStatus {
        self.process.wait().unwrap()
    }

    /// Sends a request on a connection of its own.
    pub(crate) fn send(&self, request: &Request) -> Response {
        Connection::open(self.address).send(request).unwrap()
    }

    /// A request to a route of the organization, with the token of the user who may do everything.
    pub(crate) fn request(method: &str, route: &str) -> Request {
        Request::new(method, &format!("/Api/v1/{ORGANIZATION}/{route}")).bearer(ALL_POLICIES)
    }

    /// Lists the signing policies.
    pub(crate) fn policies(&self, query: &str) -> Value {
        let response = self.send(&Self::request("GET", &format!("Cryptoki/MySigningPolicies{query}")));
        assert_eq!(response.status, 200, "{}", response.text());
        response.json()
    }

    /// Sends a body to SignHash.
    pub(crate) fn sign_hash(&self, body: &Value) -> Response {
        self.send(&Self::request("POST", "SigningRequests/SignHash").json(body))
    }

    /// A request to the control interface that must succeed; the answer, or null when there is none.
    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let response = self.send(&Request::new(method, &format!("/emulator/{path}")).json(body));
        assert!(matches!(response.status, 200 | 204), "{}: {}", response.status, response.text());
        if response.body.is_empty() { Value::Null } else { response.json() }
    }

    /// Reads from the control interface.
    pub(crate) fn observe(&self, path: &str) -> Value {
        self.control("GET", path, &Value::Null)
    }

    /// The audit log.
    pub(crate) fn audit(&self) -> Vec<Value> {
        self.observe("audit")["signingRequests"].as_array().unwrap().clone()
    }

    /// Queues a fault.
    pub(crate) fn fault(&self, fault: &Value) {
        self.control("POST", "faults", fault);
    }

    /// Changes shapes.
    pub(crate) fn shapes(&self, shapes: &Value) {
        self.control("PUT", "shapes", shapes);
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The built program, without arguments.
pub(crate) fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_signpath-emulator"))
}

/// Runs the program with arguments that make it end at once; standard error must say why.
pub(crate) fn refusal(arguments: &[&str]) -> String {
    let output = command().args(arguments).stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success(), "it started with {arguments:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

/// A file of softhsm-fixtures.
pub(crate) fn fixture(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("softhsm-fixtures").join(file)
}

/// A new empty folder for the test called `name`.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emulator").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The body of a SignHash request for a policy of the project container-images.
pub(crate) fn rsa_request(policy: &str, hash: &[u8], hash_algorithm: &str) -> Value {
    serde_json::json!({
        "projectSlug": "container-images",
        "signingPolicySlug": policy,
        "hashSigningData": {
            "hash": base64(hash),
            "signatureAlgorithm": "Rsa",
            "rsaOptions": { "hashAlgorithmName": hash_algorithm },
        },
    })
}

/// The same for a curve.
pub(crate) fn ecdsa_request(policy: &str, hash: &[u8]) -> Value {
    serde_json::json!({
        "projectSlug": "container-images",
        "signingPolicySlug": policy,
        "hashSigningData": { "hash": base64(hash), "signatureAlgorithm": "Ecdsa" },
    })
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub(crate) fn from_base64(value: &Value) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(value.as_str().unwrap()).unwrap()
}

/// `length` bytes that look like a hash and are always the same.
pub(crate) fn hash(length: usize) -> Vec<u8> {
    (0..length).map(|position| (position * 37 + 11).to_le_bytes()[0]).collect()
}

fn read_all(mut stream: ChildStderr) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}
