//! TLS for `--tls-cert` and `--tls-key`.

use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

use crate::StartupError;

/// Reads a certificate chain (PEM, the server's own first) and its private key (PEM; PKCS#8, PKCS#1 or SEC 1).
///
/// Offers TLS 1.2 and 1.3 and HTTP/1.1, asks for no client certificate.
pub(crate) fn acceptor(certificates: &Path, key: &Path) -> Result<TlsAcceptor, StartupError> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificates)
        .and_then(Iterator::collect)
        .map_err(|reason| StartupError::new(format!("--tls-cert {}: {reason}", certificates.display())))?;
    if chain.is_empty() {
        return Err(StartupError::new(format!(
            "--tls-cert {} holds no certificate; expected PEM, beginning with BEGIN CERTIFICATE",
            certificates.display()
        )));
    }
    let private_key = PrivateKeyDer::from_pem_file(key)
        .map_err(|reason| StartupError::new(format!("--tls-key {}: {reason}", key.display())))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(StartupError::new)?
        .with_no_client_auth()
        .with_single_cert(chain, private_key)
        .map_err(|reason| StartupError::new(format!("--tls-key does not fit --tls-cert: {reason}")))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acceptor_of(certificates: &str, key: &str) -> Result<TlsAcceptor, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("softhsm-fixtures");
        acceptor(&folder.join(certificates), &folder.join(key)).map_err(|reason| reason.to_string())
    }

    #[test]
    fn the_fixtures_are_accepted() {
        assert!(acceptor_of("tls/server.pem", "tls/server.key.pem").is_ok());
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let refusal = acceptor_of("tls/server.pem", "tls/ca.key.pem").err().unwrap();
        assert!(refusal.starts_with("--tls-key does not fit --tls-cert: "), "{refusal}");
    }

    #[test]
    fn a_file_without_certificate_is_refused_with_what_was_expected() {
        let refusal = acceptor_of("tls/server.key.pem", "tls/server.key.pem").err().unwrap();
        assert!(
            refusal.ends_with("holds no certificate; expected PEM, beginning with BEGIN CERTIFICATE"),
            "{refusal}"
        );
    }
}
