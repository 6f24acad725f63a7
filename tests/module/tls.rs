//! TLS as the module speaks it: which authorities it trusts, and the certificate that it shows to a server that demands
//! one. Servers that must be refused are in tests/faults.

use std::path::{Path, PathBuf};

use signpath_pkcs11::token::names::{MechanismType as M, ReturnValue};

use crate::mutual_tls::Form::{Encrypted, EncryptedTraditional, Pkcs8, Traditional};
use crate::mutual_tls::Part::{Certificate, Key, OldCertificate, Text};
use crate::mutual_tls::{DemandingServer, Part, client_file, openssl};
use crate::support::artifacts;
use crate::support::console::watching;
use crate::support::emulator::Emulator;
use crate::support::isolation::{in_own_process, in_own_process_each};
use crate::support::pkcs11::{Session, initialized};

fn sign(session: &Session) -> Result<usize, ReturnValue> {
    session.find_init(&[])?;
    session.find_final()?;
    let key = session.private_key("container-images/p-256");
    session.signature(M::ECDSA, key, &[7; 32]).map(|signature| signature.len())
}

fn path(file: &Path) -> String {
    file.to_str().unwrap().to_owned()
}

/// Where an emulator with TLS is and who its user is, and these variables for TLS.
fn with(emulator: &Emulator, tls: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
    let mut variables = emulator.variables();
    variables.retain(|(name, _)| *name != "SIGNPATH_TLS_CERTIFICATE_AUTHORITIES");
    variables.extend_from_slice(tls);
    variables
}

