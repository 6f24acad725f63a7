//! `docs/troubleshooting.md`: a section for each code and none too many, and texts that the built module really writes.
//!
//! Every other test that looks at what the module says compares it with the document, too (`support::console`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on must fail, helpers included"
)]

#[path = "support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use signpath_pkcs11::error::{Code, Failure};
use signpath_pkcs11::token::Error;
use signpath_pkcs11::token::names::{AttributeType as A, MechanismType as M, ObjectClass};

use support::artifacts;
use support::console::watching;
use support::emulator::Emulator;
use support::isolation::in_own_process_side_by_side;
use support::limits;
use support::pkcs11::{Result, initialized};
use support::proxy::{self, Proxy};
use support::troubleshooting::{document, sections};

const KEY: &str = "container-images/p-256";

/// The generator of P-256, as good a public key as any.
const POINT: &str =
    "BGsX0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/UfU=";

/// An address that nobody has, and that is only asked for once TLS is prepared.
const NOBODY: (&str, &str) = ("SIGNPATH_API_URL", "https://localhost:1");

const ENCRYPTED_KEY: &str =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";

/// What leads to a message.
enum Trouble {
    /// Variables beside those that make everything right.
    Variables(&'static [(&'static str, &'static str)]),
    /// A configuration file, and who can read it.
    File(&'static str, u32),
    /// A file for `TlsClientCertificate`, put together from fixtures and a text.
    ClientCertificate(&'static [&'static str], &'static str),
    /// A PIN, and nothing that it could stand for.
    Pin(&'static str),
    /// The user who is Submitter of nothing.
    NoRole,
    /// What goes wrong when keys are listed.
    Listing(Value),
    /// What goes wrong when something is signed.
    Signing(Value),
    /// The same where no other API may be tried.
    SigningByCurrentApi(Value),
    /// A search for a key that is not there.
    KeyNotThere,
    /// Another key in place of the one that was listed.
    KeyReplaced,
    /// What a proxy answers.
    Proxy(u16),
    /// A server with TLS at this address, with the authority that it is trusted by.
    Tls(&'static str, &'static str),
    /// As many descriptors as are open.
    NoDescriptors,
    /// A log that has come to the limit on the size of files.
    FullDisk,
}

/// A message's code, and what leads to it.
struct Scene(Code, Trouble);

#[rustfmt::skip]
fn scenes() -> Vec<Scene> {
    use Trouble::*;
    let status = |status: u16| json!({"status": status, "times": 100});
    let html = || json!({"body": "<html>please log in</html>"});
    let list = |entry: Value| Listing(json!({"body": {"json": {"signingPolicies": [entry]}}}));
    let key = json!({"projectSlug": "p", "signingPolicySlug": "s", "publicKeyBytes": POINT, "certificateBytes": "AAAA"});
    vec![
        Scene(Code::SettingUnusable, Variables(&[("SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS", "soon")])),
        Scene(Code::SettingUnusable, File(r#"{"HttpRequestTimeoutInSeconds": "soon"}"#, 0o600)),
        Scene(Code::ConfigurationFileUnreadable, Variables(&[("SIGNPATH_CONFIG_FILE", "/no/config.json")])),
        Scene(Code::ConfigurationFileNotUnderstood, File("ApiToken=…", 0o600)),
        Scene(Code::CredentialsMissing, Pin("CONFIG")),
        Scene(Code::PinNotUnderstood, Pin("1234")),
        Scene(Code::AuthoritiesUnusable, Variables(&[NOBODY, ("SIGNPATH_TLS_CERTIFICATE_AUTHORITIES", "/no/ca.pem")])),
        Scene(Code::AuthoritiesMissing, Variables(&[NOBODY, ("SSL_CERT_FILE", "/no/file"), ("SSL_CERT_DIR", "/no/folder")])),
        Scene(Code::ClientCertificateUnusable, ClientCertificate(&["tls/server.key.pem"], "")),
        Scene(Code::ClientCertificateUnusable, ClientCertificate(&["tls/server.pem"], "")),
        Scene(Code::ClientKeyEncrypted, ClientCertificate(&["tls/server.pem"], ENCRYPTED_KEY)),
        Scene(Code::ClientKeyOfAnother, ClientCertificate(&["tls/ca.pem", "tls/server.key.pem"], "")),
        Scene(Code::VariableUnknown, Variables(&[("SIGNPATH_API_TOKN", "a")])),
        Scene(Code::KeyUnknown, File(r#"{"ProjektSlug": "a"}"#, 0o600)),
        Scene(Code::NameOutdated, Variables(&[("SIGNPATH_CI_USER_TOKEN", "a")])),
        Scene(Code::SettingOutdated, Variables(&[("SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", "1")])),
        Scene(Code::TokenReadableByOthers, File(r#"{"ApiToken": "a"}"#, 0o644)),
        Scene(Code::StandardOutputUnusable, Variables(&[("SIGNPATH_LOG_CONSOLE_OUTPUT_STREAM", "stdout")])),
        Scene(Code::NameNotResolved, Variables(&[("SIGNPATH_API_URL", "https://signpath.invalid/Api")])),
        Scene(Code::NotConnected, Variables(&[("SIGNPATH_API_URL", "http://127.0.0.1:1/Api")])),
        Scene(Code::ConnectionBroken, Listing(json!({"ending": "reset"}))),
        Scene(Code::NoAnswer, Listing(json!({"delayMilliseconds": 30_000}))),
        Scene(Code::ProxyRefused, Proxy(403)),
        Scene(Code::ProxyWantsPassword, Proxy(407)),
        Scene(Code::AuthorityUnknown, Tls("127.0.0.1", "tls/server.pem")),
        Scene(Code::CertificateOfAnotherHost, Tls("127.0.0.2", "tls/ca.pem")),
        Scene(Code::TlsNotSpoken, Variables(&[("SIGNPATH_API_URL", "https://{host}/Api")])),
        Scene(Code::AnswerTooLarge, Signing(json!({"body": {"spaces": 2_000_000}}))),
        Scene(Code::AnsweredLater, Signing(json!({"status": 503, "headers": {"Retry-After": "0"}}))),
        Scene(Code::HashRefused, Signing(status(400))),
        Scene(Code::HashSigningUnknown, SigningByCurrentApi(status(404))),
        Scene(Code::ListNotUnderstood, Listing(html())),
        Scene(Code::SignatureNotUnderstood, Signing(html())),
        Scene(Code::Redirected, Listing(json!({"status": 302, "headers": {"Location": "https://signpath.invalid/"}}))),
        Scene(Code::RequestRefused, Listing(status(413))),
        Scene(Code::TokenRefused, Listing(status(401))),
        Scene(Code::UserRefused, Listing(status(403))),
        Scene(Code::AddressUnknown, Listing(status(404))),
        Scene(Code::TooManyRequests, Listing(status(429))),
        Scene(Code::ServiceFailed, Listing(status(500))),
        Scene(Code::ServiceUnavailable, Listing(status(503))),
        Scene(Code::KeyNotFound, KeyNotThere),
        Scene(Code::NoKeys, NoRole),
        Scene(Code::SignatureNotVerified, Signing(json!({"signature": "flipBits"}))),
        Scene(Code::KeyReplaced, KeyReplaced),
        Scene(Code::PolicyLeftOut, list(json!({}))),
        Scene(Code::CertificateLeftOut, list(key)),
        Scene(Code::LogFileUnusable, Variables(&[("SIGNPATH_LOG_FILE_DIRECTORY", "/dev/null")])),
        Scene(Code::LogFileNotWritten, FullDisk),
        Scene(Code::ProcessLimits, NoDescriptors),
    ]
}

/// Codes that other tests meet, which name them.
const ELSEWHERE: [(Code, &str); 9] = [
    (Code::CertificateNotValidNow, "tests/faults/table.rs"),
    (Code::CertificateRefused, "src/signpath/connection.rs"),
    (Code::ClientRefused, "tests/module/tls.rs"),
    (Code::ArtifactRefused, "tests/tool/faults.rs"),
    (Code::SigningRequestUnknown, "tests/tool/faults.rs"),
    (Code::SigningRequestNotNamed, "tests/tool/faults.rs"),
    (Code::StatusNotUnderstood, "tests/tool/faults.rs"),
    (Code::ThreadEnding, "tests/lifecycle/ending.rs"),
    (Code::Panicked, "tests/lifecycle/panics.rs"),
];

/// What no test can meet: an error of ours, and a word for the log alone when the host has asked for the end.
const NEVER_ON_THE_CONSOLE: [Code; 2] = [Code::Stopped, Code::Impossible];

#[test]
fn each_code_comes_at_the_end_of_a_text_that_its_section_has() {
    let ended = in_own_process_side_by_side(scenes(), 4, play);
    let failed: Vec<&str> =
        ended.iter().filter(|ended| !ended.passed).map(|ended| ended.output.as_str()).collect();

    assert!(failed.is_empty(), "{} scenes failed:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn no_code_is_left_out_of_the_tests() {
    for (code, file) in ELSEWHERE {
        let source = std::fs::read_to_string(artifacts::package().join(file)).unwrap();
        assert!(source.contains(&code.to_string()), "{file} has no {code}");
    }
    let elsewhere = ELSEWHERE.map(|(code, _)| code);
    let met = scenes().into_iter().map(|scene| scene.0).chain(elsewhere).chain(NEVER_ON_THE_CONSOLE);

    assert_eq!(names(met), names(Code::ALL.iter().copied()));
}

#[test]
fn each_code_has_a_section_and_each_section_a_code() {
    let sections: BTreeSet<String> = sections().into_keys().collect();

    assert_eq!(sections, names(Code::ALL.iter().copied()));
}

#[test]
fn each_section_has_a_text_with_its_code_a_cause_and_a_cure() {
    let document = document();
    for section in document.split("\n### SP").skip(1) {
        let code = format!("SP{}", section.lines().next().unwrap());
        let section = section.split("\n## ").next().unwrap();
        assert!(section.contains("\n**Cause.** ") && section.contains("\n**Cure.** "), "{code}");
    }
    for (code, texts) in sections() {
        assert!(texts.iter().all(|text| text.ends_with(&format!(" [{code}]"))), "{code}: {texts:?}");
    }
}

#[test]
fn the_table_of_return_values_has_the_codes_of_failures_that_the_module_ends_with() {
    let mut expected: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for code in Code::ALL.iter().filter(|code| !is_only_told(**code)) {
        for value in values(*code) {
            expected.entry(value).or_default().insert(code.to_string());
        }
    }

    assert_eq!(table_of_return_values(), expected);
}

fn names(codes: impl IntoIterator<Item = Code>) -> BTreeSet<String> {
    codes.into_iter().map(|code| code.to_string()).collect()
}

/// Whether it never ends a call of the module: a warning, a word on a call that succeeds, or the tool's alone.
fn is_only_told(code: Code) -> bool {
    const TOLD: [Code; 5] = [
        Code::AnsweredLater,
        Code::KeyNotFound,
        Code::NoKeys,
        Code::LogFileUnusable,
        Code::LogFileNotWritten,
    ];
    const OF_THE_TOOL: [Code; 4] = [
        Code::ArtifactRefused,
        Code::SigningRequestUnknown,
        Code::SigningRequestNotNamed,
        Code::StatusNotUnderstood,
    ];
    let is_warning = [11, 41].contains(&(code as u16 / 100));
    is_warning || TOLD.contains(&code) || OF_THE_TOOL.contains(&code)
}

/// What calls end with that fail with this code.
fn values(code: Code) -> Vec<String> {
    let usual = || Error::from(Failure::new(code, "asked", "answered", "remedy")).value().to_string();
    let other = |value: &str| vec![value.to_owned()];
    match code {
        Code::CredentialsMissing | Code::PinNotUnderstood => other("CKR_PIN_INCORRECT"),
        Code::TokenRefused | Code::UserRefused => vec!["CKR_PIN_INCORRECT".to_owned(), usual()],
        Code::SignatureNotVerified => other("CKR_DEVICE_ERROR"),
        Code::KeyReplaced => other("CKR_KEY_HANDLE_INVALID"),
        _ => vec![usual()],
    }
}

fn table_of_return_values() -> BTreeMap<String, BTreeSet<String>> {
    let document = document();
    let (_, rest) = document.split_once("<!-- return values: ").expect("the beginning of the table");
    let (table, _) = rest.split_once("<!-- end of return values -->").expect("the end of the table");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (value, rest) = row.split_once("` | ").unwrap();
        let codes = rest.match_indices("[SP").map(|(at, _)| rest[at + 1..at + 7].to_owned());
        (value.to_owned(), codes.collect())
    })
    .collect()
}

/// Provokes the message, in a process of its own.
fn play(scene: Scene) {
    let Scene(code, trouble) = scene;
    let emulator = match &trouble {
        Trouble::Tls(address, _) => tls_emulator(address),
        Trouble::Proxy(_) => Emulator::with_tls(),
        _ => Emulator::start(),
    };
    let variables = variables(&emulator, &trouble);
    let (result, console) = watching(|| provoke(&emulator, &trouble, &variables));

    assert!(console.contains(&format!(" [{code}]\n")), "{code}: {result:?}: {console}");
}

fn tls_emulator(address: &str) -> Emulator {
    let fixture = |name| artifacts::fixture(name).to_str().unwrap().to_owned();
    let (listen, certificate, key) =
        (format!("{address}:0"), fixture("tls/server.pem"), fixture("tls/server.key.pem"));
    Emulator::with(&["--listen", &listen, "--tls-cert", &certificate, "--tls-key", &key])
}

/// What makes everything right, but for the trouble; warnings are told, and nothing is tried again for long.
fn variables(emulator: &Emulator, trouble: &Trouble) -> Vec<(&'static str, String)> {
    let mut variables = match trouble {
        Trouble::Pin(_) => emulator.address(),
        _ => emulator.variables(),
    };
    let repetitions = if matches!(trouble, Trouble::Signing(_)) { "1" } else { "0" };
    let limits = [
        ("SIGNPATH_LOG_CONSOLE_LEVEL", "warning"),
        ("SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS", "2"),
        ("SIGNPATH_TIMEOUTS_RETRY_COUNT", repetitions),
    ];
    variables.extend(limits.map(|(name, value)| (name, value.to_owned())));
    if matches!(trouble, Trouble::File(..)) {
        let is_of_file = |name: &str| name.contains("REQUEST_TIMEOUT") || name.contains("TOKEN");
        variables.retain(|(name, _)| !is_of_file(name));
    }
    variables.extend(variables_of(emulator, trouble));
    variables
}

/// The variables that the trouble itself needs.
fn variables_of(emulator: &Emulator, trouble: &Trouble) -> Vec<(&'static str, String)> {
    let fixture = |name: &str| artifacts::fixture(name).to_str().unwrap().to_owned();
    match trouble {
        Trouble::Variables(own) => {
            let host = emulator.socket().to_string();
            own.iter().map(|(name, value)| (*name, value.replace("{host}", &host))).collect()
        }
        Trouble::File(content, mode) => vec![("SIGNPATH_CONFIG_FILE", file(emulator, content, *mode))],
        Trouble::ClientCertificate(fixtures, text) => {
            let parts = fixtures.iter().map(|name| std::fs::read_to_string(fixture(name)).unwrap());
            let client = file(emulator, &(parts.collect::<String>() + text), 0o600);
            let authority = ("SIGNPATH_TLS_CERTIFICATE_AUTHORITIES", fixture("tls/ca.pem"));
            vec![(NOBODY.0, NOBODY.1.to_owned()), authority, ("SIGNPATH_TLS_CLIENT_CERTIFICATE", client)]
        }
        Trouble::NoRole => vec![("SIGNPATH_API_TOKEN", emulator.token_none.clone())],
        Trouble::SigningByCurrentApi(_) => vec![("SIGNPATH_HASH_SIGNING_API", "current".to_owned())],
        Trouble::Proxy(status) => {
            let proxy = Proxy::start(emulator.socket());
            proxy.answer(proxy::Answer::Status(*status));
            let address = format!("http://{}@{}", proxy::USER, proxy.address);
            vec![("SIGNPATH_API_URL", "https://signpath.test/Api".to_owned()), ("https_proxy", address)]
        }
        Trouble::Tls(_, authority) => vec![("SIGNPATH_TLS_CERTIFICATE_AUTHORITIES", fixture(authority))],
        _ => Vec::new(),
    }
}

/// Writes a file that so many can read.
fn file(emulator: &Emulator, content: &str, mode: u32) -> String {
    let path = emulator.folder().join("file");
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The calls that meet the trouble.
fn provoke(emulator: &Emulator, trouble: &Trouble, variables: &[(&'static str, String)]) -> Result<()> {
    let session = initialized(variables).session();
    let fault = |route: &str, fault: &Value| {
        let mut fault = fault.clone();
        fault["route"] = json!(route);
        emulator.tell("POST", "faults", fault);
    };
    let key = || session.private_key(KEY);
    let sign = |key| session.signature(M::ECDSA, key, &[7; 32]).map(drop);
    match trouble {
        Trouble::Pin(pin) => return session.log_in(pin),
        Trouble::Listing(listing) => fault("mySigningPolicies", listing),
        Trouble::Signing(signing) | Trouble::SigningByCurrentApi(signing) => {
            let key = key();
            fault("signHash", signing);
            return sign(key);
        }
        Trouble::KeyNotThere => {
            let class = ObjectClass::PRIVATE_KEY.0.to_ne_bytes();
            return session.find(&[(A::CLASS, &class), (A::ID, b"no/such-key")]).map(drop);
        }
        Trouble::KeyReplaced => {
            let key = key();
            emulator.tell("PUT", &format!("policies/{KEY}"), json!({"key": "p-384"}));
            return sign(key);
        }
        Trouble::NoDescriptors => limits::no_more_descriptors(),
        Trouble::FullDisk => {
            // more than is written to the console meanwhile, which is a file here, too
            (0..20).for_each(|_| assert!(session.sign_init(M::ECDSA, 0xdead).is_err()));
            limits::no_larger_files(emulator.log().len() as u64);
        }
        _ => {}
    }
    session.find(&[]).map(drop)
}
