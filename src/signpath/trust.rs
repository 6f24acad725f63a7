//! Whom TLS trusts, and as whom it presents itself: the system's certificate authorities or those of a file, and a
//! client certificate where the server wants one.
//!
//! The system's store is read once a run and only for https. One unreadable file in it is no reason to fail: only an
//! empty store is.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, InconsistentKeys, RootCertStore};
use zeroize::Zeroizing;

use crate::error::{Code, Failure};

const CLIENT_CERTIFICATE: &str = "TlsClientCertificate";

/// A bundle of every authority that there is has less than a twentieth of this, in bytes.
const LARGEST_FILE: u64 = 16 << 20;

/// The choices that configuration leaves.
#[derive(Debug, Clone, Default)]
pub(super) struct Trust {
    /// PEM file of the authorities to trust in place of the system's.
    pub(super) authorities: Option<PathBuf>,
    /// PEM file with client certificate, chain and key.
    pub(super) client_certificate: Option<PathBuf>,
    /// Whether `SSL_CERT_FILE` and `SSL_CERT_DIR` may name the store: not in a set-user-id host.
    pub(super) believes_environment: bool,
}

impl Trust {
    /// The configuration for https.
    pub(super) fn tls(&self) -> Result<ClientConfig, Failure> {
        let roots = match &self.authorities {
            Some(path) => roots_of_file(path)?,
            None => self.system_roots()?,
        };
        self.with_roots(roots)
    }

    /// The configuration for http on loopback, which never makes a TLS connection.
    pub(super) fn none(&self) -> Result<ClientConfig, Failure> {
        Self::default().with_roots(RootCertStore::empty())
    }

    fn with_roots(&self, roots: RootCertStore) -> Result<ClientConfig, Failure> {
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::impossible("preparing TLS", error.to_string()))?
            .with_root_certificates(roots);
        let Some(path) = &self.client_certificate else { return Ok(builder.with_no_client_auth()) };
        let (chain, key) = client_certificate(path)?;
        builder.with_client_auth_cert(chain, key).map_err(|error| mismatch(path, &error))
    }

    fn system_roots(&self) -> Result<RootCertStore, Failure> {
        let found = if self.believes_environment {
            rustls_native_certs::load_native_certs()
        } else {
            rustls_native_certs::load_certs_from_paths(usual_bundle(), None)
        };
        let roots = store(found.certs);
        if roots.is_empty() {
            let problem =
                found.errors.first().map_or("it holds no certificate".to_owned(), ToString::to_string);
            return Err(Failure::new(
                Code::AuthoritiesMissing,
                "reading the system's certificate authorities",
                problem,
                "install ca-certificates, or name a PEM file in TlsCertificateAuthorities",
            ));
        }
        Ok(roots)
    }
}

/// Where distributions keep their bundle, for hosts whose environment must not choose it.
fn usual_bundle() -> Option<&'static Path> {
    const BUNDLES: [&str; 4] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
    ];
    BUNDLES.into_iter().map(Path::new).find(|path| path.exists())
}

/// What can be parsed; webpki is stricter than those who fill the stores.
fn store(certificates: Vec<CertificateDer<'static>>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    roots
}

fn roots_of_file(path: &Path) -> Result<RootCertStore, Failure> {
    let unusable = |problem: &str| {
        let asked = format!("reading TlsCertificateAuthorities {}", path.display());
        Failure::new(Code::AuthoritiesUnusable, asked, problem, "correct TlsCertificateAuthorities")
    };
    let text = read(path).map_err(|error| unusable(&error.to_string()))?;
    let certificates: Result<_, pem::Error> = CertificateDer::pem_slice_iter(&text).collect();
    let certificates = certificates.map_err(|error| unusable(&error.to_string()))?;
    let roots = store(certificates);
    if roots.is_empty() { Err(unusable("it holds no certificate")) } else { Ok(roots) }
}

/// The content of a file, which may be a device without an end.
fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(Vec::new());
    File::open(path)?.take(LARGEST_FILE + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LARGEST_FILE {
        return Err(io::Error::other(format!("it has more than {LARGEST_FILE} bytes")));
    }
    Ok(text)
}

/// A file of certificates, the client's own first, and a key.
fn client_certificate(
    path: &Path,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Failure> {
    let refused = |code: Code, problem: &str, remedy: &str| {
        Failure::new(code, format!("reading {CLIENT_CERTIFICATE} {}", path.display()), problem, remedy)
    };
    let unusable = |problem: &str, remedy: &str| refused(Code::ClientCertificateUnusable, problem, remedy);
    let unreadable = |problem: &str| unusable(problem, "correct TlsClientCertificate");
    let text = read(path).map_err(|error| unreadable(&error.to_string()))?;
    let (chain, key) = match certificates_and_key(&text) {
        Ok(both) => both,
        Err(_) if is_encrypted(&text) => {
            let problem = "its key is encrypted, and nobody can be asked for the password";
            let remedy = "decrypt it, with openssl pkey, into a file that only you can read";
            return Err(refused(Code::ClientKeyEncrypted, problem, remedy));
        }
        Err(error) => return Err(unreadable(&error.to_string())),
    };
    match (chain.is_empty(), key) {
        (true, _) => Err(unusable("it holds no certificate", "add the certificate to the file, as PEM")),
        (false, None) => Err(unusable("it holds no private key", "add the key to the file, as PEM")),
        (false, Some(key)) => Ok((chain, key)),
    }
}

/// What a PEM file has of both. An encrypted key counts as an error.
fn certificates_and_key(
    text: &[u8],
) -> Result<(Vec<CertificateDer<'static>>, Option<PrivateKeyDer<'static>>), pem::Error> {
    let chain = CertificateDer::pem_slice_iter(text).collect::<Result<_, _>>()?;
    match PrivateKeyDer::from_pem_slice(text) {
        Ok(key) => Ok((chain, Some(key))),
        Err(pem::Error::NoItemsFound) if !is_encrypted(text) => Ok((chain, None)),
        Err(error) => Err(error),
    }
}

/// Whether a PEM file has an encrypted key, of PKCS #8 (RFC 7468 section 11) or of OpenSSL's older format.
fn is_encrypted(text: &[u8]) -> bool {
    const MARKS: [&[u8]; 2] = [b"-----BEGIN ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED"];
    MARKS.iter().any(|mark| text.windows(mark.len()).any(|part| part == *mark))
}

/// Why a certificate and a key cannot be used together.
fn mismatch(path: &Path, error: &rustls::Error) -> Failure {
    let asked = format!("reading {CLIENT_CERTIFICATE} {}", path.display());
    let (code, problem, remedy) = match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => (
            Code::ClientKeyOfAnother,
            "its key is not that of its first certificate".to_owned(),
            "put the certificate of the key first in the file",
        ),
        rustls::Error::InvalidCertificate(problem) => (
            Code::ClientCertificateUnusable,
            format!("its first certificate cannot be used: {problem:?}"),
            "use an X.509 certificate of version 3",
        ),
        other => (Code::ClientCertificateUnusable, other.to_string(), "correct TlsClientCertificate"),
    };
    Failure::new(code, asked, problem, remedy)
}