/// Fails unless the first request fails with one line that holds these parts.
fn is_told(variables: &[(&'static str, String)], parts: &[&str]) {
    let session = initialized(variables).session();
    let (result, console) = watching(|| session.find_init(&[]));

    assert_eq!(result, Err(ReturnValue::GENERAL_ERROR));
    assert_eq!(console.lines().count(), 1, "{console}");
    for part in parts {
        assert!(console.contains(part), "no `{part}` in: {console}");
    }
}

/// The system's store as OpenSSL's tools make it: a folder of files whose names are hashes of the authorities'. Here with
/// a file that nobody can read and one that is no certificate.
fn store(folder: &Path, authorities: &[PathBuf]) -> (&'static str, String) {
    let store = folder.join("store");
    std::fs::create_dir(&store).unwrap();
    for authority in authorities {
        let hash = openssl(&["x509", "-noout", "-hash", "-in", authority.to_str().unwrap()]);
        let name = format!("{}.0", String::from_utf8(hash).unwrap().trim());
        std::os::unix::fs::symlink(authority, store.join(name)).unwrap();
    }
    std::os::unix::fs::symlink("11111111.0", store.join("11111111.0")).unwrap();
    std::fs::write(store.join("22222222.0"), "-----BEGIN CERTIFICATE-----\nnonsense").unwrap();
    ("SSL_CERT_DIR", path(&store))
}

#[test]
fn a_file_of_the_systems_store_that_cannot_be_read_hinders_nothing() {
    in_own_process(|| {
        let emulator = Emulator::with_tls();
        let store = store(&emulator.folder(), &[artifacts::fixture("tls/ca.pem")]);

        assert_eq!(sign(&initialized(&with(&emulator, &[store])).session()), Ok(64));
    });
}

#[test]
fn a_store_of_which_nothing_can_be_read_is_told_with_a_remedy() {
    in_own_process(|| {
        let emulator = Emulator::with_tls();
        let store = store(&emulator.folder(), &[]);

        let remedy = "install ca-certificates, or name a PEM file in TlsCertificateAuthorities";
        is_told(&with(&emulator, &[store]), &["reading the system's certificate authorities: ", remedy]);
    });
}

#[test]
fn authorities_of_ones_own_take_the_place_of_the_systems() {
    in_own_process(|| {
        let emulator = Emulator::with_tls();
        let variables = [
            ("SSL_CERT_FILE", path(&artifacts::fixture("tls/ca.pem"))),
            ("SIGNPATH_TLS_CERTIFICATE_AUTHORITIES", path(&artifacts::fixture("certificates/ca.pem"))),
        ];

        is_told(&with(&emulator, &variables), &["TLS: invalid peer certificate: UnknownIssuer"]);
    });
}

#[test]
fn a_file_of_authorities_that_cannot_be_used_is_told() {
    let cases = [
        (None, "No such file or directory"),
        (Some(""), "it holds no certificate"),
        (
            Some("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n"),
            "it holds no certificate",
        ),
        (Some("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"), "base64"),
    ];
    in_own_process_each(cases, |(content, problem)| {
        let emulator = Emulator::with_tls();
        let file = emulator.folder().join("authorities.pem");
        if let Some(content) = content {
            std::fs::write(&file, content).unwrap();
        }
        let variables = [("SIGNPATH_TLS_CERTIFICATE_AUTHORITIES", path(&file))];

        let asked = format!("reading TlsCertificateAuthorities {}: ", file.display());
        is_told(&with(&emulator, &variables), &[&asked, problem, "; correct TlsCertificateAuthorities"]);
    });
}

#[test]
fn a_client_certificate_is_shown_to_a_server_that_demands_one() {
    let keys = [("p-256", Pkcs8), ("rsa-2048", Pkcs8), ("p-256", Traditional), ("rsa-2048", Traditional)];
    in_own_process_each(keys, |(name, form)| {
        let server = DemandingServer::start();
        let file = client_file(&server.emulator.folder(), &[Certificate(name), Key(name, form)]);
        let session = initialized(&server.variables(Some(&file))).session();

        assert_eq!(sign(&session), Ok(64), "{}", server.output());
        assert!(server.output().contains("CN=build agent"), "{}", server.output());
    });
}

#[test]
fn a_server_that_demands_a_client_certificate_is_told_as_one() {
    in_own_process(|| {
        let server = DemandingServer::start();
        let remedy = "check whether the server wants a client certificate (TlsClientCertificate)";

        is_told(&server.variables(None), &["TLS: ", remedy, "[SP2205]"]);
        assert_eq!(server.emulator.requests().len(), 0);
    });
}

/// Fails unless a file of these parts is refused before anything is sent, with the problem and what to do.
fn is_refused(parts: &[Part], problem: &str, remedy: &str) {
    let emulator = Emulator::with_tls();
    let file = client_file(&emulator.folder(), parts);
    let mut variables = emulator.variables();
    variables.push(("SIGNPATH_TLS_CLIENT_CERTIFICATE", path(&file)));

    let asked = format!("reading TlsClientCertificate {}: {problem}", file.display());
    is_told(&variables, &[&asked, remedy]);
    assert_eq!(emulator.requests().len(), 0);
}

#[test]
fn a_client_certificate_whose_key_is_missing_or_that_of_another_is_refused() {
    let other = vec![Certificate("p-256"), Key("p-384", Pkcs8)];
    let cases = [
        (vec![Certificate("p-256")], "it holds no private key", "add the key to the file, as PEM"),
        (other, "its key is not that of its first certificate", "put the certificate of the key first"),
    ];
    in_own_process_each(cases, |(parts, problem, remedy)| is_refused(&parts, problem, remedy));
}

#[test]
fn a_client_certificate_whose_key_is_encrypted_is_refused() {
    in_own_process_each([Encrypted, EncryptedTraditional], |form| {
        let parts = [Certificate("rsa-2048"), Key("rsa-2048", form)];

        is_refused(&parts, "its key is encrypted", "decrypt it, with openssl pkey");
    });
}

#[test]
fn a_file_without_a_client_certificate_is_refused() {
    in_own_process_each([Key("p-256", Pkcs8), Text("nonsense")], |part| {
        is_refused(&[part], "it holds no certificate", "add the certificate to the file, as PEM");
    });
}

#[test]
fn a_client_certificate_of_version_1_is_refused() {
    in_own_process(|| {
        let parts = [OldCertificate("p-256"), Key("p-256", Pkcs8)];
        let problem = "its first certificate cannot be used: Other(OtherError(UnsupportedCertVersion))";

        is_refused(&parts, problem, "use an X.509 certificate of version 3");
    });
}

#[test]
fn a_client_certificate_that_is_not_there_is_told() {
    in_own_process(|| {
        let emulator = Emulator::with_tls();
        let mut variables = emulator.variables();
        let file = path(&emulator.folder().join("client.pem"));
        variables.push(("SIGNPATH_TLS_CLIENT_CERTIFICATE", file.clone()));

        let asked = format!("reading TlsClientCertificate {file}: No such file or directory");
        is_told(&variables, &[&asked, "; correct TlsClientCertificate"]);
    });
}
