//! Everything around one program that speaks PKCS#11: an emulator, a folder of its own, and one of the two ways in which
//! a program gets its credentials.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::emulator::Emulator;
use super::{artifacts, programs};

/// The request that lists the keys.
pub const LIST: &str = "GET /Api/v1/ORG/Cryptoki/MySigningPolicies";
/// The request that makes a signature.
pub const SIGN: &str = "POST /Api/v1/ORG/SigningRequests/SignHash";

/// The keys of the project `container-images` that sign, by the names of their signing policies.
pub const RSA_KEYS: [&str; 3] = ["rsa-2048", "rsa-3072", "rsa-4096"];
pub const EC_KEYS: [&str; 3] = ["p-256", "p-384", "p-521"];

/// Every key of the token, in the order of the labels; one of them needs an approval and signs nothing.
pub const LABELS: [&str; 8] = [
    "container-images/needs-approval",
    "container-images/p-256",
    "container-images/p-384",
    "container-images/p-521",
    "container-images/rsa-2048",
    "container-images/rsa-3072",
    "container-images/rsa-4096",
    "desktop-app/release",
];

/// Where the credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// They are in the environment, and the program has no PIN.
    Configured,
    /// Nothing is configured: the program logs in with a PIN, one with every awkward character in it.
    Pin,
}

impl Credentials {
    pub const BOTH: [Self; 2] = [Self::Configured, Self::Pin];
}

/// Everything around one program.
pub struct Bench {
    pub emulator: Emulator,
    pub credentials: Credentials,
    folder: tempfile::TempDir,
}

impl Bench {
    /// A bench whose emulator is as it comes.
    pub fn new(credentials: Credentials) -> Self {
        Self::with(credentials, &[])
    }

    /// A bench whose keys have certificates of the fixtures' authority.
    pub fn with_authority(credentials: Credentials) -> Self {
        Self::with(credentials, &["--shape", "certificate=ca-issued"])
    }

    /// A bench whose emulator has more arguments.
    pub fn with(credentials: Credentials, arguments: &[&str]) -> Self {
        Self { emulator: Emulator::with(arguments), credentials, folder: tempfile::tempdir().unwrap() }
    }

    /// The folder in which the programs run.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file of the folder, which need not exist.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Writes a file in the folder.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// What a file of the folder holds.
    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// What a file of the folder holds, as text.
    pub fn read_text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// The PIN, where the program has one.
    pub fn pin(&self) -> Option<String> {
        let pin = || format!("{}:{}", self.emulator.organization, self.emulator.token_awkward);
        (self.credentials == Credentials::Pin).then(pin)
    }

    /// Who signs.
    pub fn user(&self) -> &'static str {
        match self.credentials {
            Credentials::Configured => "all-policies",
            Credentials::Pin => "awkward-token",
        }
    }

    /// The variables that configure the module.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        match self.credentials {
            Credentials::Configured => self.emulator.variables(),
            Credentials::Pin => self.emulator.address(),
        }
    }

    /// A program of the system, in the folder, with the module's variables and an empty home.
    pub fn command(&self, name: &str, debian_package: &str) -> Command {
        self.command_at(artifacts::program(name, debian_package))
    }

    /// The same with a program that is found elsewhere.
    pub fn command_at(&self, program: impl AsRef<Path>) -> Command {
        let mut command = self.plain(program);
        command.envs(self.variables());
        command
    }

    /// A program that knows nothing of the module.
    pub fn plain(&self, program: impl AsRef<Path>) -> Command {
        programs::plain(program, self.folder())
    }

    /// The API requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.emulator.request_lines()
    }

    /// Fails unless the API requests so far are these; forgets them.
    pub fn expect_requests(&self, lines: &[&str]) {
        assert_eq!(self.requests(), lines, "{:?}", self.credentials);
        self.emulator.tell("POST", "reset", serde_json::json!({}));
    }

    /// The users who signed, one a signature.
    pub fn signers(&self) -> Vec<String> {
        self.emulator.audit().iter().map(|entry| entry["user"].as_str().unwrap().to_owned()).collect()
    }
}

/// Runs a test with configured credentials, and once more with a PIN.
pub fn with_each_credentials(test: impl Fn(&Bench)) {
    for credentials in Credentials::BOTH {
        test(&Bench::new(credentials));
    }
}

/// Runs a program, which must succeed without a complaint of the module; what it printed.
pub fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{text}\n{errors}", output.status);
    assert!(!errors.contains("signpath-pkcs11:"), "{command:?}: {errors}");
    text.into_owned()
}

/// Runs a program, which must fail; everything that it wrote.
pub fn fails(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(!status.success(), "{command:?} succeeded: {text}");
    text
}

/// Label and id of a key of the project.
pub fn label(key: &str) -> String {
    format!("container-images/{key}")
}

/// The id of a key in hexadecimal, as several programs want it.
pub fn hex_id(key: &str) -> String {
    hex(label(key).as_bytes())
}

/// The URI of an object of a key; `kind` is `private`, `public` or `cert`.
pub fn uri(key: &str, kind: &str) -> String {
    format!("pkcs11:token=SignPath;id=container-images%2F{key};type={kind}")
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The module's path as text.
pub fn module() -> String {
    artifacts::module().to_str().unwrap().to_owned()
}

/// A fixture's path as text.
pub fn fixture(name: &str) -> String {
    artifacts::fixture(name).to_str().unwrap().to_owned()
}
