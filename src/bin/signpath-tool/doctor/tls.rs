//! TLS with the service, by the module's own rules; and where those refuse a certificate, what it says of itself.

use std::error::Error as _;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme,
    StreamOwned,
};
use signpath_pkcs11::error::Code;
use signpath_pkcs11::signpath::tls_code_and_remedy;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::exchange::{self, Stream};
use super::network::Way;
use super::report::Trouble;
use crate::outcome::Exit;

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// Speaks TLS where the address says https; what to go on with, and what is worth telling.
pub(super) fn spoken(way: &Way, stream: TcpStream) -> Result<(Box<dyn Stream>, Vec<String>), Trouble> {
    if !way.route.api.is_https() {
        return Ok((Box::new(stream), vec!["none: the address is http, on loopback".to_owned()]));
    }
    match handshake(way.route.tls()?, way, stream) {
        Ok(stream) => {
            let mut found = vec![version(&stream)];
            found.extend(shown(&stream));
            Ok((Box::new(stream), found))
        }
        Err(error) => Err(refused(way, &error)),
    }
}

/// An error that is one of TLS: a server may refuse a client only after the handshake (RFC 8446 section 4.4.2.4).
pub(super) fn trouble(error: &io::Error) -> Option<Trouble> {
    of_tls(error).map(as_the_module_says)
}

/// An error of TLS in the module's words.
fn as_the_module_says(error: &Error) -> Trouble {
    let (code, remedy) = tls_code_and_remedy(error);
    Trouble::new(Exit::Unavailable, error.to_string(), remedy).coded(code)
}

fn handshake(config: ClientConfig, way: &Way, stream: TcpStream) -> io::Result<Tls> {
    let name = ServerName::try_from(way.service.host.clone()).map_err(io::Error::other)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    stream.conn.complete_io(&mut stream.sock)?;
    Ok(stream)
}

fn version(stream: &Tls) -> String {
    let version = stream.conn.protocol_version().and_then(|version| version.as_str());
    version.unwrap_or("TLS").replace("TLSv1_", "TLS 1.")
}

/// The server's certificate for people.
fn shown(stream: &Tls) -> Vec<String> {
    let Some(certificate) = certificate(stream) else { return Vec::new() };
    let fields = certificate.tbs_certificate;
    let validity = fields.validity;
    vec![
        format!("certificate of {}, issued by {}", fields.subject, fields.issuer),
        format!("valid from {} to {}", validity.not_before, validity.not_after),
    ]
}

fn certificate(stream: &Tls) -> Option<Certificate> {
    Certificate::from_der(stream.conn.peer_certificates()?.first()?).ok()
}

fn of_tls(error: &io::Error) -> Option<&Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref()).or_else(|| error.source()?.downcast_ref())
}

fn refused(way: &Way, error: &io::Error) -> Trouble {
    let Some(tls) = of_tls(error) else {
        let problem = format!("the connection ended within the handshake: {error}");
        let remedy = "check ApiUrl and the port: what answers there may not speak TLS";
        return Trouble::new(Exit::Unavailable, problem, remedy).coded(Code::NotConnected);
    };
    let Error::InvalidCertificate(reason) = tls else { return as_the_module_says(tls) };
    let Ok(mut stream) = way.connect().and_then(|stream| unverified(way, stream)) else {
        return as_the_module_says(tls);
    };
    let found = shown(&stream);
    let (problem, remedy) = explained(reason, way, &mut stream);
    let problem = problem.unwrap_or_else(|| tls.to_string());
    let (code, general) = tls_code_and_remedy(tls);
    Trouble::new(Exit::Unavailable, problem, remedy.unwrap_or(general)).coded(code).with(found)
}

/// What there is to say of a refused certificate beyond the library's words.
fn explained(
    reason: &CertificateError,
    way: &Way,
    stream: &mut Tls,
) -> (Option<String>, Option<&'static str>) {
    match reason {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            let by_server =
                exchange::get(stream, &way.service.authority(), "/").ok().and_then(|answer| answer.date);
            let is_valid = by_server.zip(certificate(stream)).is_some_and(|(date, one)| is_valid(date, &one));
            if is_valid {
                let problem =
                    "the server's certificate is not valid by this machine's clock, but by the server's";
                (Some(problem.to_owned()), Some("set the clock of this machine"))
            } else {
                (None, Some("the server's certificate must be renewed; tell its administrator"))
            }
        }
        CertificateError::UnknownIssuer => (
            Some("the server's certificate is of an authority that is not trusted here".to_owned()),
            Some(
                "install that authority on this machine, or name its PEM file in TlsCertificateAuthorities; a proxy that \
                 looks into TLS has an authority of its own",
            ),
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            Some(format!("the server's certificate is not for {}", way.service.host)),
            Some("check the host in ApiUrl: the certificate tells for which it is"),
        ),
        _ => (None, None),
    }
}

fn is_valid(date: SystemTime, certificate: &Certificate) -> bool {
    let validity = &certificate.tbs_certificate.validity;
    (validity.not_before.to_system_time()..=validity.not_after.to_system_time()).contains(&date)
}

/// A connection to a server whose certificate was refused, only to look at it: no credentials are ever sent on it.
fn unverified(way: &Way, stream: TcpStream) -> Result<Tls, Trouble> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let config = config.map_err(|error| Trouble::new(Exit::Failed, error.to_string(), "try again"))?;
    let looking = config.dangerous().with_custom_certificate_verifier(Arc::new(Looking(provider)));
    handshake(looking.with_no_client_auth(), way, stream)
        .map_err(|error| Trouble::new(Exit::Unavailable, error.to_string(), "try again"))
}

/// Lets every certificate pass.
#[derive(Debug)]
struct Looking(Arc<CryptoProvider>);

impl ServerCertVerifier for Looking {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
